// The one record of a run: everything that is shown or written of it is made from these, during the run and afterwards.
import type { DeviceFailure, ShardResult } from '../engine/messages.js';
import type { Delta, Health } from '../metrics/delta.js';
import type { FleetPlan } from '../scenario/model.js';

/** Times `at`: ISO 8601, real. `atMs`: real milliseconds since the run began (negative while it is prepared). */
export type LogEvent =
  | {
      readonly type: 'run';
      readonly v: 1;
      readonly runId: string;
      readonly at: string;
      readonly versions: { readonly rollcall: string; readonly node: string };
      readonly machine: {
        readonly cpu: string;
        readonly cores: number;
        readonly memoryBytes: number;
        readonly platform: string;
        /** Descriptors that a process may have, and ports that connections may go out from, where the system says. */
        readonly limits?: { readonly descriptors?: number; readonly ports?: number };
      };
      readonly plan: FleetPlan;
      /** The scenario as it was written, without secrets (a users' file is not part of it). */
      readonly scenario: string;
      readonly processes: number;
      /** `given`: options and variables that said more of a server of others, by name: their values are no part of a log. */
      readonly target: { readonly url: string; readonly isEmbedded: boolean; readonly given?: readonly string[] };
      readonly lenient: readonly string[];
      /** Indexes to which the run is restricted. */
      readonly only?: readonly number[];
      readonly isResumed: boolean;
    }
  | {
      readonly type: 'preparing';
      readonly atMs: number;
      readonly what: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'note'; readonly atMs: number; readonly text: string }
  | {
      readonly type: 'phase';
      readonly atMs: number;
      readonly phase: number;
      readonly event: 'began' | 'ended';
      /** On the devices' clock. */
      readonly scenarioAt: string;
      readonly scale: number;
      readonly skewMs?: number;
      /** Of one that ended: the run was stopped before it had come to its end. */
      readonly isBrokenOff?: true;
    }
  | {
      readonly type: 'happened';
      readonly atMs: number;
      readonly scenarioMs: number;
      readonly step: string;
      readonly value?: unknown;
    }
  | { readonly type: 'delta'; readonly shard: number; readonly seq: number; readonly delta: Delta }
  /** Of the coordinator, and of the embedded authority as far as the system says. */
  | {
      readonly type: 'health';
      readonly atMs: number;
      readonly of: 'coordinator' | 'authority';
      readonly health: Partial<Health>;
    }
  | { readonly type: 'failure'; readonly failure: DeviceFailure }
  | { readonly type: 'lost'; readonly atMs: number; readonly shard: number; readonly why: string }
  | { readonly type: 'result'; readonly result: ShardResult }
  /** The last one. A log without it is of a run that was killed: what it measured until then counts, its verdict is `incomplete`. */
  | {
      readonly type: 'end';
      readonly atMs: number;
      /** Why it ended before its plan, apart from thresholds. */
      readonly ending: 'completed' | 'interrupted' | 'aborted' | 'incomplete' | 'not-started';
      readonly problem?: { readonly code: string; readonly message: string; readonly hint?: string };
      /** Of one that was interrupted, where it was not by Ctrl-C. */
      readonly by?: 'SIGTERM';
      /** Keys that were made or shared. */
      readonly keys: number;
    };
