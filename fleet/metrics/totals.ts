import * as hdr from 'hdr-histogram-js';
import type { Percentiles } from '../report/summary.js';
import { largest } from './buckets.js';
import { seriesNames, sums } from './cell.js';
import type { Delta, Key, Series } from './delta.js';
import { type KeyParts, keyOf, readKey } from './key.js';
import { wireCounters } from './sink.js';

/** What adds up of a delta; totals give themselves out in the same form. */
type Addable = Pick<Delta, 'counters' | 'samples' | 'maxima' | 'words' | 'told'>;

/** What is asked for. What is absent may be anything, but `operation`: absent is the step itself, `*` all operations together. */
interface Query {
  readonly step?: string;
  readonly platform?: string;
  readonly operation?: string;
  /** As in a key; default: all of the time. */
  readonly window?: string;
}

/** How often each value was measured: the least of its bucket. */
type Times = { [name in Series]?: Map<number, number> };

interface Measured {
  readonly parts: KeyParts;
  readonly counts: Map<string, number>;
  readonly times: Times;
  readonly maxima: Map<string, number>;
}

/** Keys that are held; of more, which no run of ours makes, nothing is kept. */
const mostKeys = 20_000;
const wire: ReadonlySet<string> = new Set(wireCounters);

/** The figures of a whole run, merged: counters add up, histograms add up exactly, in any order. */
export class Totals {
  readonly #measured = new Map<Key, Measured>();
  readonly #words = new Map<string, string>();
  readonly #told = new Map<
    string,
    { readonly kind: Told['kind']; readonly what: string; count: number; sample: string }
  >();

