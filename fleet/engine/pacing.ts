// Starts of a step, from what the scenario says of its pace: the same times in every engine.
import type { Pace, StepBase } from '../scenario/model.js';
import { fractionOf, hashOf, hashWith } from './draw.js';
import type { Source } from './scheduler.js';
import { Appointed, Arriving, type Begin, Closed, Recurring } from './sources.js';
import type { StepScene } from './step-scene.js';
import { partOf, type World } from './world.js';

/** The starts of one step. */
export interface Pacing {
  readonly source: Source & { readonly left: number };
  /** Each device does it once. */
  readonly isOnce: boolean;
  /** Takes out those of a pace by which each does it once that have not begun. */
  rest(each: (slot: number) => void): void;
  /** This device does it no more. */
  end(slot: number): void;
  /** A turn of this device has ended: its own schedule may say something else now. */
  turned(slot: number): void;
  /** What would be due from this moment on (elapsed ms) does not begin. */
  close(at: number): void;
  /** Nothing more is to come of it. */
  isDone(): boolean;
}

export interface PacingOptions {
  readonly world: World;
  readonly scene: StepScene;
  readonly begin: Begin;
  readonly dropped: (slot: number) => void;
}

/** Of a step that has one. */
export function pacingOf(pace: Pace, options: PacingOptions): Pacing {
  switch (pace.kind) {
    case 'open':
      return open(pace, options);
    case 'closed':
      return closed(pace, options);
    case 'every':
      return every(pace, options);
    case 'schedule':
      return schedule(pace, options);
  }
}

const nothing = (): void => undefined;
const slotsOf = ({ world, scene }: PacingOptions): Uint32Array =>
  scene.indexes.map((index) => world.population.shard.slotOf(index));

function open({ arrivals }: Pace & { kind: 'open' }, options: PacingOptions): Pacing {
  const { world, scene, begin, dropped } = options;
  const at = world.arrivals(arrivals, scene.total, `${world.plan.seed}/${scene.step.name}`);
  const source = new Arriving(slotsOf(options), (k) => scene.elapsedAt(at(scene.ranks[k] ?? 0)), begin, dropped);
  return {
    source,
    isOnce: true,
    rest: (each) => source.rest(each),
    end: nothing,
    turned: nothing,
    close: (until) => source.endAt(until),
    isDone: () => source.left === 0,
  };
}

function closed({ users }: Pace & { kind: 'closed' }, options: PacingOptions): Pacing {
  const { world, begin } = options;
  const source = new Closed(slotsOf(options), Math.max(1, partOf(users, world.shard)), world.elapsed, begin);
  return {
    source,
    isOnce: true,
    rest: (each) => source.rest(each),
    end: nothing,
    turned: nothing,
    close: () => source.close(),
    isDone: () => source.left === 0,
  };
}

/** Each at a moment of its own of the first interval, then again and again; every time off by as much as the jitter lets it. */
function every({ everyMs, jitter, forMs }: Pace & { kind: 'every' }, options: PacingOptions): Pacing {
  const { world, scene, begin, dropped } = options;
  const { shard } = world.population;
  const hash = hashOf(`${world.plan.seed}/${scene.step.name}/every`);
  const lastsMs = lasting(scene.step, scene.phase.forMs, forMs);
  const atOf = (slot: number, n: number): number | undefined => {
    const index = shard.indexOf(slot);
    const off = n === 0 ? 0 : jitter * (2 * fractionOf(hashWith(hash, n), index) - 1); // none before its first interval
    const age = (fractionOf(hash, index) + n + off) * everyMs;
    return age < lastsMs ? scene.elapsedAt(age) : undefined;
  };
  const source = new Recurring(shard.size, slotsOf(options), atOf, begin, dropped);
  return {
    source,
    isOnce: false,
    rest: nothing,
    end: (slot) => source.end(slot),
    turned: nothing,
    close: (until) => source.endAt(until),
    isDone: () => source.left === 0,
  };
}

/** Those whose time had come before the step began are spread over so much of it, at most: an hour, or an eighth of its time. */
const overdueMs = 3_600_000;

/** As each device's own schedule says, by the devices' clock; put off by a part (`jitter`) of the time until then, never hurried. */
function schedule({ jitter, forMs }: Pace & { kind: 'schedule' }, options: PacingOptions): Pacing {
  const { world, scene, begin } = options;
  const { population } = world;
  const { shard } = population;
  const hash = hashOf(`${world.plan.seed}/${scene.step.name}/schedule`);
  const lastsMs = lasting(scene.step, scene.phase.forMs, forMs);
  const rate = scene.scale;
  const elapsedAt = (at: number): number => world.elapsed() + (at - world.deviceNow()) / rate;
  const source = new Appointed(shard.size, begin, elapsedAt);
  const endsAt = world.deviceNow() + (lastsMs - scene.ageMs());
  source.endAt(endsAt);
  const appoint = (slot: number, isFirst: boolean): void => {
    const index = shard.indexOf(slot);
    const at = population.nextActAt(index);
    if (at === undefined || population.hasFailed(index) || population.is(index, 'away')) {
      source.appoint(slot, undefined);
      return;
    }
    const now = world.deviceNow();
    const own = fractionOf(hashWith(hash, population.turnsOf(index)), index);
    if (at > now) source.appoint(slot, at + own * jitter * (at - now));
    else source.appoint(slot, isFirst ? now + own * Math.min(overdueMs, lastsMs / 8) : now);
  };
  for (const slot of slotsOf(options)) appoint(slot, true);
  return {
    source,
    isOnce: false,
    rest: nothing,
    end: (slot) => source.appoint(slot, undefined),
    turned: (slot) => {
      if (scene.has(slot)) appoint(slot, false);
    },
    close: () => source.endAt(Math.min(endsAt, world.deviceNow())),
    isDone: () => scene.ageMs() >= lastsMs,
  };
}

/** How long it goes on after it began, in the phase's time; a phase ends what goes on without a time of its own. */
function lasting({ atMs }: StepBase, phaseMs: number | undefined, ownMs: number | undefined): number {
  const untilEnd = phaseMs === undefined ? Number.POSITIVE_INFINITY : phaseMs - atMs;
  return Math.min(untilEnd, ownMs ?? Number.POSITIVE_INFINITY);
}
