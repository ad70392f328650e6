import type { DeviceFacts, Invitation } from '../../agent/index.js';
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type { Sink, Subject } from '../metrics/sink.js';
import type { Arrivals, FleetPlan, Step } from '../scenario/model.js';
import type { StepKind } from '../steps/kind.js';
import type { DeviceFailure } from './messages.js';
import type { Population, Through } from './population.js';
import type { Cast } from './selection.js';

/** What all phases of one engine's run share. */
export interface World {
  readonly plan: FleetPlan;
  readonly cast: Cast;
  readonly population: Population;
  /** Which part of what is counted for the whole run (`concurrency`, users of a closed model) is this engine's. */
  readonly shard: { readonly i: number; readonly n: number };
  /** Whether device `index` takes part in the run. */
  readonly takesPart: (index: number) => boolean;
  readonly sink: Sink;
  readonly log: Log;
  /** Waits, in real time. */
  readonly clock: Clock;
  /** Real milliseconds since the run began, with fractions, ever rising. */
  readonly elapsed: () => number;
  /** What the devices' clock shows. */
  readonly deviceNow: () => number;
  /** Aborted: sessions end at once. */
  readonly signal: AbortSignal;
  readonly kindOf: (step: Step) => StepKind<Step>;
  /** When the k-th of `total` is due, in milliseconds of the phase's clock after the step began. */
  readonly arrivals: (spec: Arrivals, total: number, seed: string) => (k: number) => number;
  readonly invitation: (index: number, facts: DeviceFacts) => Invitation;
  /** How a turn of this device in this step reaches the world: observed, disturbed. */
  readonly through: (index: number, subject: (operation: string) => Subject, ageMs: () => number) => Through;
  readonly failed: (failure: DeviceFailure) => void;
  /** For the shard's result. */
  readonly tally: { enrolled: number; switched: number };
  readonly onLate: (ms: number) => void;
  /** How long sessions may take to end when a phase is over, in real time. */
  readonly gracefulMs: number;
}

/** Of `total`, what engine i of n has: the parts of all add up. */
export const partOf = (total: number, { i, n }: World['shard']): number =>
  Math.floor(total / n) + (i < total % n ? 1 : 0);
