import type { DeviceFailure, ShardResult } from '../engine/messages.js';
import type { LogEvent } from '../log/events.js';
import { thresholdsOf } from '../metrics/demands.js';
import { GeneratorWatch } from '../metrics/generator.js';
import { judge, perSecondOf } from '../metrics/judge.js';
import type { toldKinds } from '../metrics/told.js';
import { type Sums, Totals } from '../metrics/totals.js';
import { deviceTotal, type Phase, type Step } from '../scenario/model.js';
import { outcomeOf } from './outcome.js';
import type { Figures, StepFigures, Summary } from './summary.js';

type Of<T extends LogEvent['type']> = Extract<LogEvent, { type: T }>;

/** Failed devices that a summary names; all are in failed.csv. */
const mostFailed = 1000;

/**
 * Makes a run's summary from its events: during the run, at its end, and from its log afterwards. The same events make the same
 * summary; a delta that comes twice counts once.
 *
 * @example
 * const summarizer = new Summarizer();
 * for await (const event of readLog(path)) summarizer.add(event);
 * const summary = summarizer.summary();
 */
export class Summarizer {
  /** What each engine measured. */
  readonly #measured = new Map<number, Totals>();
  #merged: Totals | undefined;
  readonly #generator = new GeneratorWatch();
  readonly #lastSeq = new Map<number, number>();
  readonly #began = new Map<number, number>();
  readonly #ended = new Map<number, number>();
  readonly #brokenOff = new Set<number>();
  readonly #failed = new Map<number, DeviceFailure>();
  readonly #results = new Map<number, ShardResult>();
  readonly #lost = new Map<number, string>();
  #run: Of<'run'> | undefined;
  #end: Of<'end'> | undefined;
  #lastMs = 0;

