// What is measured, as it travels and as it is kept: additions alone, so that any number of them in any order come to the same.

/**
 * What a figure is of: `step|platform|operation`, each part may be empty; then `#window` where a threshold asks for a part of the time.
 * Steps are named by the scenario, platforms and operations by us: their number is bounded.
 */
export type Key = string;

/** Counters by key and name. Names are of a fixed set (fleet/metrics/recorder.ts) but for `error:CODE`. */
export type Counters = Readonly<Record<Key, Readonly<Record<string, number>>>>;

/**
 * Times by key and series. A sample is [value, count]: microseconds as the least value of its histogram bucket (HDR, 3 significant
 * digits, 1 µs to 24 h), so that adding them to a histogram gives the same as recording each.
 */
export type Samples = Readonly<
  Record<Key, Readonly<Partial<Record<Series, readonly (readonly [us: number, count: number])[]>>>>
>;

/** `response`: from the intended start. `service`: from the actual one. `scenario`: a duration of the scenario's time, in ms. */
export type Series = 'response' | 'service' | 'scenario';

/** How the generator itself is, since the last delta. */
export interface Health {
  /** Event-loop delay in ms. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** How late starts were behind their time because of this process, not of `concurrency`; p99 in ms, and how many were. */
  readonly lateP99Ms: number;
  /** Of 1, of one core. */
  readonly cpu: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
  readonly sockets: number;
  readonly gcMs: number;
}

/** What one engine measured since its last delta. */
export interface Delta {
  /** Milliseconds since the run began, and of the phase's time since the phase began, at its end. */
  readonly atMs: number;
  readonly scenarioMs: number;
  readonly phase: number;
  readonly counters: Counters;
  readonly samples: Samples;
  /** The largest and the first of what is no sum: by key and name. */
  readonly maxima: Readonly<Record<Key, Readonly<Record<string, number>>>>;
  /** The first words of each `key error:CODE`, told once. */
  readonly words: Readonly<Record<string, string>>;
  readonly told: readonly {
    readonly kind: 'refused' | 'later' | 'trouble' | 'conventions' | 'lifted';
    readonly what: string;
    readonly count: number;
    readonly sample?: string;
  }[];
  readonly health: Health;
}
