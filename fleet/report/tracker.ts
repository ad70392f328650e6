import { countOf } from '../load/figures.js';
import type { LogEvent } from '../log/events.js';
import type { Health } from '../metrics/delta.js';
import { Totals } from '../metrics/totals.js';
import { deviceTotal, type FleetPlan, type Phase, type Step } from '../scenario/model.js';

/** How far one step is. */
export interface StepProgress {
  readonly name: string;
  /** Passed and failed. */
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** How many are meant to get through; undefined: again and again. */
  readonly of?: number;
  /** A second of real time, of late; undefined while nothing can be said. */
  readonly perSecond?: number;
  readonly p95Ms?: number;
  readonly late: number;
  readonly dropped: number;
}

/** How far a phase is, with its steps. */
export interface PhaseProgress {
  readonly name: string;
  /** Real milliseconds since it began. */
  readonly realMs: number;
  /** In its own time, where it has a length of its own. */
  readonly gone?: { readonly ms: number; readonly of: number };
  /** Real milliseconds until it ends, as it looks. */
  readonly leftMs?: number;
  readonly steps: readonly StepProgress[];
}

/** Over how long a rate is taken. */
const rateOverMs = 5000;

/** Follows a run by its events, for whoever shows how far it is. `now`: real milliseconds, ever rising. */
export class Tracker {
  readonly #totals = new Totals();
  readonly #history = new Map<string, { readonly at: number; readonly done: number }[]>();
  readonly #health = new Map<number, Health>();
  #plan: FleetPlan | undefined;
  #phase: { readonly index: number; readonly since: number; endedAt?: number } | undefined;
  #failed = 0;

  hear(event: LogEvent, now: number): void {
    if (event.type === 'run') this.#plan = event.plan;
    if (event.type === 'failure') this.#failed++;
    if (event.type === 'phase' && event.event === 'began') this.#phase = { index: event.phase, since: now };
    if (event.type === 'delta') {
      this.#totals.add(event.delta);
      this.#health.set(event.shard, event.delta.health);
    }
  }

  get devices(): number {
    return this.#plan === undefined ? 0 : deviceTotal(this.#plan);
  }

  get failed(): number {
    return this.#failed;
  }

  /** Of the engines, the worst of each. */
  get health(): Pick<Health, 'loopP99Ms' | 'lateP99Ms' | 'cpu' | 'rssBytes'> {
    const all = [...this.#health.values()];
    const most = (read: (health: Health) => number) => Math.max(0, ...all.map(read));
    return {
      loopP99Ms: most(({ loopP99Ms }) => loopP99Ms),
      lateP99Ms: most(({ lateP99Ms }) => lateP99Ms),
      cpu: most(({ cpu }) => cpu),
      rssBytes: all.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    };
  }

  /** The phase that goes on, or went on last. */
  progress(now: number): PhaseProgress | undefined {
    const at = this.#phase;
    const phase = at === undefined ? undefined : this.#plan?.phases[at.index];
    if (at === undefined || phase === undefined) return undefined;
    const realMs = Math.max(0, now - at.since);
    const steps = phase.steps.map((step) => this.#step(step, now));
    const lengthMs = lengthOf(phase);
    const leftMs = leftOf(phase, realMs, steps, lengthMs);
    return {
      name: phase.name,
      realMs,
      ...(lengthMs === undefined ? {} : { gone: { ms: Math.min(lengthMs, realMs * phase.scale), of: lengthMs } }),
      ...(leftMs === undefined ? {} : { leftMs }),
      steps,
    };
  }

  #step(step: Step, now: number): StepProgress {
    const sums = this.#totals.of({ step: step.name });
    const failed = sums.counter('failures');
    const done = sums.counter('passed') + failed;
    const perSecond = this.#rate(step.name, done, now);
    const p95Ms = sums.percentile('response', 95);
    const isAgain = 'pace' in step && (step.pace.kind === 'every' || step.pace.kind === 'schedule');
    const planned = sums.counter('planned');
    const total = planned > 0 ? planned : this.#plan === undefined ? 0 : countOf(this.#plan, step.of);
    return {
      name: step.name,
      done,
      failed,
      skipped: sums.counter('skipped'),
      late: sums.counter('late'),
      dropped: sums.counter('dropped'),
      ...(isAgain ? {} : { of: total }),
      ...(perSecond === undefined ? {} : { perSecond }),
      ...(p95Ms === undefined ? {} : { p95Ms }),
    };
  }

  #rate(name: string, done: number, now: number): number | undefined {
    const history = (this.#history.get(name) ?? []).filter(({ at }) => now - at <= rateOverMs);
    const [first] = history;
    if (now - (history.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= 200) history.push({ at: now, done });
    this.#history.set(name, history);
    if (first === undefined || now - first.at < 500) return undefined;
    return ((done - first.done) * 1000) / (now - first.at);
  }
}

/** In the phase's time: its own, or that of steps which go on for a time of their own; undefined: as long as it takes. */
function lengthOf({ forMs, steps }: Phase): number | undefined {
  if (forMs !== undefined) return forMs;
  const ends = steps.map((step) =>
    'pace' in step && 'forMs' in step.pace && step.pace.forMs !== undefined ? step.atMs + step.pace.forMs : 0,
  );
  const last = Math.max(0, ...ends);
  return last === 0 ? undefined : last;
}

/** A phase ends at its end, or when the last of its steps does. */
function leftOf(
  { scale }: Phase,
  realMs: number,
  steps: readonly StepProgress[],
  lengthMs: number | undefined,
): number | undefined {
  if (lengthMs !== undefined) return Math.max(0, lengthMs / scale - realMs);
  const left = steps.map(({ of: total = 0, done, skipped, dropped, perSecond }) => {
    const rest = total - done - skipped - dropped;
    if (rest <= 0) return 0;
    return perSecond === undefined || perSecond === 0 ? undefined : (rest * 1000) / perSecond;
  });
  return left.includes(undefined) ? undefined : Math.max(0, ...left.map((each) => each ?? 0));
}
