// A run from its engines' readiness to their results: barrier, phases, the authority's half of steps, and every way to end.
import type { Phase } from '../scenario/model.js';
import { authorityHalves } from './authority-halves.js';
import type { CoordinateOptions } from './coordinate-options.js';
import { type Ending, interruptedBy, lostProblem, notStarted, problemOf, type Stop, whyOf } from './ending.js';
import { Engines } from './engines.js';
import { Heard } from './heard.js';
import { ownTime, type ScenarioTime, stubTime } from './scenario-time.js';

/** From the word to the first start: messages are there by then, and devices that are to be away when it comes are so. */
const leadMs = 300;
const localLeadMs = 20;
/** Without a word of progress while engines prepare. */
const defaultReadyMs = 600_000;
/** Beyond what sessions may take to end, for an engine to say that a phase, or its run, is over. */
const patienceMs = 20_000;
/** Engines that began so much later than each other are told of. */
const muchSkewMs = 50;

/**
 * Leads engines through the plan. Always resolves, with how the run ended; engines that are still there then have been told to stop.
 * Everything on the way is told to `log`, the ending itself excepted.
 */
export function coordinate(options: CoordinateOptions): Promise<Ending> {
  return new Coordination(options).run();
}

class Coordination {
  readonly #options: CoordinateOptions;
  readonly #engines: Engines;
  readonly #heard: Heard;
  #time: ScenarioTime | undefined;
  #startedAt: number | undefined;
  #stop: Stop | undefined;
  /** Aborted with the first reason to stop: what the authority is asked then is not waited for. */
  readonly #stopping = new AbortController();
  #heardOfPreparation = 0;

