// What a device's failure comes to in words.
import { type DeviceState, numberOf } from '../../agent/index.js';
import { isRollcallError, RollcallError } from '../../base/errors.js';
import type { World } from './world.js';

/** What a device is known by. */
export const idOf = (state: DeviceState): string => numberOf(state) ?? state.facts.id;

/** The error's code; `BUG` for one that is not ours. */
export const codeOf = (error: unknown): string => (error instanceof RollcallError ? error.code : 'BUG');

/** The authority's own code of a refusal to enroll, where it is one of docs/enrollment.md: `E11`. */
export function refusalOf(error: unknown): string | undefined {
  if (!isRollcallError(error, 'ENROLL_REFUSED')) return undefined;
  const { code } = error.details;
  return typeof code === 'string' && /^E\d\d$/.test(code) ? code : undefined;
}

/** In words, with the authority's remedies or the hint. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof RollcallError)) return String(error);
  const remedies = error.details['remedies'];
  return `${error.message.replace(/\.$/, '')}. ${typeof remedies === 'string' ? remedies : error.hint}`;
}

/** What the authority itself said, where it did. */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof RollcallError) || error.code === 'TRANSPORT_LOST') return undefined; // nobody answered
  const { said, reason, failureReason } = error.details;
  const refusal = refusalOf(error);
  const why =
    typeof failureReason === 'string' && refusal !== undefined ? `${refusal}: ${failureReason}` : failureReason;
  const text = [said, reason, why].find((each) => typeof each === 'string');
  return typeof text === 'string' ? text.slice(0, 500) : undefined;
}

/** What the authority decided is true whether or not the run was stopped meanwhile. */
export const isVerdict = (error: unknown): boolean =>
  isRollcallError(error) && error.code !== 'INTERRUPTED' && error.code !== 'TRANSPORT_LOST';

/** Tells of a device's first failure; of a second one nothing. */
export function tellFailure(
  { failed, population }: Pick<World, 'failed' | 'population'>,
  failure: {
    readonly index: number;
    readonly step: string;
    readonly error: unknown;
    /** What the device is known by, where that is at hand. */
    readonly id: string | undefined;
    readonly atMs: number;
    readonly scenarioMs: number;
  },
): void {
  const { index, step, error, atMs, scenarioMs } = failure;
  if (population.is(index, 'told')) return;
  population.mark(index, 'told', true);
  const state = failure.id === undefined ? population.peek(index) : undefined;
  const reason = reasonOf(error);
  const refusal = refusalOf(error);
  failed({
    index,
    platform: population.platformOf(index),
    id: failure.id ?? (state === undefined ? '' : idOf(state)),
    step,
    code: codeOf(error),
    ...(refusal === undefined ? {} : { refusal }),
    message: wordsOf(error),
    ...(reason === undefined ? {} : { reason }),
    atMs: Math.round(atMs),
    scenarioMs: Math.round(scenarioMs),
  });
}
