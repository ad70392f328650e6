// What a device's failure comes to in words.
import { type DeviceState, numberOf } from '../../agent/index.js';
import { isRollcallError, RollcallError } from '../../base/errors.js';

/** What a device is known by. */
export const idOf = (state: DeviceState): string => numberOf(state) ?? state.facts.id;

/** The error's code; `BUG` for one that is not ours. */
export const codeOf = (error: unknown): string => (error instanceof RollcallError ? error.code : 'BUG');

/** In words, with the authority's remedies or the hint. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof RollcallError)) return String(error);
  const remedies = error.details['remedies'];
  return `${error.message.replace(/\.$/, '')}. ${typeof remedies === 'string' ? remedies : error.hint}`;
}

/** What the authority itself said, where it did. */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof RollcallError)) return undefined;
  const { said, reason } = error.details;
  const text = typeof said === 'string' ? said : reason;
  return typeof text === 'string' ? text.slice(0, 500) : undefined;
}

/** What the authority decided is true whether or not the run was stopped meanwhile. */
export const isVerdict = (error: unknown): boolean =>
  isRollcallError(error) && error.code !== 'INTERRUPTED' && error.code !== 'TRANSPORT_LOST';
