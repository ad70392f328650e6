import type { Clock } from '../../base/clock.js';
import type { AuthorityClient } from '../engine/authority-client.js';
import type { ShardJob } from '../engine/messages.js';
import type { LogEvent } from '../log/events.js';
import type { Health } from '../metrics/delta.js';
import type { FleetPlan, Phase } from '../scenario/model.js';
import type { AuthorityContext } from '../steps/kind.js';
import type { EngineLink } from './link.js';

/** What a run is led by. */
export interface CoordinateOptions {
  readonly plan: FleetPlan;
  readonly links: readonly EngineLink[];
  readonly jobOf: (shard: number) => ShardJob;
  /** Real. */
  readonly clock: Clock;
  /** Real milliseconds, ever rising. */
  readonly elapsed: () => number;
  /** Absent: nothing can be asked of the authority but what devices ask. */
  readonly admin?: AuthorityClient;
  /** Devices live by the authority's clock. */
  readonly hasClock: boolean;
  readonly chosen: (step: Phase['steps'][number]) => AuthorityContext['chosen'];
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** The authority is gone; its reason is an error of ours. */
  readonly lost?: AbortSignal;
  readonly log: (event: LogEvent) => void;
  /** All engines are ready: what comes next is sent to the authority. */
  readonly onReady?: () => void;
  /** With each second: the threshold of `abortOn` that does not hold, if one does not. */
  readonly broken?: () => string | undefined;
  /** Of this process and of the authority's, where they are measured apart from the engines; asked for each second. */
  readonly healths?: () => readonly { readonly of: 'coordinator' | 'authority'; readonly health: Partial<Health> }[];
  /** How long keys and connections may take to be prepared. Default: ten minutes without a word of progress. */
  readonly readyWithinMs?: number;
}
