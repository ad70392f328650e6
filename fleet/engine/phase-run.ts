import type { Device, DeviceState } from '../../agent/index.js';
import { asError } from '../../base/errors.js';
import type { Phase, Step } from '../scenario/model.js';
import { allComeBack } from './away.js';
import { Scheduler } from './scheduler.js';
import { StepRun } from './step-run.js';
import type { PhaseTime } from './step-scene.js';
import { partOf, type World } from './world.js';

/** What must be so when a step begins is made so shortly before; real ms. */
const beforeMs = 250;
/** How often it is looked whether everything has ended, beside each end of an act; real ms. */
const lookMs = 100;
/** So long nothing has come of a phase without an end: devices that are still waited for do not come any more; real ms. */
const stillMs = 30_000;

/**
 * One phase in one engine. It ends at its own time (`forMs`), or when all steps have ended or wait for devices that do not come, or when
 * it is told to; what had come due by then is still done, within bounds.
 */
export class PhaseRun {
  readonly scheduler: Scheduler;
  readonly signal: AbortSignal;
  readonly #cutting = new AbortController();
  /** Resolves when it has ended, counted and quiet. */
  readonly ended: Promise<void>;
  readonly #world: World;
  readonly #phase: Phase;
  readonly #time: PhaseTime;
  readonly #runs: readonly StepRun[];
  /** Those first that ask for wake-ups by themselves. */
  readonly #wakeOrder: readonly StepRun[];
  readonly #cancels: (() => void)[] = [];
  #cancelLook: () => void = () => undefined;
  #resolve: () => void = () => undefined;
  #isClosing = false;
  #isStopped = false;
  /** When something was last heard of a device or the authority, or a step began; in elapsed ms. */
  #heardAt = 0;

