import type { Health } from '../../fleet/metrics/delta.js';

/** A generator at rest. */
export const health: Health = {
  loopP99Ms: 0,
  loopMaxMs: 0,
  lateP99Ms: 0,
  cpu: 0,
  rssBytes: 0,
  heapBytes: 0,
  descriptors: 0,
  sockets: 0,
  gcMs: 0,
};
