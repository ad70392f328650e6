import { describe, expect, it } from 'vitest';
import { defaultProcesses } from '../../fleet/coordinator/processes.js';

describe('how many engines a run gets', () => {
  it.each([
    // devices, embedded, cores, engines
    [100, true, 8, 1],
    [1000, false, 4, 4],
    [1000, false, 1, 1],
    [600, false, 8, 3],
  ] as const)('of %i devices, embedded: %s, on %i cores: %i', (devices, isEmbedded, cores, engines) => {
    expect(defaultProcesses(devices, isEmbedded, cores)).toBe(engines);
  });

  it('leaves a processor to an embedded authority, but never has one engine alone where there are two', () => {
    expect([1, 2, 3, 4].map((cores) => defaultProcesses(10_000, true, cores))).toEqual([1, 2, 2, 3]);
  });
});