  /** What all engines measured but those that were lost; of all, where none is left. */
  get totals(): Totals {
    const counted = [...this.#measured].filter(([shard]) => !this.#lost.has(shard)).map(([, totals]) => totals);
    const all = counted.length > 0 ? counted : [...this.#measured.values()];
    const [only] = all;
    if (only !== undefined && all.length === 1) return only;
    this.#merged ??= mergedOf(all);
    return this.#merged;
  }

  add(event: LogEvent): void {
    if ('atMs' in event) this.#lastMs = Math.max(this.#lastMs, event.atMs);
    switch (event.type) {
      case 'run':
        this.#run = event;
        this.#generator.limits = event.machine.limits ?? {};
        break;
      case 'phase':
        (event.event === 'began' ? this.#began : this.#ended).set(event.phase, event.atMs);
        if (event.isBrokenOff === true) this.#brokenOff.add(event.phase);
        break;
      case 'delta':
        this.#add(event);
        break;
      case 'health':
        if (event.of === 'coordinator') this.#generator.add('coordinator', event.atMs, event.health);
        break;
      case 'failure':
        if (!this.#failed.has(event.failure.index)) this.#failed.set(event.failure.index, event.failure);
        break;
      case 'lost':
        this.#lost.set(event.shard, event.why);
        this.#merged = undefined;
        break;
      case 'result':
        this.#results.set(event.result.shard, event.result);
        break;
      case 'end':
        this.#end = event;
        break;
      case 'happened':
      case 'note':
      case 'preparing':
        break;
    }
  }

  /** Of what has come so far; undefined before the run's first event. */
  summary(): Summary | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    const { plan, processes, target, machine } = run;
    const steps = plan.phases.flatMap((phase, at) => phase.steps.map((step) => this.#stepFigures(step, phase, at)));
    const verdicts = judge(thresholdsOf(plan, 'thresholds'), this.totals, {
      steps: steps.map(({ name, phase, isFinished }) => ({
        name,
        isReached: this.#began.has(plan.phases.findIndex((each) => each.name === phase)),
        isFinished,
      })),
      isPartial: this.#lost.size > 0 && this.#lost.size < processes,
    });
    const problem = this.#end?.problem;
    const { limits: _, ...shownMachine } = machine;
    return {
      schema: 'rollcall-summary/1',
      runId: run.runId,
      scenario: plan.name,
      seed: plan.seed,
      ...outcomeOf(this.#end, this.#lost.size, verdicts),
      ...(problem === undefined ? {} : { problem }),
      startedAt: run.at,
      tookMs: Math.max(0, this.#end?.atMs ?? this.#lastMs),
      versions: run.versions,
      machine: shownMachine,
      server: { url: target.url, isEmbedded: target.isEmbedded },
      processes,
      lostShards: [...this.#lost].map(([shard, why]) => ({
        shard,
        why,
        devices: this.#devicesOf(run, shard),
        steps: this.#stepsOf(run, shard),
      })),
      devices: this.#devices(run),
      keys: { keys: this.#end?.keys ?? 0, devices: deviceTotal(plan) },
      steps,
      operations: this.#operations(undefined),
      total: figuresOf(this.totals.of({})),
      verdicts,
      generator: this.#generator.verdict(target.isEmbedded),
      lenient: run.lenient,
      told: this.#told(),
      omitted: plan.omitted,
      failedDevices: [...this.#failed.values()].sort((one, other) => one.index - other.index).slice(0, mostFailed),
      scenarioText: run.scenario,
    };
  }

  #add({ shard, seq, delta }: Of<'delta'>): void {
    if (seq <= (this.#lastSeq.get(shard) ?? Number.NEGATIVE_INFINITY)) return;
    this.#lastSeq.set(shard, seq);
    this.#lastMs = Math.max(this.#lastMs, delta.atMs);
    const own = this.#measured.get(shard) ?? new Totals();
    this.#measured.set(shard, own);
    own.add(delta);
    this.#merged = undefined;
    this.#generator.add(`shard ${shard}`, delta.atMs, delta.health);
  }

  #stepFigures({ name, kind }: Step, phase: Phase, at: number): StepFigures {
    const sums = this.totals.of({ step: name });
    const span = sums.span();
    const isWhole = sums.counter('cutOff') + sums.counter('notStarted') === 0;
    return {
      ...figuresOf(sums),
      name,
      kind,
      phase: phase.name,
      tookMs: span === undefined ? this.#phaseTook(at) : span.lastMs - span.firstMs,
      isFinished: this.#ended.has(at) && !this.#brokenOff.has(at) && isWhole,
      platforms: this.#platforms(name),
      operations: this.#operations(name),
    };
  }

  /** What one engine measured of each step. */
  #stepsOf({ plan }: Of<'run'>, shard: number) {
    const totals = this.#measured.get(shard);
    if (totals === undefined) return [];
    return plan.phases
      .flatMap(({ steps }) => steps)
      .map(({ name }) => ({ name, ...figuresOf(totals.of({ step: name })) }))
      .filter(({ count, counts }) => count > 0 || Object.keys(counts).length > 0);
  }

  #phaseTook(at: number): number {
    const began = this.#began.get(at);
    return began === undefined ? 0 : Math.max(0, (this.#ended.get(at) ?? this.#lastMs) - began);
  }

  #platforms(step: string): Record<string, Figures> {
    const names = this.totals.keys().filter((key) => key.step === step && key.window === '');
    return byName(
      names.map(({ platform }) => platform).filter((name) => name !== ''),
      (platform) => figuresOf(this.totals.of({ step, platform })),
    );
  }

  #operations(step: string | undefined): Record<string, Figures> {
    const names = this.totals
      .keys()
      .filter((key) => (step === undefined || key.step === step) && key.window === '' && key.operation !== '');
    return byName(
      names.map(({ operation }) => operation),
      (operation) => figuresOf(this.totals.of({ ...(step === undefined ? {} : { step }), operation })),
    );
  }

  /** How many devices shard i of n has: every nth from the ith. */
  #devicesOf({ plan, processes, only }: Of<'run'>, shard: number): number {
    if (only !== undefined) return only.filter((index) => index % processes === shard).length;
    return Math.max(0, Math.ceil((deviceTotal(plan) - shard) / processes));
  }

  #devices({ plan, processes, only }: Of<'run'>): Summary['devices'] {
    const results = [...this.#results.values()].map(({ devices }) => devices);
    const counted = plan.phases
      .flatMap(({ steps }) => steps)
      .filter(({ kind }) => kind === 'enroll')
      .map(({ name }) => this.totals.of({ step: name }))
      .reduce((sum, figures) => sum + figures.counter('passed') + figures.counter('kept'), 0);
    const told = results.reduce((sum, { enrolled }) => sum + enrolled, 0);
    return {
      total: only?.length ?? deviceTotal(plan),
      groups: plan.groups.map(({ name, platform, count }) => ({ name, platform, count })),
      enrolled: results.length === processes ? told : Math.max(told, counted),
      failed: Math.max(
        this.#failed.size,
        results.reduce((sum, { failed }) => sum + failed, 0),
      ),
    };
  }

  #told(): Summary['told'] {
    const all = this.totals.told();
    const of = (kind: (typeof toldKinds)[number]) =>
      all.filter((each) => each.kind === kind).map(({ what, count, sample }) => ({ what, count, sample }));
    return {
      refused: of('refused'),
      later: of('later'),
      trouble: of('trouble'),
      conventions: of('conventions'),
      lifted: of('lifted'),
    };
  }
}

function mergedOf(all: readonly Totals[]): Totals {
  const merged = new Totals();
  for (const each of all) merged.add(each.snapshot());
  return merged;
}

/** Some figures as a summary has them. */
export function figuresOf(sums: Sums): Figures {
  const [response, service, lasted] = (['response', 'service', 'scenario'] as const).map((series) =>
    sums.percentiles(series),
  );
  const perSecond = perSecondOf(sums);
  return {
    counts: sums.counts(),
    count: sums.counter('passed') + sums.counter('failures'),
    ...(response === undefined ? {} : { response }),
    ...(service === undefined ? {} : { service }),
    ...(lasted === undefined ? {} : { lasted }),
    errors: sums.errors(),
    ...(perSecond === undefined ? {} : { perSecond }),
  };
}

const byName = <T>(names: readonly string[], of: (name: string) => T): Record<string, T> =>
  Object.fromEntries([...new Set(names)].sort().map((name) => [name, of(name)]));
