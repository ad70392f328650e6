import * as hdr from 'hdr-histogram-js';

/** Percentiles in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What one step came to. Every device of the run is in exactly one of passed, failures, skipped, cutOff, notStarted. */
export interface StepFigures {
  readonly name: string;
  /** Devices that tried it and came to an end: those that got through and the failures. The times are of the former. */
  readonly count: number;
  readonly failures: number;
  /** Not tried, because the device had failed in an earlier step: that failure is counted there, not here again. */
  readonly skipped: number;
  /** In the middle of it when the run was stopped. */
  readonly cutOff: number;
  /** Not begun when the run was stopped. */
  readonly notStarted: number;
  /** Started more than `lateAfterMs` behind their time, because this machine or `concurrency` held them up. */
  readonly late: number;
  /** From the moment the device was meant to start: what a user of a real fleet would have waited. */
  readonly response: Percentiles;
  /** From the moment it did start. A gap between the two means this machine was too slow, not the authority. */
  readonly service: Percentiles;
  /** Error code to number of devices. */
  readonly errors: Readonly<Record<string, number>>;
  /** The first message of each error code, with its hint or the authority's remedies. */
  readonly samples: Readonly<Record<string, string>>;
  /** Wall time of the step in milliseconds. */
  readonly tookMs: number;
}

export const lateAfterMs = 100;
const maxTrackedUs = 24 * 3_600_000_000;
const maxCodes = 100;

const build = () =>
  hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: maxTrackedUs,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

const toMicroseconds = (ms: number) => Math.min(maxTrackedUs, Math.max(1, Math.round(ms * 1000)));

/** A value of the histogram stands for all of its width, at the upper end; the largest is known, and no other is above it. */
function percentilesOf(histogram: hdr.Histogram): Percentiles {
  if (histogram.totalCount === 0) return { p50: 0, p95: 0, p99: 0, max: 0 };
  const max = histogram.maxValue;
  const at = (percentile: number) => Math.min(max, histogram.getValueAtPercentile(percentile)) / 1000;
  return { p50: at(50), p95: at(95), p99: at(99), max: max / 1000 };
}

/** Counts and times one step. Histograms are HDR with three digits, in microseconds: they merge by adding. */
export class StepRecorder {
  #total: number;
  readonly #response = build();
  readonly #service = build();
  readonly #errors = new Map<string, number>();
  readonly #samples = new Map<string, string>();
  #passed = 0;
  #failures = 0;
  #skipped = 0;
  #cutOff = 0;
  #late = 0;

  constructor(
    readonly name: string,
    /** Devices that the step is meant for. */
    total: number,
  ) {
    this.#total = total;
  }

  /** A device got through. Times in milliseconds, from its due time and from its start. */
  succeed(responseMs: number, serviceMs: number): void {
    this.#passed++;
    this.#response.recordValue(toMicroseconds(responseMs));
    this.#service.recordValue(toMicroseconds(serviceMs));
  }

  /** A device failed. True when it is the first with this code. */
  fail(code: string, sample: string): boolean {
    this.#failures++;
    const known = this.#errors.get(code);
    const kept = known !== undefined || this.#errors.size < maxCodes ? code : 'OTHER';
    this.#errors.set(kept, (this.#errors.get(kept) ?? 0) + 1);
    if (!this.#samples.has(kept)) this.#samples.set(kept, sample.slice(0, 500));
    return known === undefined;
  }

  skip(): void {
    this.#skipped++;
  }

  /** The run was stopped while a device was in the middle. */
  cut(): void {
    this.#cutOff++;
  }

  /** How far behind its time a device started. */
  startedLateBy(ms: number): void {
    if (ms > lateAfterMs) this.#late++;
  }

  /** Takes in what another process measured of the same step: counts and histograms add up exactly. */
  merge(other: StepRecorder): void {
    this.#total += other.#total;
    this.#passed += other.#passed;
    this.#failures += other.#failures;
    this.#skipped += other.#skipped;
    this.#cutOff += other.#cutOff;
    this.#late += other.#late;
    this.#response.add(other.#response);
    this.#service.add(other.#service);
    for (const [code, count] of other.#errors) this.#errors.set(code, (this.#errors.get(code) ?? 0) + count);
    for (const [code, sample] of other.#samples) if (!this.#samples.has(code)) this.#samples.set(code, sample);
  }

  /** How far it is. */
  get tally() {
    const [passed, failed, skipped, total] = [this.#passed, this.#failures, this.#skipped, this.#total];
    return { done: passed + failed, failed, skipped, total };
  }

  figures(tookMs: number): StepFigures {
    return {
      name: this.name,
      count: this.#passed + this.#failures,
      failures: this.#failures,
      skipped: this.#skipped,
      cutOff: this.#cutOff,
      notStarted: Math.max(0, this.#total - this.#passed - this.#failures - this.#skipped - this.#cutOff),
      late: this.#late,
      response: percentilesOf(this.#response),
      service: percentilesOf(this.#service),
      errors: Object.fromEntries([...this.#errors].sort((a, b) => b[1] - a[1])),
      samples: Object.fromEntries(this.#samples),
      tookMs,
    };
  }
}
