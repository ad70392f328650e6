import { z } from 'zod';
import { asError, type RollcallError } from '../../base/errors.js';
import { platformNames } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import type { LogEvent } from './events.js';

/** Different names that a log may have, of figures, counters and messages: ours are some hundred, and each is kept while it is read. */
const maxNames = 200_000;

const text = z.string().max(1_000_000);
const name = z.string().max(1000);
const number = z.number();
const index = z.number().int().min(0).max(10_000_000);
const problem = z.looseObject({ code: name, message: text, hint: text.optional() });

/** Of a plan what reports are made from. */
const plan = z.looseObject({
  name,
  seed: name,
  groups: z.array(z.looseObject({ name, platform: z.enum(platformNames), count: index })).max(10_000),
  phases: z
    .array(
      z.looseObject({
        name,
        scale: z.number().positive(),
        forMs: number.optional(),
        steps: z.array(z.looseObject({ name, kind: name, atMs: number })).max(10_000),
      }),
    )
    .max(10_000),
  thresholds: z.array(text).max(10_000),
  abortOn: z.array(text).max(10_000),
  omitted: z.array(z.looseObject({ name, why: text })).max(10_000),
});

const health = z.looseObject(
  Object.fromEntries(
    ['loopP99Ms', 'loopMaxMs', 'lateP99Ms', 'cpu', 'rssBytes', 'heapBytes', 'descriptors', 'sockets', 'gcMs'].map(
      (each) => [each, number.nullish()],
    ),
  ),
);

const events = {
  run: z.looseObject({
    v: z.literal(1, { error: 'is of another version of Rollcall' }),
    runId: name,
    at: z.iso.datetime(),
    versions: z.looseObject({ rollcall: name, node: name }),
    machine: z.looseObject({ cpu: name, cores: number, memoryBytes: number, platform: name }),
    plan,
    scenario: z.string(),
    processes: index,
    target: z.looseObject({ url: text, isEmbedded: z.boolean(), given: z.array(name).max(100).optional() }),
    lenient: z.array(name).max(1000),
    only: z.array(index).optional(),
    isResumed: z.boolean(),
  }),
  preparing: z.looseObject({ atMs: number, what: text, done: number, total: number }),
  note: z.looseObject({ atMs: number, text }),
  phase: z.looseObject({
    atMs: number,
    phase: index,
    event: z.enum(['began', 'ended']),
    scenarioAt: z.iso.datetime(),
    scale: number,
    skewMs: number.optional(),
    isBrokenOff: z.literal(true).optional(),
  }),
  happened: z.looseObject({ atMs: number, scenarioMs: number, step: name }),
  health: z.looseObject({ atMs: number, of: z.enum(['coordinator', 'authority']), health }),
  failure: z.looseObject({
    failure: z.looseObject({
      index,
      platform: z.enum(platformNames),
      id: text,
      step: name,
      code: name,
      refusal: name.optional(),
      message: text,
      reason: text.optional(),
      atMs: number,
      scenarioMs: number,
    }),
  }),
  lost: z.looseObject({ atMs: number, shard: index, why: text }),
  result: z.looseObject({
    result: z.looseObject({
      shard: index,
      outcome: z.enum(['completed', 'cancelled', 'failed']),
      devices: z.looseObject({ planned: index, started: index, enrolled: index, failed: index, switched: index }),
      startSkewMs: number,
      keys: index,
    }),
  }),
  end: z.looseObject({
    atMs: number,
    ending: z.enum(['completed', 'interrupted', 'aborted', 'incomplete', 'not-started']),
    problem: problem.optional(),
    by: z.literal('SIGTERM').optional(),
    keys: index,
  }),
} as const satisfies Partial<Record<LogEvent['type'], z.ZodType>>;

const delta = z.looseObject({
  shard: index,
  seq: index,
  delta: z.looseObject({
    atMs: number,
    scenarioMs: number,
    phase: z.number().int().min(-1).max(10_000_000), // -1: between two phases
    told: z
      .array(
        z.looseObject({
          kind: z.enum(['refused', 'later', 'trouble', 'conventions', 'lifted']),
          what: text,
          count: number,
          sample: text.optional(),
        }),
      )
      .max(100_000),
    health,
  }),
});

/** Reads the lines of one log as events. What is in a delta is looked at without zod: a long run has a million of them. */
export class EventJudge {
  readonly #names = new Set<string>();
  #isBegun = false;
  #isEnded = false;

  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Throws LOG_INVALID, naming the line (from 1). */
  read(line: string, number: number): LogEvent {
    const wrong = (why: string, cause?: unknown): RollcallError =>
      fleetError('LOG_INVALID', `${this.#file}: line ${number} ${why}`, { cause });
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw wrong(`is not JSON: ${asError(cause).message}`, cause);
    }
    const type = isRecord(value) ? value['type'] : undefined;
    if (typeof type !== 'string' || !(type === 'delta' || Object.hasOwn(events, type)))
      throw wrong('is no event of a run');
    if (!this.#isBegun && type !== 'run') throw wrong('is not the beginning of a run');
    if (this.#isBegun && type === 'run') throw wrong('begins another run');
    if (this.#isEnded) throw wrong('comes after the end of the run');
    const schema = type === 'delta' ? delta : events[type as keyof typeof events];
    const judged = schema.safeParse(value);
    if (!judged.success) {
      const [first] = judged.error.issues;
      throw wrong(`(${type}): ${first?.path.join('.') ?? ''}: ${first?.message ?? 'is wrong'}`);
    }
    if (type === 'delta') {
      const what = this.#wrongIn((value as { delta: Record<string, unknown> }).delta);
      if (what !== undefined) throw wrong(`(delta): ${what}`);
    }
    this.#isBegun = true;
    this.#isEnded = type === 'end';
    return value as LogEvent;
  }

  #wrongIn({ counters, samples, maxima, words, told }: Record<string, unknown>): string | undefined {
    for (const { what } of told as readonly { what: string }[]) this.#names.add(what);
    if (!this.#areTables(counters, Number.isFinite)) return 'counters are no numbers';
    if (!this.#areTables(maxima, Number.isFinite)) return 'maxima are no numbers';
    if (!this.#areTables(samples, areSamples)) return 'samples are no times with counts';
    if (!this.#isTable(words, (each) => typeof each === 'string')) return 'words are no words';
    return this.#names.size > maxNames ? `more than ${maxNames} names in one log` : undefined;
  }

  #areTables(value: unknown, isFit: (each: unknown) => boolean): boolean {
    return this.#isTable(value, (each) => this.#isTable(each, isFit));
  }

  #isTable(value: unknown, isFit: (each: unknown) => boolean): boolean {
    if (!isRecord(value)) return false;
    for (const key in value) {
      if (!isFit(value[key])) return false;
      this.#names.add(key);
    }
    return true;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** [microseconds, count] each; up to a day is measured. */
function areSamples(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  for (const each of value) {
    if (!Array.isArray(each) || each.length !== 2) return false;
    const [us, count] = each as unknown[];
    if (!(isWhole(us) && us <= 1e15 && isWhole(count) && count <= 1e12)) return false;
  }
  return true;
}

const isWhole = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
