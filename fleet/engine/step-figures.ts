// What is counted and told of a step in one engine.
import { asError } from '../../base/errors.js';
import { countedAs, type Subject } from '../metrics/sink.js';
import type { Acted } from '../steps/kind.js';
import { codeOf, refusalOf, tellFailure, wordsOf } from './failure.js';
import type { StepScene } from './step-scene.js';
import type { World } from './world.js';

/** Elapsed ms: when it was to begin at first, when it began, and when it ended. */
interface ActTimes {
  readonly first: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

export class StepFigures {
  readonly #world: World;
  readonly #scene: StepScene;

  constructor(world: World, scene: StepScene) {
    this.#world = world;
    this.#scene = scene;
  }

  count(index: number, counter: Parameters<World['sink']['count']>[1]): void {
    this.#world.sink.count(this.#scene.subject(index), counter, 1, this.#scene.ageMs());
  }

  /** Those that it is for; `skipsFailed`: who has failed before is skipped by that. */
  planned(skipsFailed: boolean): void {
    const { population } = this.#world;
    for (const index of this.#scene.indexes) {
      this.count(index, 'planned');
      if (skipsFailed && population.hasFailed(index)) this.count(index, 'skipped');
    }
  }

  /** Its time has come, and it does not begin. */
  dropped(slot: number): void {
    const { population } = this.#world;
    const index = population.shard.indexOf(slot);
    this.count(index, population.hasFailed(index) ? 'skipped' : 'dropped');
  }

  /** From the wake-up, as the device heard it, to the end of the session. */
  answered(index: number, tookMs: number): void {
    this.#world.sink.operation(this.#scene.subject(index, 'push-to-check-in'), tookMs, this.#scene.ageMs());
  }

  passed(subject: Subject, acted: Acted | undefined, { first, startedAt, endedAt }: ActTimes): void {
    if (acted?.isOpen === true) return;
    const age = acted?.ageMs ?? this.#scene.ageMs(endedAt);
    if (this.#scene.step.kind === 'enroll') this.#world.tally.enrolled++;
    this.#world.sink.passed(subject, endedAt - (acted?.dueAt ?? first), endedAt - startedAt, age);
  }

  moved(index: number, ageMs: number): void {
    this.#world.sink.count(this.#scene.subject(index), 'moved', 1, ageMs);
    if (this.#scene.step.kind === 'switch') this.#world.tally.switched++;
  }

  /** `id`: the device's, where it is known. */
  failed(index: number, error: unknown, id: string | undefined, scenarioMs: number): void {
    const { elapsed, log, sink } = this.#world;
    const { name } = this.#scene.step;
    const code = codeOf(error);
    const counted = countedAs({ code, refusal: refusalOf(error) });
    sink.failed(this.#scene.subject(index), counted, wordsOf(error), this.#scene.ageMs());
    if (code === 'BUG') log.error('BUG', { during: name, error: asError(error) });
    tellFailure(this.#world, { index, step: name, error, id, atMs: elapsed(), scenarioMs });
  }
}