  add({ counters, samples, maxima, words, told }: Addable): void {
    for (const [key, counts] of Object.entries(counters)) {
      const own = this.#of(key)?.counts;
      for (const [name, count] of Object.entries(counts)) own?.set(name, (own.get(name) ?? 0) + sound(count));
    }
    for (const [key, times] of Object.entries(samples)) {
      const own = this.#of(key)?.times;
      if (own !== undefined) for (const series of seriesNames) record(own, series, times[series] ?? []);
    }
    for (const [key, values] of Object.entries(maxima)) {
      const own = this.#of(key)?.maxima;
      if (own !== undefined) for (const [name, value] of Object.entries(values)) keepExtreme(own, name, value);
    }
    for (const [key, text] of Object.entries(words))
      if (!this.#words.has(key) && this.#words.size < mostKeys) this.#words.set(key, text);
    for (const each of told) this.#hear(each);
  }

  /** All keys that something was measured of. */
  keys(): KeyParts[] {
    return [...this.#measured.values()].map(({ parts }) => parts);
  }

  /** What is asked for, added up over platforms, steps and operations that it leaves open. */
  of(query: Query): Sums {
    const sum = new Sums();
    const { operation = '', window = '' } = query;
    for (const [key, measured] of this.#measured) {
      const { parts } = measured;
      if (parts.window !== window) continue;
      if (query.step !== undefined && parts.step !== query.step) continue;
      if (query.platform !== undefined && parts.platform !== query.platform) continue;
      const isAsked = parts.operation === operation || (operation === '*' && parts.operation !== '');
      if (isAsked) sum.add(measured, (code) => this.#words.get(`${base(parts, key)} error:${code}`) ?? '');
      else if (operation === '') sum.addWire(measured.counts);
    }
    return sum;
  }

  /** What devices told, most frequent first. */
  told(): { readonly kind: Told['kind']; readonly what: string; readonly count: number; readonly sample: string }[] {
    return [...this.#told.values()]
      .map((each) => ({ ...each }))
      .sort((one, other) => other.count - one.count || (one.what < other.what ? -1 : 1));
  }

  /** Everything, as one delta has it: added to other totals it comes to the same as what it was made from. */
  snapshot(): Addable {
    const counters: Record<Key, Record<string, number>> = {};
    const samples: Record<Key, Delta['samples'][Key]> = {};
    const maxima: Record<Key, Record<string, number>> = {};
    for (const [key, measured] of this.#measured) {
      counters[key] = Object.fromEntries(measured.counts);
      maxima[key] = Object.fromEntries(measured.maxima);
      const times: { [name in Series]?: [number, number][] } = {};
      for (const series of seriesNames) {
        const own = measured.times[series];
        if (own !== undefined) times[series] = [...own].sort(([one], [other]) => one - other);
      }
      samples[key] = times;
    }
    return { counters, samples, maxima, words: Object.fromEntries(this.#words), told: this.told() };
  }

  #of(key: Key): Measured | undefined {
    const known = this.#measured.get(key);
    if (known !== undefined) return known;
    const parts = readKey(key);
    if (parts === undefined || this.#measured.size >= mostKeys) return undefined;
    const measured: Measured = { parts, counts: new Map(), times: {}, maxima: new Map() };
    this.#measured.set(key, measured);
    return measured;
  }

  #hear({ kind, what, count, sample }: Told): void {
    const key = `${kind} ${what}`;
    const known = this.#told.get(key);
    if (known === undefined) {
      if (this.#told.size < mostKeys) this.#told.set(key, { kind, what, count: sound(count), sample: sample ?? '' });
      return;
    }
    known.count += sound(count);
    if (known.sample === '') known.sample = sample ?? '';
  }
}

type Told = Delta['told'][number];

const base = (parts: KeyParts, key: Key): Key => (parts.window === '' ? key : keyOf({ ...parts, window: '' }));
/** Of a log that somebody else may have written. */
const sound = (count: number): number => (Number.isSafeInteger(count) && count > 0 ? count : 0);

function record(times: Times, series: Series, samples: Iterable<readonly [number, number]>): void {
  for (const [value, count] of samples) {
    if (!Number.isSafeInteger(value) || value < 0 || value > largest || sound(count) === 0) continue;
    let own = times[series];
    if (own === undefined) {
      own = new Map();
      times[series] = own;
    }
    own.set(value, (own.get(value) ?? 0) + count);
  }
}

/** Of names that begin with `first` the least is kept, of others the largest. */
function keepExtreme(own: Map<string, number>, name: string, value: number): void {
  const known = own.get(name);
  if (!Number.isFinite(value)) return;
  if (known === undefined || (name.startsWith('first') ? value < known : value > known)) own.set(name, value);
}

function histogramOf(samples: ReadonlyMap<number, number>): hdr.Histogram {
  const histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: largest,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
    useWebAssembly: false,
  });
  for (const [value, count] of samples) histogram.recordValueWithCount(value, count);
  return histogram;
}

/** Some of a run's figures, added up. Times are in milliseconds. */
export class Sums {
  readonly #counts = new Map<string, number>();
  readonly #times: Times = {};
  readonly #histograms: { [name in Series]?: hdr.Histogram } = {};
  readonly #maxima = new Map<string, number>();
  readonly #words = new Map<string, string>();

  /** `words`: what the first failure of a code said. */
  add({ counts, times, maxima }: Omit<Measured, 'parts'>, words: (code: string) => string): void {
    for (const [name, count] of counts) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
      const code = name.startsWith('error:') ? name.slice(6) : undefined;
      if (code !== undefined && (this.#words.get(code) ?? '') === '') this.#words.set(code, words(code));
    }
    for (const series of seriesNames) {
      record(this.#times, series, times[series] ?? []);
      delete this.#histograms[series];
    }
    for (const [name, value] of maxima) keepExtreme(this.#maxima, name, value);
  }

  /** What the operations of a step sent and received is the step's own too. */
  addWire(counts: ReadonlyMap<string, number>): void {
    for (const [name, count] of counts)
      if (wire.has(name)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  /** A counter, 0 where nothing was counted. */
  counter(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Every counter that is not 0 but sums of times and errors. */
  counts(): Record<string, number> {
    const isOwn = ([name, count]: [string, number]) =>
      count !== 0 && !name.startsWith('error:') && !Object.values<string>(sums).includes(name);
    return Object.fromEntries([...this.#counts].filter(isOwn));
  }

  /** Failures with this error code, whatever refusal each of them is (`countedAs`). */
  failed(code: string): number {
    return this.errors().reduce((sum, each) => (each.code.split(' ')[0] === code ? sum + each.count : sum), 0);
  }

  /** Most frequent first. */
  errors(): { readonly code: string; readonly count: number; readonly words: string }[] {
    return [...this.#counts]
      .filter(([name]) => name.startsWith('error:'))
      .map(([name, count]) => ({ code: name.slice(6), count, words: this.#words.get(name.slice(6)) ?? '' }))
      .sort((one, other) => other.count - one.count || (one.code < other.code ? -1 : 1));
  }

  /** Of 0 to 100: a value of the histogram stands for all of its width, at the upper end, but none is above the largest. */
  percentile(series: Series, percent: number): number | undefined {
    const histogram = this.#histogramOf(series);
    if (histogram === undefined) return undefined;
    return Math.min(this.#maximum(series), histogram.getValueAtPercentile(percent)) / unit[series];
  }

  max(series: Series): number | undefined {
    return this.#times[series] === undefined ? undefined : this.#maximum(series) / unit[series];
  }

  mean(series: Series): number | undefined {
    const total = this.#histogramOf(series)?.totalCount;
    return total === undefined ? undefined : this.counter(sums[series]) / total / unit[series];
  }

  percentiles(series: Series): Percentiles | undefined {
    const max = this.max(series);
    if (max === undefined) return undefined;
    const at = (percent: number) => this.percentile(series, percent) ?? 0;
    return { p50: at(50), p95: at(95), p99: at(99), max, mean: this.mean(series) ?? 0 };
  }

  /** Real milliseconds since the run began of the first start and the last end; undefined where nothing ended. */
  span(): { readonly firstMs: number; readonly lastMs: number } | undefined {
    const [firstMs, lastMs] = [this.#maxima.get('firstMs'), this.#maxima.get('lastMs')];
    return firstMs === undefined || lastMs === undefined ? undefined : { firstMs, lastMs };
  }

  #maximum(series: Series): number {
    return this.#maxima.get(series) ?? this.#histogramOf(series)?.maxValue ?? 0;
  }

  #histogramOf(series: Series): hdr.Histogram | undefined {
    const times = this.#times[series];
    if (times === undefined) return undefined;
    this.#histograms[series] ??= histogramOf(times);
    return this.#histograms[series];
  }
}

const unit = { response: 1000, service: 1000, scenario: 1 } as const;
