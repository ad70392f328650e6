// Who follows the tenant's clock: devices wait at GET /stub/v1/clock for it to be changed, and are told of each step of a move.
import type { Clock } from '../base/clock.js';
import type { NextStep, TenantClock } from './tenant-clock.js';

/** A question is held so long, in real time. */
const heldMs = 30_000;
/** So long a step waits for those who were told of it, and so long all steps of a move together, in real time. */
const stepMs = 20_000;
const moveMs = 60_000;
/** So often it is looked whether they are still there. */
const lookMs = 500;
/** Who does not say what is due next is told so often, and so is everybody once a move has waited so long, in real time. */
const unsaidMs = 6 * 3_600_000;
const exactMs = 600_000;

/** What a question knows already. */
interface KnownClock {
  /** The count of changes that it was told: who says it follows the clock, and each step of a move waits for him. */
  readonly changes?: number | undefined;
  /** The time that it was told, in milliseconds since the epoch. */
  readonly after?: number | undefined;
  /** When something falls due for him next, in milliseconds since the epoch, or never (Infinity). Undefined: he does not say. */
  readonly next?: number | undefined;
}

/** Who asks. */
interface Asker {
  /** Its connection has ended. */
  readonly isGone?: boolean;
}

export interface ClockFollowers {
  /** Resolves when the clock is not as `known`, after 30 s at the latest, and when the stub stops. */
  news(known: KnownClock, asker?: Asker): Promise<void>;
  close(): void;
}

/** Who says what he was told follows; others only wait for another time. */
const isFollowing = ({ changes }: KnownClock): boolean => changes !== undefined;

/** A question that waits for news. */
interface Held {
  readonly known: KnownClock;
  readonly asker: Asker;
}

/**
 * A move tells its followers of each step and goes on when they have asked again: they show that time then, and have said what is due
 * for them next. One that does not ask again in time is not waited for. `networkClock`: of what is waited for. `isHeard`: somebody is
 * connected who would be reached by what is done for the tenant; where nobody is, followers are told of their own times alone.
 */
export function openClockFollowers(
  clock: TenantClock,
  networkClock: Clock,
  isHeard: () => boolean = () => true,
): ClockFollowers {
  const held = new Map<() => void, Held>();
  let isClosed = false;
  /** Followers who have an answer and have not asked again yet; `go` is called when there are none. */
  const out = new Set<Asker>();
  let go: (() => void) | undefined;
  let waited = 0;
  let began: number | undefined;

  const answerAll = (): void => {
    for (const answer of [...held.keys()]) answer();
  };
  /** A step is told to those who follow, and to those who wait for another time than it was. */
  const answerStep = (time: number): void => {
    for (const [answer, { known }] of [...held]) if (isFollowing(known) || time > (known.after ?? time)) answer();
  };
  /** One of them is back. Which one does not matter. */
  const back = (): void => {
    const [one] = out;
    if (one !== undefined) out.delete(one);
    if (out.size === 0) go?.();
  };
  const dropGone = (): void => {
    for (const asker of out) if (asker.isGone) out.delete(asker);
  };
  const someTime = () =>
    new Promise<void>((resolve) => {
      const cancel = networkClock.after(lookMs, resolve);
      go = () => {
        cancel();
        resolve();
      };
    });

  /** The earliest of what is due for those who wait. */
  const nextStep = (time: number): NextStep => {
    let isFollowed = false;
    let earliest = Number.POSITIVE_INFINITY;
    const isExact = began === undefined || networkClock.now() - began < exactMs;
    for (const { known, asker } of held.values()) {
      if (!isFollowing(known) || asker.isGone) continue;
      isFollowed = true;
      const { next } = known;
      earliest = Math.min(earliest, isExact && next !== undefined ? next : time + unsaidMs);
    }
    return { at: earliest, isReached: isFollowed && isHeard() };
  };

  const stopStep = clock.onStep(async (time) => {
    began ??= networkClock.now();
    answerStep(time);
    dropGone();
    for (let ms = 0; out.size > 0 && ms < stepMs && waited < moveMs && !isClosed; ms += lookMs) {
      await someTime();
      go = undefined;
      dropGone();
      if (out.size > 0) waited += lookMs;
    }
    out.clear(); // who is not back by now is not waited for
    return nextStep(time);
  });
  const stopChange = clock.onChange(() => {
    waited = 0;
    began = undefined;
  });

  const isNews = ({ changes, after }: KnownClock): boolean =>
    changes === undefined
      ? clock.mode === 'manual' && after !== undefined && clock.now() > after
      : changes !== clock.changes;

  return {
    news(known, asker = {}) {
      const isFollower = isFollowing(known);
      if (isFollower) back();
      if (isClosed || isNews(known)) {
        if (isFollower) out.add(asker);
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const answer = () => {
          if (!held.delete(answer)) return;
          if (isFollower) out.add(asker);
          cancel();
          resolve();
        };
        const cancel = networkClock.after(heldMs, answer);
        held.set(answer, { known, asker });
      });
    },
    close() {
      isClosed = true;
      stopStep();
      stopChange();
      answerAll();
      go?.();
    },
  };
}
