import * as hdr from 'hdr-histogram-js';

/** Percentiles in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What one step came to. `count` includes the failures; the times are of those that got through. */
export interface StepFigures {
  readonly name: string;
  readonly count: number;
  readonly failures: number;
  /** From the moment the device was meant to start: what a user of a real fleet would have waited. */
  readonly response: Percentiles;
  /** From the moment it did start. A gap between the two means this machine was too slow, not the authority. */
  readonly service: Percentiles;
  /** Error code to number of devices. */
  readonly errors: Readonly<Record<string, number>>;
  /** Wall time of the step in milliseconds. */
  readonly tookMs: number;
}

const build = () =>
  hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

function percentilesOf(histogram: hdr.Histogram): Percentiles {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  if (histogram.totalCount === 0) return { p50: 0, p95: 0, p99: 0, max: 0 };
  return { p50: at(50), p95: at(95), p99: at(99), max: histogram.maxValue / 1000 };
}

/** Counts and times one step. Histograms are HDR with three digits, in microseconds: they merge by adding. */
export class StepRecorder {
  private readonly response = build();
  private readonly service = build();
  private readonly errors = new Map<string, number>();
  private failures = 0;
  private passed = 0;

  constructor(readonly name: string) {}

  /** Times in milliseconds. */
  succeed(responseMs: number, serviceMs: number): void {
    this.passed++;
    this.response.recordValue(Math.max(1, Math.round(responseMs * 1000)));
    this.service.recordValue(Math.max(1, Math.round(serviceMs * 1000)));
  }

  fail(code: string): void {
    this.failures++;
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  /** Turns one success into a failure that was only seen afterwards; its time stays in the histogram. */
  recant(code: string): void {
    if (this.passed === 0) return;
    this.passed--;
    this.fail(code);
  }

  get count(): number {
    return this.passed + this.failures;
  }

  get failed(): number {
    return this.failures;
  }

  figures(tookMs: number): StepFigures {
    return {
      name: this.name,
      count: this.count,
      failures: this.failures,
      response: percentilesOf(this.response),
      service: percentilesOf(this.service),
      errors: Object.fromEntries([...this.errors].sort((a, b) => b[1] - a[1])),
      tookMs,
    };
  }
}
