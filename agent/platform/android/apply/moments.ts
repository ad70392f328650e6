import type { AndroidData } from '../saved.js';

/**
 * The next moment after `after` at which something that was applied asks for the network: a log to upload again, dynamic
 * information, a scheduled app update that has begun. Pure. `does`: what is to be called then; `sync`: GET and apply.
 */
export function nextAppliedMoment(
  _data: AndroidData,
  _after: number,
): { readonly at: number; readonly does: 'log' | 'dynamic-info' | 'sync' } | undefined {
  return undefined;
}
