import type { DeviceFacts, Invitation } from '../../agent/index.js';
import type { Clock } from '../../base/clock.js';
import { asError, isRollcallError, RollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { StepRecorder } from '../metrics/figures.js';
import type { Tally } from '../report/progress.js';
import type { FleetPlan } from '../scenario/plan.js';
import type { AuthorityClient } from './authority-client.js';
import type { Population } from './population.js';

/** Everything a step needs; one object for the whole run. */
export interface StepContext {
  readonly plan: FleetPlan;
  readonly population: Population;
  readonly clock: Clock;
  /** Milliseconds with fractions, ever rising: what durations are measured with. */
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly admin: AuthorityClient | undefined;
  /** Calls back with the device's index for each notification that arrives; returns the way to stop. */
  readonly onWake: (listener: (index: number) => void) => () => void;
  readonly invitation: (index: number, facts: DeviceFacts) => Invitation;
  /** Called whenever a device has finished its part of the step. */
  readonly progress: (progress: Tally) => void;
}

/** Counts a device's failure, unless the run was stopped: then it neither passed nor failed. */
export function countFailure(index: number, error: unknown, recorder: StepRecorder, context: StepContext): void {
  const { signal, population, log } = context;
  if (signal.aborted && !isVerdict(error)) {
    recorder.cut();
    return;
  }
  population.markFailed(index);
  const isOurs = error instanceof RollcallError;
  const isFirst = recorder.fail(isOurs ? error.code : 'BUG', sampleOf(error));
  if (isFirst && !isOurs) log.error('BUG', { during: recorder.name, error: asError(error) });
}

/** What the authority decided is true whether or not the run was stopped meanwhile. */
const isVerdict = (error: unknown) =>
  isRollcallError(error) && error.code !== 'INTERRUPTED' && error.code !== 'TRANSPORT_LOST';

function sampleOf(error: unknown): string {
  if (!(error instanceof RollcallError)) return String(error);
  const remedies = error.details['remedies'];
  return `${error.message.replace(/\.$/, '')}. ${typeof remedies === 'string' ? remedies : error.hint}`;
}
