import type { Subject } from '../metrics/sink.js';
import type { Phase, Step } from '../scenario/model.js';
import type { EngineContext } from '../steps/kind.js';
import { drawOf, hashOf, hashWith } from './draw.js';
import { chosenFrom } from './selection.js';
import type { World } from './world.js';

/** When a phase began and how fast it goes. */
export interface PhaseTime {
  /** In the world's elapsed ms. */
  readonly beganAt: number;
  readonly scale: number;
}

/** Which devices a step is for, when, and whose its figures are. */
export class StepScene {
  readonly step: Step;
  readonly phase: Phase;
  /** Indexes of this engine's devices that it is for, ascending; and which of all of the run's each is, from 0. */
  readonly indexes: Uint32Array;
  readonly ranks: Uint32Array;
  /** Those that it leaves out, since they were enrolled when the run began. */
  readonly kept: readonly number[];
  /** How many it is for in the whole run. */
  readonly total: number;
  /** When it begins, in elapsed ms. */
  readonly beganAt: number;
  readonly #world: World;
  readonly #time: PhaseTime;
  readonly #members: Uint8Array;
  readonly #subjects = new Map<string, Subject>();
  readonly #hash: number;

  constructor(world: World, phase: Phase, step: Step, time: PhaseTime) {
    this.#world = world;
    this.#time = time;
    this.step = step;
    this.phase = phase;
    this.beganAt = time.beganAt + step.atMs / time.scale;
    this.#hash = hashOf(`${world.plan.seed}/${step.name}`);
    const { shard } = world.population;
    this.#members = new Uint8Array(shard.size);
    const indexes: number[] = [];
    const ranks: number[] = [];
    const kept: number[] = [];
    let total = 0;
    for (const index of chosenFrom(world.cast, world.plan.seed, step.name, step.of)) {
      if (!world.takesPart(index)) continue;
      if (shard.has(index) && step.kind === 'enroll' && world.population.is(index, 'kept')) kept.push(index);
      else if (shard.has(index)) {
        indexes.push(index);
        ranks.push(total);
        this.#members[shard.slotOf(index)] = 1;
      }
      total++;
    }
    this.indexes = Uint32Array.from(indexes);
    this.ranks = Uint32Array.from(ranks);
    this.total = total;
    this.kept = kept;
  }

  /** Milliseconds of the phase in a real one. */
  get scale(): number {
    return this.#time.scale;
  }

  has(slot: number): boolean {
    return this.#members[slot] === 1;
  }

  /** Milliseconds of the phase's time since the step began; negative before. */
  ageMs(at = this.#world.elapsed()): number {
    return (at - this.beganAt) * this.#time.scale;
  }

  elapsedAt(ageMs: number): number {
    return this.beganAt + ageMs / this.#time.scale;
  }

  /** The same object for the same platform and operation. */
  subject(index: number, operation?: string): Subject {
    const platform = this.#world.population.platformOf(index);
    const key = operation === undefined ? platform : `${platform} ${operation}`;
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      subject = { step: this.step.name, platform, ...(operation === undefined ? {} : { operation }) };
      this.#subjects.set(key, subject);
    }
    return subject;
  }

  random(index: number, stream: string) {
    return drawOf(hashWith(this.#hash ^ hashOf(stream), index));
  }

  /** A further share of them, as exact as that. */
  among(share: number, name: string): readonly number[] {
    const { cast, plan, population } = this.#world;
    const full = `${this.step.name}/${name}`;
    const isShared = this.step.of?.share !== undefined;
    const of = isShared ? this.#everybody(cast) : { cast, indexOf: (at: number) => at };
    const { share: _all, ...rest } = this.step.of ?? {};
    const taken = chosenFrom(of.cast, plan.seed, full, { ...rest, share });
    return [...taken].map(of.indexOf).filter((index) => population.shard.has(index) && this.#takesPart(index));
  }

  /** A cast of those that the step's own share has left. */
  #everybody(cast: World['cast']) {
    const all = chosenFrom(cast, this.#world.plan.seed, this.step.name, this.step.of);
    const indexOf = (at: number): number => all[at] ?? 0;
    return { cast: { total: all.length, groupOf: (at: number) => cast.groupOf(indexOf(at)) }, indexOf };
  }

  #takesPart(index: number): boolean {
    return this.has(this.#world.population.shard.slotOf(index));
  }
}

/** What a step is given; the rest is its runner's (`signal`, `setAway`, `actAt`, `fail`, `moved`). */
export function contextOf(
  scene: StepScene,
  world: World,
  more: Pick<EngineContext, 'signal' | 'setAway' | 'actAt' | 'fail' | 'moved'>,
): EngineContext {
  const { population } = world;
  return {
    plan: world.plan,
    phase: scene.phase,
    sink: world.sink,
    chosen: () => scene.indexes,
    among: (share, name) => scene.among(share, name),
    groupOf: (index) => population.groupOf(index),
    invitation: world.invitation,
    subject: (index, operation) => scene.subject(index, operation),
    random: (index, stream) => scene.random(index, stream),
    ageMs: () => scene.ageMs(),
    elapsedAt: (ageMs) => scene.elapsedAt(ageMs),
    hasFailed: (index) => population.hasFailed(index),
    isAway: (index) => population.is(index, 'away'),
    isAwaited: (index) => population.is(index, 'woken') || population.is(index, 'busy'),
    peek: (index) => population.peek(index),
    ...more,
  };
}
