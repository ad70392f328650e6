import type { Series } from './delta.js';
import { stepCounters, wireCounters } from './sink.js';

/** What a share of it is of, where it can be written as one: `failures < 0.1%`. */
export type Base = 'attempts' | 'planned' | 'uses' | 'connections' | 'requests';

/** What a threshold can be about. */
export type Measure =
  | { readonly unit: 'time'; readonly of: number | 'max' | 'mean'; readonly series?: Series }
  | { readonly unit: 'number' | 'bytes'; readonly counter: string; readonly base?: Base }
  | { readonly unit: 'rate' };

type Counter = (typeof stepCounters)[number] | (typeof wireCounters)[number];
const bases: Readonly<Partial<Record<Counter, Base>>> = {
  passed: 'attempts',
  failures: 'attempts',
  skipped: 'attempts',
  cutOff: 'attempts',
  notStarted: 'attempts',
  late: 'attempts',
  dropped: 'attempts',
  away: 'planned',
  superseded: 'planned',
  unconcerned: 'planned',
  moved: 'planned',
  allowed: 'uses',
  refused: 'uses',
  resumed: 'connections',
  retries: 'requests',
};
const counters: readonly Counter[] = [...stepCounters, ...wireCounters];

/** The series that can be named before a time: `enroll.service.p99`. */
export const seriesWords: Readonly<Record<string, Series>> = {
  response: 'response',
  service: 'service',
  lasted: 'scenario',
};

/** Every word of a measure but percentiles, which are `p` and a number. */
const measureWords: readonly string[] = ['max', 'mean', 'count', 'perSecond', ...counters];
/** For mistakes: with the percentiles that people mean. */
export const knownMeasures: readonly string[] = ['p50', 'p90', 'p95', 'p99', 'p99.9', ...measureWords];

/** The measure of a word; undefined for one that is none. */
export function measureOf(word: string, series?: Series): Measure | undefined {
  const percent = /^p(\d{1,2}(?:\.\d{1,3})?|100)$/.exec(word)?.[1];
  const more = series === undefined ? {} : { series };
  if (percent !== undefined) return Number(percent) > 0 ? { unit: 'time', of: Number(percent), ...more } : undefined;
  if (word === 'max' || word === 'mean') return { unit: 'time', of: word, ...more };
  if (series !== undefined) return undefined;
  if (word === 'count') return { unit: 'number', counter: 'count' };
  if (word === 'perSecond') return { unit: 'rate' };
  const counter = counters.find((name) => name === word);
  if (counter === undefined) return undefined;
  const base = bases[counter];
  return {
    unit: counter.endsWith('Bytes') ? 'bytes' : 'number',
    counter,
    ...(base === undefined ? {} : { base }),
  };
}
