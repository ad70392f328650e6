import { Bag, counted } from './buckets.js';
import type { Delta, Key, Series } from './delta.js';
import { type StepCounter, stepCounters, type WireCounter, wireCounters } from './sink.js';

/** The exact sums of times, for means: microseconds, and of durations milliseconds. */
export const sums = { response: 'responseUs', service: 'serviceUs', scenario: 'scenarioMs' } as const satisfies Record<
  Series,
  string
>;
type Sum = (typeof sums)[Series];
export const seriesNames = Object.keys(sums) as readonly Series[];

/** Every name that a counter has but for `error:CODE`. */
const counterNames: readonly (StepCounter | WireCounter | Sum)[] = [
  ...stepCounters,
  ...wireCounters,
  ...Object.values(sums),
];
const places: ReadonlyMap<string, number> = new Map(counterNames.map((name, place) => [name, place]));
const placeOf = (name: StepCounter | WireCounter | Sum): number => places.get(name) ?? 0;
const passedAt = placeOf('passed');
const failuresAt = placeOf('failures');
const sumAt = {
  response: placeOf(sums.response),
  service: placeOf(sums.service),
  scenario: placeOf(sums.scenario),
} as const;

/** Error codes that are told apart for each subject; what the others count is under `OTHER`. */
const mostCodes = 100;

/** What was measured of one subject since it was last taken. */
export class Cell {
  readonly #counts = new Float64Array(counterNames.length);
  readonly #bags: { [name in Series]?: Bag } = {};
  readonly #max = { response: 0, service: 0, scenario: 0 };
  readonly #errors = new Map<string, number>();
  readonly #codes = new Set<string>();
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  isTouched = false;

  constructor(
    readonly key: Key,
    /** The same subject, in the parts of its time that thresholds ask for. */
    readonly windows: readonly { readonly afterMs: number; readonly withinMs: number; readonly cell: Cell }[],
  ) {}

  pass(): void {
    this.#add(passedAt, 1);
  }

  /** Under which code it is counted: its own, or `OTHER`. */
  fail(code: string): string {
    this.#add(failuresAt, 1);
    const kept = this.#codes.has(code) || this.#codes.size < mostCodes ? code : 'OTHER';
    this.#codes.add(kept);
    this.#errors.set(kept, (this.#errors.get(kept) ?? 0) + 1);
    return kept;
  }

  count(name: StepCounter | WireCounter, by: number): void {
    this.#add(placeOf(name), by);
  }

  /** `value`: in the series' unit. */
  time(series: Series, value: number): void {
    const whole = counted(value);
    let bag = this.#bags[series];
    if (bag === undefined) {
      bag = new Bag();
      this.#bags[series] = bag;
    }
    bag.add(whole);
    this.#add(sumAt[series], whole);
    if (whole > this.#max[series]) this.#max[series] = whole;
  }

  /** It went on from one moment to the other, in real milliseconds since the run began. */
  span(fromMs: number, toMs: number): void {
    if (fromMs < this.#firstMs) this.#firstMs = fromMs;
    if (toMs > this.#lastMs) this.#lastMs = toMs;
  }

  /** Moves what was measured into a delta that is being made. */
  take(delta: Taken): void {
    this.isTouched = false;
    const counts: Record<string, number> = {};
    for (let place = 0; place < counterNames.length; place++) {
      const count = this.#counts[place] ?? 0;
      if (count !== 0) counts[counterNames[place] ?? ''] = count;
    }
    this.#counts.fill(0);
    for (const [code, count] of this.#errors) counts[`error:${code}`] = count;
    this.#errors.clear();
    delta.counters[this.key] = counts;
    this.#takeTimes(delta);
  }

  #takeTimes({ samples, maxima }: Taken): void {
    const times: { [name in Series]?: readonly (readonly [number, number])[] } = {};
    const largest: Record<string, number> = {};
    for (const series of seriesNames) {
      const bag = this.#bags[series];
      if (bag === undefined || bag.isEmpty) continue;
      times[series] = bag.take();
      largest[series] = this.#max[series];
      this.#max[series] = 0;
      samples[this.key] = times;
    }
    if (this.#lastMs !== Number.NEGATIVE_INFINITY) {
      largest['firstMs'] = this.#firstMs;
      largest['lastMs'] = this.#lastMs;
      this.#firstMs = Number.POSITIVE_INFINITY;
      this.#lastMs = Number.NEGATIVE_INFINITY;
    }
    if (Object.keys(largest).length > 0) maxima[this.key] = largest;
  }

  #add(place: number, by: number): void {
    this.#counts[place] = (this.#counts[place] ?? 0) + by;
  }
}

/** The parts of a delta that cells fill. */
export interface Taken {
  readonly counters: Record<Key, Record<string, number>>;
  readonly samples: Record<Key, Delta['samples'][Key]>;
  readonly maxima: Record<Key, Record<string, number>>;
}
