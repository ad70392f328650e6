import type { DeviceState } from '../../agent/index.js';
import { isRollcallError } from '../../base/errors.js';
import type { Phase, Step } from '../scenario/model.js';
import type { ActReason, DeviceStep } from '../steps/kind.js';
import { comesBack, setAway } from './away.js';
import { idOf, isVerdict } from './failure.js';
import { type Pacing, pacingOf } from './pacing.js';
import type { PhaseOfStep } from './phase-of-step.js';
import { Postponed } from './postponed.js';
import { Retries } from './retries.js';
import { Appointed, Queued } from './sources.js';
import { StepFigures } from './step-figures.js';
import { contextOf, type PhaseTime, StepScene } from './step-scene.js';
import type { World } from './world.js';

/** Real ms behind its time from which on a start counts as late. */
export const lateAfterMs = 100;

/** One step of a phase in one engine: its starts, its devices' acts, its figures. */
export class StepRun {
  readonly scene: StepScene;
  readonly kind: DeviceStep;
  readonly #world: World;
  readonly #figures: StepFigures;
  readonly #phase: PhaseOfStep;
  #pacing: Pacing | undefined;
  readonly #woken: Queued;
  readonly #postponed: Postponed;
  /** Moments that the step asked for; made when first needed. */
  #back: Appointed | undefined;
  readonly #retries: Retries;
  #going = 0;
  #hasBegun = false;
  #isOver = false;

  constructor(world: World, phase: PhaseOfStep, step: Step, time: PhaseTime, of: Phase) {
    this.#world = world;
    this.#phase = phase;
    this.scene = new StepScene(world, of, step, time);
    this.#figures = new StepFigures(world, this.scene);
    const context = contextOf(this.scene, world, {
      signal: phase.signal,
      setAway: (index, isAway) => void setAway(world, index, isAway),
      actAt: (index, ageMs) => this.#actAt(index, ageMs),
      fail: (index, error) => this.#fail(index, error, undefined),
      moved: (index, ageMs) => this.#figures.moved(index, ageMs),
    });
    this.kind = world.kindOf(step).onDevices?.(step, context) ?? { isDone: () => true };
    this.#woken = new Queued((slot, dueAt) => this.#begin(slot, dueAt, 'woken'));
    this.#postponed = new Postponed(phase.scheduler, (slot, at, why) => this.#begin(slot, at, why));
    this.#retries = new Retries(world, this.scene, phase.scheduler, (slot, at) => this.#begin(slot, at, 'again'));
  }

  get step(): Step {
    return this.scene.step;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** It has no part at the authority that would take effect on all devices at once. */
  get #hasOwnEffect(): boolean {
    return this.#world.kindOf(this.step).atAuthority === undefined;
  }