  constructor(options: CoordinateOptions) {
    this.#options = options;
    this.#heard = new Heard({
      log: options.log,
      atMs: () => this.#atMs(),
      onProblem: (ending, problem) => this.#end({ ending, problem }),
      onProgress: () => {
        this.#heardOfPreparation = options.elapsed();
      },
    });
    this.#engines = new Engines({
      links: options.links,
      clock: options.clock,
      onMessage: (shard, message) => this.#heard.hear(shard, message),
      onLost: (shard, why) => this.#lose(shard, why),
      onBeat: () => this.#beat(),
    });
  }

  async run(): Promise<Ending> {
    const { signal, lost } = this.#options;
    const interrupt = () => this.#end(interruptedBy(signal));
    const loseAuthority = () => this.#end({ ending: 'incomplete', problem: problemOf(lost?.reason) });
    signal.addEventListener('abort', interrupt, { once: true });
    lost?.addEventListener('abort', loseAuthority, { once: true });
    if (signal.aborted) interrupt();
    else if (lost?.aborted === true) loseAuthority();
    try {
      await this.#prepare();
      for (const [at, phase] of this.#options.plan.phases.entries()) {
        if (this.#stop !== undefined) break;
        await this.#phase(at, phase);
      }
      await this.#finish();
    } catch (error) {
      this.#end({ ending: 'incomplete', problem: problemOf(error) });
      await this.#finish();
    } finally {
      signal.removeEventListener('abort', interrupt);
      lost?.removeEventListener('abort', loseAuthority);
      this.#engines.close();
      await this.#time?.restore().catch(() => undefined); // the authority is gone: it has no clock any more
    }
    const end = this.#stop ?? this.#natural();
    return {
      type: 'end',
      atMs: this.#atMs(),
      keys: this.#heard.keys,
      ...(this.#startedAt === undefined ? notStarted(end) : end),
    };
  }

  /** All engines are ready, or the run does not begin. */
  async #prepare(): Promise<void> {
    const { jobOf, readyWithinMs = defaultReadyMs, elapsed } = this.#options;
    this.#heardOfPreparation = elapsed();
    this.#engines.start(jobOf);
    const isStalled = () => elapsed() - this.#heardOfPreparation >= readyWithinMs;
    await this.#engines.until(() => this.#stop !== undefined || this.#engines.areReady() || isStalled());
    if (this.#stop === undefined && !this.#engines.areReady())
      this.#end({
        ending: 'not-started',
        problem: {
          code: 'RUN_NOT_STARTED',
          message: 'engines were not ready in time',
          hint: 'Fewer devices or a shared key pool take less preparation.',
        },
      });
    if (this.#stop !== undefined) return;
    const { admin, hasClock, clock, onReady } = this.#options;
    onReady?.();
    this.#time = admin !== undefined && hasClock ? await this.#asked(stubTime(clock, admin)) : ownTime(clock);
  }

  async #phase(at: number, phase: Phase): Promise<void> {
    const { clock, elapsed, log } = this.#options;
    const time = this.#time;
    if (time === undefined) return;
    await this.#asked(time.pace(phase.scale));
    if (this.#stop !== undefined) return;
    const lead = this.#leadOf(phase);
    const wallAt = clock.now() + lead;
    const beganAt = elapsed() + lead;
    this.#startedAt ??= beganAt;
    const scenarioAt = time.at(wallAt);
    this.#engines.post({ type: 'begin', phase: at, wallAt, scenarioAt, scale: phase.scale });
    log({
      type: 'phase',
      atMs: beganAt - this.#startedAt,
      phase: at,
      event: 'began',
      scenarioAt: iso(scenarioAt),
      scale: phase.scale,
    });
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stopping.signal]);
    const halves = this.#halves(phase, wallAt, signal);
    let areHalvesDone = false;
    void halves.then(
      () => {
        areHalvesDone = true;
        this.#engines.look();
      },
      (error: unknown) => this.#end({ ending: 'incomplete', problem: problemOf(error) }),
    );
    const isDone = () => this.#stop !== undefined || this.#engines.haveDone(at);
    if (phase.forMs === undefined)
      await this.#engines.until(() => this.#stop !== undefined || (areHalvesDone && isDone()));
    else if (!(await this.#engines.within(lead + phase.forMs / phase.scale, isDone))) await this.#endPhase(at);
    if (this.#stop === undefined && !areHalvesDone)
      await this.#engines.within(patienceMs, () => areHalvesDone || this.#stop !== undefined);
    over.abort(new Error('the phase is over'));
    const skewMs = this.#heard.skewOf(at);
    const ended = {
      type: 'phase',
      atMs: this.#atMs(),
      phase: at,
      event: 'ended',
      scenarioAt: iso(time.at(clock.now())),
      scale: phase.scale,
    } as const;
    log({
      ...ended,
      ...(skewMs === undefined ? {} : { skewMs }),
      ...(this.#stop === undefined ? {} : { isBrokenOff: true }),
    });
    if ((skewMs ?? 0) > muchSkewMs)
      this.#heard.note(
        `${phase.name}: the engines began up to ${Math.round(skewMs ?? 0)} ms late: this machine is busy`,
      );
  }

  #leadOf({ steps }: Phase): number {
    const isPrepared = steps.some((step) => step.kind === 'switch' && step.offline !== undefined);
    const areLocal = this.#options.links.every(({ isLocal }) => isLocal === true);
    return areLocal && !isPrepared ? localLeadMs : leadMs;
  }

  /** The end of a phase with a length of its own: engines end it by themselves, and are told only to be sure. */
  async #endPhase(at: number): Promise<void> {
    const { gracefulMs } = this.#options.jobOf(0).stop;
    const isDone = () => this.#stop !== undefined || this.#engines.haveDone(at);
    if (await this.#engines.within(gracefulMs, isDone)) return;
    this.#engines.post({ type: 'end-phase', phase: at });
    if (await this.#engines.within(gracefulMs + patienceMs, isDone)) return;
    this.#engines.lose('it did not come to the end of its phase', ({ phasesDone }) => phasesDone <= at);
  }

  async #halves(phase: Phase, wallAt: number, signal: AbortSignal): Promise<void> {
    const { admin, plan, clock, chosen, log } = this.#options;
    const time = this.#time;
    if (time === undefined) return;
    await authorityHalves({
      phase,
      plan,
      ...(admin === undefined ? {} : { admin }),
      chosen,
      clock,
      wallAt,
      signal,
      onHappened: async (step, at, value) => {
        if (step.kind === 'clock') await time.look();
        const scenarioAt = time.at(at);
        const told = value === undefined ? {} : { value };
        this.#engines.post({ type: 'happened', step: step.name, wallAt: at, scenarioAt, ...told });
        const scenarioMs = (at - wallAt) * phase.scale;
        log({ type: 'happened', atMs: this.#atMs(), scenarioMs, step: step.name, ...told });
      },
    });
  }

  /** Engines say their results, those at least that still can. */
  async #finish(): Promise<void> {
    const stop = this.#stop;
    const { gracefulMs } = this.#options.jobOf(0).stop;
    if (stop === undefined) this.#engines.post({ type: 'finish' });
    else this.#engines.post({ type: 'stop', hard: this.#startedAt === undefined, why: whyOf(stop) });
    const withinMs = this.#startedAt === undefined ? 1000 : stop === undefined ? patienceMs : gracefulMs + stopSlackMs;
    if (
      await this.#engines.within(
        withinMs,
        () => this.#engines.areOver() || (stop === undefined && this.#stop !== undefined),
      )
    ) {
      if (stop === undefined && this.#stop !== undefined && !this.#engines.areOver()) await this.#finish();
      return;
    }
    if (this.#startedAt === undefined || stop !== undefined) {
      this.#engines.post({ type: 'stop', hard: true, why: whyOf(stop) });
      await this.#engines.within(stopSlackMs, () => this.#engines.areOver());
    }
    if (this.#startedAt !== undefined) this.#engines.lose('it did not say its result in time');
  }

  /** How it ended where nothing stopped it. */
  #natural(): Stop {
    const { lost } = this.#engines;
    if (lost.length > 0) return { ending: 'incomplete', problem: lostProblem(lost, this.#engines.count) };
    return { ending: 'completed' };
  }

  #lose(shard: number, why: string): void {
    if (this.#startedAt === undefined && this.#stop !== undefined) return; // told to end before it began
    this.#options.log({ type: 'lost', atMs: this.#atMs(), shard, why });
    const { lost, count, present } = this.#engines;
    if (this.#startedAt === undefined)
      this.#end({
        ending: 'not-started',
        problem: { code: 'RUN_NOT_STARTED', message: `engine ${shard + 1} of ${count}: ${why}` },
      });
    else if (present === 0 && this.#engines.results.length === 0)
      this.#end({ ending: 'incomplete', problem: lostProblem(lost, count) });
  }

  #beat(): void {
    const { healths, broken, log } = this.#options;
    for (const { of, health } of healths?.() ?? []) log({ type: 'health', atMs: this.#atMs(), of, health });
    const threshold = this.#startedAt === undefined || this.#stop !== undefined ? undefined : broken?.();
    if (threshold !== undefined)
      this.#end({
        ending: 'aborted',
        problem: { code: 'RUN_ABORTED', message: `${threshold} does not hold any more` },
      });
  }

  /** The first reason counts. */
  #end(stop: Stop): void {
    if (this.#stop !== undefined) return;
    this.#stop = stop;
    this.#stopping.abort(new Error(whyOf(stop)));
    this.#engines.look();
  }

  /** Something of the authority, unless the run is stopped meanwhile: then undefined. */
  async #asked<T>(answer: Promise<T>): Promise<T | undefined> {
    let isAnswered = false;
    const outcome = answer.then(
      (value) => ({ value }),
      (error: unknown) => {
        this.#end({ ending: this.#startedAt === undefined ? 'not-started' : 'incomplete', problem: problemOf(error) });
        return undefined;
      },
    );
    void outcome.then(() => {
      isAnswered = true;
      this.#engines.look();
    });
    await this.#engines.until(() => isAnswered || this.#stop !== undefined);
    return isAnswered ? (await outcome)?.value : undefined;
  }

  #atMs(): number {
    return this.#startedAt === undefined ? -1 : this.#options.elapsed() - this.#startedAt;
  }
}

/** Beyond the time in which sessions may end, when somebody waits for a prompt. */
const stopSlackMs = 1500;
const iso = (ms: number): string => new Date(ms).toISOString();