  constructor(world: World, phase: Phase, time: PhaseTime) {
    this.#world = world;
    this.#phase = phase;
    this.#time = time;
    const { clock, elapsed, plan, shard, signal, onLate } = world;
    this.signal = AbortSignal.any([signal, this.#cutting.signal]);
    this.scheduler = new Scheduler({
      clock,
      elapsed,
      places: Math.max(1, partOf(plan.concurrency, shard)),
      ...(plan.dropAfterMs === undefined ? {} : { dropAfterMs: plan.dropAfterMs }),
      onLate,
    });
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#runs = phase.steps.map((step) => new StepRun(world, this, step, time, phase));
    const asks = (run: StepRun): number => (run.kind.wantsWake === undefined ? 1 : 0);
    this.#wakeOrder = [...this.#runs].sort((one, other) => asks(one) - asks(other));
  }

  /** Begins it: at its time, which may still have to come. */
  begin(): void {
    const { population } = this.#world;
    this.#cancels.push(population.onWake((index) => this.#wake(index)));
    for (const run of this.#runs) {
      this.#at(run.scene.beganAt - beforeMs, () => run.kind.before?.());
      this.#at(run.scene.beganAt, () => this.#beginStep(run));
    }
    const { forMs } = this.#phase;
    if (forMs !== undefined) this.#at(this.#time.beganAt + forMs / this.#time.scale, () => this.close());
    this.#look();
  }

  /** A step's part at the authority is done; `at` in elapsed ms. */
  happened(step: string, at: number, value: unknown): void {
    const run = this.#runs.find((each) => each.step.name === step);
    if (run === undefined) return;
    this.#heard();
    run.kind.happened?.(value, run.scene.ageMs(at));
    for (const index of run.scene.indexes) this.tookEffect(run.step, index);
    this.#check();
  }

  /** It is over now: what recurs stops, who is in a session ends it. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const { forMs } = this.#phase;
    const planned = forMs === undefined ? Number.POSITIVE_INFINITY : this.#time.beganAt + forMs / this.#time.scale;
    const at = Math.min(this.#world.elapsed(), planned);
    for (const run of this.#runs) run.close(at);
    this.scheduler.look();
    this.#cancels.push(this.#world.clock.after(this.#world.gracefulMs, () => this.#finish()));
    this.#check();
  }

  /** Nothing begins any more; what goes on may end. Counts who had not begun. Resolves when nothing goes on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isClosing = true;
    this.#forget();
    this.scheduler.stop();
    await this.scheduler.idle();
    for (const run of this.#runs) run.stop();
    this.#resolve();
  }

  phaseMs(): number {
    return (this.#world.elapsed() - this.#time.beganAt) * this.#time.scale;
  }

  deviceFailed(index: number, step: Step): void {
    for (const run of this.#runs) run.deviceFailed(index, run.step === step);
  }

  sessionEnded(device: Device, index: number, startedAt: number, before: DeviceState): void {
    for (const run of this.#runs)
      if (run.hasBegun) run.kind.afterSession?.(device, index, run.scene.ageMs(startedAt), before);
  }

  /** Earlier steps whose place it takes wait for this device no more. */
  tookEffect(step: Step, index: number): void {
    const { supersedes } = this.#world.kindOf(step);
    if (supersedes === undefined) return;
    for (const run of this.#runs) if (run.step !== step && supersedes(step, run.step)) run.superseded(index);
  }

  turnEnded(slot: number, _index: number): void {
    this.#heard();
    for (const run of this.#runs) run.turned(slot);
    this.#check();
  }

  #heard(): void {
    this.#heardAt = this.#world.elapsed();
  }

  #beginStep(run: StepRun): void {
    this.#heard();
    run.begin();
    const { population } = this.#world;
    for (const index of run.scene.indexes)
      if (population.is(index, 'woken') && !population.is(index, 'away')) this.#wake(index);
  }

  #wake(index: number): void {
    const { population } = this.#world;
    if (population.hasFailed(index)) return;
    const slot = population.shard.slotOf(index);
    population.mark(index, 'woken', true);
    if (this.#isClosing || population.is(index, 'away')) return; // answered when it is back, or later
    for (const run of this.#wakeOrder)
      if (run.wake(slot, index)) {
        this.scheduler.look();
        return;
      }
  }

  #at(elapsedMs: number, call: () => void): void {
    const { clock, elapsed, log } = this.#world;
    const guarded = (): void => {
      if (this.#isStopped) return;
      try {
        call();
      } catch (error) {
        log.error('BUG', { during: this.#phase.name, error: asError(error) });
      }
    };
    const wait = elapsedMs - elapsed();
    if (wait <= 0) guarded();
    else this.#cancels.push(clock.after(wait, guarded));
  }

  #look(): void {
    this.#cancelLook = this.#world.clock.after(lookMs, () => {
      this.#check();
      if (!this.#isStopped) this.#look();
    });
  }

  #check(): void {
    if (this.#isStopped) return;
    if (!this.#isClosing) {
      if (this.#phase.forMs === undefined && this.#isDone()) this.close();
      return;
    }
    if (this.scheduler.busy === 0 && this.#runs.every((run) => run.isQuiet)) this.#finish();
  }

  /** Steps that wait for wake-ups are asked last: whom they do not concern is only known where nothing else goes on. */
  #isDone(): boolean {
    const runs = this.#runs;
    if (!runs.every((run) => run.hasBegun)) return false;
    const isWaiting = (run: StepRun): boolean => run.kind.wantsWake !== undefined;
    if (!runs.every((run) => isWaiting(run) || run.isDone)) return false;
    const waiting = runs.filter((run) => isWaiting(run) && !run.isDone);
    if (waiting.length === 0) return true;
    const isStill = this.#world.elapsed() - this.#heardAt >= stillMs;
    return isStill && waiting.every((run) => run.isQuiet && run.kind.waitsOn?.() === true);
  }

  #finish(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#forget();
    this.scheduler.stop();
    const { clock, gracefulMs } = this.#world;
    const cancel = clock.after(gracefulMs, () => this.#cutting.abort(new Error('its phase is over')));
    void this.scheduler.idle().then(() => {
      cancel();
      return this.#conclude();
    });
  }

  async #conclude(): Promise<void> {
    for (const run of this.#runs) run.end();
    await allComeBack(this.#world);
    this.#resolve();
  }

  #forget(): void {
    this.#cancelLook();
    for (const cancel of this.#cancels.splice(0)) cancel();
  }
}
