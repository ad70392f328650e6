// What a run came to: `summary.json`, and what the table, JUnit and CI show. A function of the event log alone.
import type { DeviceFailure } from '../engine/messages.js';
import type { Omitted } from '../scenario/model.js';

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/** Of one subject: a step, or an operation on the wire; in all, or of one platform. */
export interface Figures {
  /** Every counter that is not 0 (fleet/metrics/sink.ts). */
  readonly counts: Readonly<Record<string, number>>;
  /** passed + failures. */
  readonly count: number;
  readonly response?: Percentiles;
  readonly service?: Percentiles;
  /** Durations of the scenario's time. */
  readonly lasted?: Percentiles;
  readonly errors: readonly { readonly code: string; readonly count: number; readonly words: string }[];
  /** Real time per second over which it happened. */
  readonly perSecond?: number;
}

/** What one step came to, in all and by platform and operation. */
export interface StepFigures extends Figures {
  readonly name: string;
  readonly kind: string;
  readonly phase: string;
  /** Real milliseconds from its first start to its end. */
  readonly tookMs: number;
  /** It came to its end, and so did everybody in it: neither cutOff nor notStarted. */
  readonly isFinished: boolean;
  readonly platforms: Readonly<Record<string, Figures>>;
  readonly operations: Readonly<Record<string, Figures>>;
}

/** Whether one threshold held, with what was measured. */
export interface Verdict {
  readonly threshold: string;
  readonly passed: boolean;
  /** False: nothing was shown either way (the step was not reached or not finished, or an engine was lost). */
  readonly isJudged: boolean;
  readonly actual: string;
}

/** Whether the generator kept up. */
export interface GeneratorHealth {
  /** `bound`: it was late or stalled, and what was measured is partly its own; `shared`: the authority ran on this machine too. */
  readonly state: 'sound' | 'bound';
  readonly isShared: boolean;
  readonly reasons: readonly string[];
  readonly loopP99Ms: number;
  readonly lateP99Ms: number;
  readonly cpuMax: number;
  readonly rssMaxBytes: number;
  readonly descriptorsMax: number;
  readonly saturatedSeconds: number;
}

/** An engine that was lost. Its figures are in no other figure of the summary, where another engine is left to have any. */
interface LostShard {
  readonly shard: number;
  readonly why: string;
  /** How many it had. */
  readonly devices: number;
  /** What each step had come to by then, those of which something was measured. */
  readonly steps: readonly (Figures & { readonly name: string })[];
}

/** What a run came to: the content of `summary.json`. Times in milliseconds. */
export interface Summary {
  readonly schema: 'rollcall-summary/1';
  readonly runId: string;
  readonly scenario: string;
  readonly seed: string;
  readonly outcome: 'passed' | 'failed' | 'incomplete' | 'interrupted' | 'aborted' | 'not-started';
  readonly exitCode: number;
  readonly problem?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly startedAt: string;
  readonly tookMs: number;
  readonly versions: { readonly rollcall: string; readonly node: string };
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly platform: string;
  };
  readonly server: { readonly url: string; readonly isEmbedded: boolean };
  readonly processes: number;
  readonly lostShards: readonly LostShard[];
  readonly devices: {
    readonly total: number;
    readonly groups: readonly { readonly name: string; readonly platform: string; readonly count: number }[];
    readonly enrolled: number;
    readonly failed: number;
  };
  readonly keys: { readonly keys: number; readonly devices: number };
  readonly steps: readonly StepFigures[];
  /** Operations of all steps together. */
  readonly operations: Readonly<Record<string, Figures>>;
  readonly total: Figures;
  readonly verdicts: readonly Verdict[];
  readonly generator: GeneratorHealth;
  readonly lenient: readonly string[];
  readonly told: Readonly<
    Record<
      'refused' | 'later' | 'trouble' | 'conventions' | 'lifted',
      readonly { readonly what: string; readonly count: number; readonly sample: string }[]
    >
  >;
  readonly omitted: readonly Omitted[];
  /** The first thousand; all are in failed.csv. */
  readonly failedDevices: readonly DeviceFailure[];
  readonly scenarioText: string;
}
