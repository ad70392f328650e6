// The poll queue: every push is kept here for an hour, whether or not MQTT has delivered it, until a poll takes it; at most once.
import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type { Keep } from '../keep.js';
import { readKept } from '../kept.js';

/** One push as a poll delivers it; `payload` is raw text, by convention of the protocol JSON. */
export interface Push {
  readonly messageType: string;
  readonly payload?: string;
}

/** How long a push waits for a poll: those older are purged once an hour. */
const pushLifeMs = 3_600_000;
/** Pushes that wait for one device, the newest. */
export const mostPushes = 100;
/** Polls of one device that are held: with more the oldest ends as if its time were over. A held poll is never ended for want of room. */
export const mostPolls = 8;

const stored = z.object({
  deviceId: z.string(),
  messageType: z.string(),
  payload: z.string().exactOptional(),
  at: z.number(),
});
type Stored = z.output<typeof stored>;

/** A poll that is held. */
interface Poll {
  readonly answer: (pushes: readonly Push[]) => void;
  readonly cancel: () => void;
}

export interface Pushes {
  /** Puts the push into the queue, or hands it to the poll that is held, with all that waits. */
  add(deviceId: string, push: Push): void;
  /** What waits for this device; it waits no more. */
  take(deviceId: string): readonly Push[];
  /** What waits for this device, as it is. */
  waiting(deviceId: string): readonly Push[];
  /**
   * Holds a poll until a push comes: nothing where none came in time. Of two polls of one device the later one is answered, and the
   * end of either leaves the device without one, as the server has it.
   */
  poll(deviceId: string, timeoutMs: number): Promise<readonly Push[]>;
  /** Polls that are held now. */
  readonly polls: number;
  forget(deviceId: string): void;
  /** Ends all polls, without a push. */
  close(): void;
}

export function createPushes({
  clock,
  networkClock,
  log,
  keep,
}: {
  /** By which pushes grow old. */
  readonly clock: Clock;
  /** By which polls are held. */
  readonly networkClock: Clock;
  readonly log: Log;
  readonly keep: Keep | undefined;
}): Pushes {
  const queues = new Map<string, Map<string, Stored>>();
  const held = new Set<Poll>();
  /** The poll that a push of this device goes to. */
  const registered = new Map<string, Poll>();
  const heldOf = new Map<string, Set<Poll>>();
  let sequence = 0;
  let cancelPurge: (() => void) | undefined;
  let isClosed = false;

  const drop = (queue: Map<string, Stored>, deviceId: string, key: string): void => {
    queue.delete(key);
    keep?.put(key, undefined);
    if (queue.size === 0) queues.delete(deviceId);
  };
  const purge = (): void => {
    cancelPurge = undefined;
    const until = clock.now() - pushLifeMs;
    for (const [deviceId, queue] of queues) {
      for (const [key, { at }] of queue) if (at <= until) drop(queue, deviceId, key);
    }
    purgeLater();
  };
  const purgeLater = (): void => {
    if (cancelPurge === undefined && queues.size > 0 && !isClosed) cancelPurge = clock.after(pushLifeMs, purge);
  };
  const put = (deviceId: string, key: string, push: Stored): void => {
    const queue = queues.get(deviceId) ?? new Map<string, Stored>();
    queues.set(deviceId, queue.set(key, push));
  };
  const enqueue = (deviceId: string, push: Push): void => {
    const key = String(++sequence).padStart(14, '0');
    const value: Stored = { deviceId, ...push, at: clock.now() };
    put(deviceId, key, value);
    keep?.put(key, value);
    const queue = queues.get(deviceId);
    const [oldest] = queue?.keys() ?? [];
    if (queue !== undefined && queue.size > mostPushes && oldest !== undefined) {
      drop(queue, deviceId, oldest);
      log.debug('PUSH_DROPPED', { device: deviceId, reason: `${mostPushes} wait already` });
    }
    purgeLater();
  };
  const asPush = ({ messageType, payload }: Stored): Push => ({
    messageType,
    ...(payload !== undefined && { payload }),
  });
  const waiting = (deviceId: string): readonly Push[] => [...(queues.get(deviceId)?.values() ?? [])].map(asPush);
  const take = (deviceId: string): readonly Push[] => {
    const pushes = waiting(deviceId);
    const queue = queues.get(deviceId);
    if (queue !== undefined) for (const key of [...queue.keys()]) drop(queue, deviceId, key);
    return pushes;
  };
  const end = (deviceId: string, poll: Poll, pushes: readonly Push[]): void => {
    if (!held.delete(poll)) return;
    poll.cancel();
    registered.delete(deviceId); // whosever it is
    const own = heldOf.get(deviceId);
    own?.delete(poll);
    if (own?.size === 0) heldOf.delete(deviceId);
    poll.answer(pushes);
  };
  const hold = (deviceId: string, poll: Poll): void => {
    const own = heldOf.get(deviceId) ?? new Set();
    const [oldest] = own;
    if (oldest !== undefined && own.size >= mostPolls) end(deviceId, oldest, []);
    heldOf.set(deviceId, own.add(poll));
    held.add(poll);
    registered.set(deviceId, poll);
  };

  for (const [key, push] of readKept(keep, 'push', stored)) {
    put(push.deviceId, key, push);
    sequence = Math.max(sequence, Number(key) || 0);
  }
  purgeLater();

  return {
    add(deviceId, push) {
      const poll = registered.get(deviceId);
      if (poll === undefined) enqueue(deviceId, push);
      else end(deviceId, poll, [...take(deviceId), push]);
    },
    take,
    waiting,
    poll(deviceId, timeoutMs) {
      if (isClosed) return Promise.resolve([]);
      return new Promise((resolve) => {
        const poll: Poll = {
          answer: resolve,
          cancel: networkClock.after(timeoutMs, () => end(deviceId, poll, [])),
        };
        hold(deviceId, poll);
        if (queues.has(deviceId)) end(deviceId, poll, take(deviceId));
      });
    },
    get polls() {
      return held.size;
    },
    forget(deviceId) {
      take(deviceId);
      const poll = registered.get(deviceId);
      if (poll !== undefined) end(deviceId, poll, []);
    },
    close() {
      isClosed = true;
      cancelPurge?.();
      for (const poll of [...held]) {
        held.delete(poll);
        poll.cancel();
        poll.answer([]);
      }
      registered.clear();
      heldOf.clear();
    },
  };
}