  /** Each device does it once, or is waited for: who has failed before is counted as skipped, once. */
  get #isOnce(): boolean {
    return this.#pacing?.isOnce ?? true;
  }

  /** Its time has come. */
  begin(): void {
    if (this.#isOver) return;
    this.#hasBegun = true;
    const { pace } = this.kind;
    const hasDevices = this.kind.act !== undefined;
    if (hasDevices) this.#figures.planned(pace === undefined);
    for (const index of this.scene.kept) {
      this.#figures.count(index, 'kept');
      this.#world.population.mark(index, 'kept', false); // should it leave and enroll again
    }
    if (pace !== undefined)
      this.#pacing = pacingOf(pace, {
        world: this.#world,
        scene: this.scene,
        begin: (slot, dueAt) => this.#begin(slot, dueAt, 'due'),
        dropped: (slot) => this.#figures.dropped(slot),
      });
    if (this.#pacing !== undefined) this.#phase.scheduler.add(this.#pacing.source);
    this.#phase.scheduler.add(this.#woken);
  }

  /** True when this step makes the session that answers the wake-up; it is queued then. */
  wake(slot: number, index: number): boolean {
    if (!this.#hasBegun || this.#isOver || !this.scene.has(slot)) return false;
    const wants = this.kind.wantsWake?.(index) ?? this.kind.pace?.kind === 'schedule';
    if (wants) this.#woken.add(slot, this.#world.elapsed());
    return wants;
  }

  /** A turn of the device has ended: what waited for it begins. */
  turned(slot: number): void {
    this.#pacing?.turned(slot);
    this.#postponed.turned(slot);
  }

  /** The device has failed, here or in another step of the phase: who was waited for is so no more. */
  deviceFailed(index: number, isHere: boolean): void {
    const wasWaitedFor = this.kind.failed?.(index) === true;
    if (this.#hasBegun && wasWaitedFor && !isHere) this.#figures.count(index, 'skipped');
  }

  /** A later step has taken its place for the device. */
  superseded(index: number): void {
    if (this.#hasBegun && this.kind.superseded?.(index) === true) this.#figures.count(index, 'superseded');
  }

  /** The phase is over: what would be due from `at` on (elapsed ms) does not begin. */
  close(at: number): void {
    this.#isOver = true;
    this.#pacing?.close(at);
    this.#back?.endAt(at);
    this.#retries.close((slot, error) => this.#givesUp(slot, error));
  }

  /** Its session broke, and it would have tried again after the phase's end. */
  #givesUp(slot: number, error: unknown): void {
    const index = this.#world.population.shard.indexOf(slot);
    const isWaitedFor = this.kind.wantsWake?.(index) ?? true;
    if (isWaitedFor && !this.#world.population.hasFailed(index)) this.#failed(slot, index, error, undefined);
  }

  /** Nothing of it goes on or waits to begin. */
  get isQuiet(): boolean {
    const left = [this.#pacing?.source, this.#woken, this.#back, this.#retries, this.#postponed];
    return this.#going === 0 && left.every((source) => (source?.left ?? 0) === 0);
  }

  /** It has come to its end of its own accord. */
  get isDone(): boolean {
    if (!this.#hasBegun || this.#going > 0 || this.#retries.left > 0) return false;
    const isPacedOut = this.#pacing?.isDone() ?? true;
    const isEmpty = this.#pacing?.isOnce === false || this.isQuiet || this.kind.pace === undefined;
    return isPacedOut && isEmpty && this.kind.isDone();
  }

  /** The phase is over, and quiet. */
  end(): void {
    this.#pacing?.rest((slot) => this.#figures.dropped(slot));
    if (this.#hasBegun) this.kind.end?.();
  }

  /** The run was stopped: counts who had not begun. */
  stop(): void {
    this.#isOver = true;
    if (!this.#hasBegun) this.#figures.planned(false);
    const one = (slot: number): void => {
      const index = this.#world.population.shard.indexOf(slot);
      this.#figures.count(index, this.#world.population.hasFailed(index) ? 'skipped' : 'notStarted');
    };
    if (!this.#hasBegun && this.#isOnceByNature) {
      for (const index of this.scene.indexes) one(this.#world.population.shard.slotOf(index));
      return;
    }
    this.#pacing?.rest(one);
    for (const index of this.kind.notStarted?.() ?? []) this.#figures.count(index, 'notStarted');
  }

  get #isOnceByNature(): boolean {
    const { pace } = this.kind;
    if (this.kind.act === undefined) return false;
    return pace === undefined || pace.kind === 'open' || pace.kind === 'closed';
  }

  #begin(slot: number, dueAt: number, why: ActReason): Promise<void> | undefined {
    const { population } = this.#world;
    const index = population.shard.indexOf(slot);
    if (population.hasFailed(index)) {
      if (this.#pacing?.isOnce === true) this.#figures.count(index, 'skipped');
      this.#pacing?.end(slot);
      return undefined;
    }
    if (population.is(index, 'away') && !(why === 'later' && this.kind.comesBack?.(index) === true)) {
      if (this.#isOnce && why === 'due') this.#figures.count(index, 'away');
      return undefined;
    }
    if (population.is(index, 'busy')) {
      // One waits; another of the same kind would be the same session.
      if (this.#postponed.has(slot) && why === 'due') this.#figures.count(index, 'dropped');
      else this.#postponed.put(slot, { dueAt, why });
      return undefined;
    }
    return this.#attempt(slot, index, dueAt, why);
  }

  async #attempt(slot: number, index: number, dueAt: number, why: ActReason): Promise<void> {
    const { elapsed, population, through } = this.#world;
    const subject = this.scene.subject(index);
    this.#going++;
    const first = this.#retries.dueAt(slot) ?? dueAt;
    let startedAt = elapsed();
    if (why === 'due' && startedAt - dueAt > lateAfterMs) this.#figures.count(index, 'late');
    let endedAt = startedAt;
    let last: DeviceState | undefined;
    try {
      const acted = await population.turn(
        index,
        async (device) => {
          startedAt = elapsed();
          const before = device.state;
          last = before;
          population.mark(index, 'woken', false);
          if (population.is(index, 'away')) await comesBack(this.#world, device, index);
          const result = await this.kind.act?.(device, index, why);
          endedAt = elapsed();
          last = device.state;
          this.#phase.sessionEnded(device, index, startedAt, before);
          return result;
        },
        through(
          index,
          (operation) => this.scene.subject(index, operation),
          () => this.scene.ageMs(),
        ),
      );
      this.#retries.forget(slot);
      if (why === 'woken') this.#figures.answered(index, endedAt - dueAt);
      this.#figures.passed(subject, acted, { first, startedAt, endedAt });
      if (this.#hasOwnEffect && acted?.isOpen !== true) this.#phase.tookEffect(this.step, index);
    } catch (error) {
      const mayTryAgain = this.#pacing?.isOnce !== true && !this.#isOver;
      if (!mayTryAgain || !this.#retries.triesAgain(slot, index, error, first))
        this.#failed(slot, index, error, last === undefined ? undefined : idOf(last));
    } finally {
      this.#going--;
      this.#phase.turnEnded(slot, index);
    }
  }

  #failed(slot: number, index: number, error: unknown, id: string | undefined): void {
    this.#retries.forget(slot);
    if (this.#phase.signal.aborted && !isVerdict(error)) {
      this.kind.failed?.(index); // counted here, and not as one who had not begun
      this.#figures.count(index, 'cutOff');
      return;
    }
    const isPassing = this.#pacing?.isOnce === false && isRollcallError(error) && error.retry;
    this.#fail(index, error, id, isPassing);
    if (!isPassing) this.#pacing?.end(slot);
  }

  #fail(index: number, error: unknown, known: string | undefined, isPassing = false): void {
    this.#figures.failed(index, error, known, this.#phase.phaseMs());
    if (isPassing) return;
    this.#world.population.markFailed(index);
    this.#phase.deviceFailed(index, this.step);
  }

  #actAt(index: number, ageMs: number): void {
    const { population } = this.#world;
    if (this.#back === undefined) {
      this.#back = new Appointed(population.size, (slot, at) => this.#begin(slot, at, 'later'));
      this.#phase.scheduler.add(this.#back);
    }
    this.#back.appoint(population.shard.slotOf(index), this.scene.elapsedAt(ageMs));
    this.#phase.scheduler.look();
  }
}
