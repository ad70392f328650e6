// What is known of one ask, and what becomes of those who wait for it.
import { isRollcallError } from '../../../base/errors.js';
import { agentError } from '../../errors.js';
import type { WakeAsk, WakeJudge, WakeOwner } from '../../model/ports.js';
import type { WakeWay } from './way.js';

/** What is known of one ask. Of thousands each is this and no more. */
export interface Entry {
  ask: WakeAsk;
  judge: WakeJudge;
  owner: WakeOwner | undefined;
  readonly way: OpenedWay;
  isReady: boolean;
  isPaused: boolean;
  /** Judged to be wake-ups, taken by nobody; the oldest first. */
  kept: string[] | undefined;
  /** How many went for newer ones where several are kept, and nobody has heard of it. */
  dropped: number;
  /** Takes the next one; undefined tells it to stop. */
  taker: ((payload: string | undefined) => void) | undefined;
  /** Those who wait for it to be ready. */
  waiting: Set<Waiter> | undefined;
}

/** One that waits for an ask to be ready. */
export interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** A way that is open, and the asks that it serves, by address. */
export interface OpenedWay {
  readonly way: WakeWay;
  readonly entries: Map<string, Entry>;
}

/** Keeps a wake-up that nobody takes now. Gives how many older ones went for it. */
export function keep(entry: Entry, payload: string): number {
  const { keeps = 1 } = entry.ask;
  const most = Math.max(1, keeps);
  const all = [...(entry.kept ?? []), payload];
  entry.kept = all.slice(-most);
  const gone = all.length - entry.kept.length;
  if (most > 1) entry.dropped += gone; // one that is kept alone stands for all before it
  return gone;
}

/** The way has begun for it. */
export function ready(entry: Entry | undefined): void {
  if (entry === undefined) return;
  entry.isReady = true;
  const { waiting } = entry;
  entry.waiting = undefined;
  if (waiting !== undefined) for (const each of waiting) each.resolve();
}

/** The way could not begin for it, or is lost: who waits hears of it, or else its owner. */
export function lost(entry: Entry | undefined, cause: Error): void {
  if (entry === undefined) return;
  entry.isReady = false;
  const { waiting = [] } = entry;
  entry.waiting = undefined;
  const error = noPush(entry, cause.message || String(cause), cause);
  const isWaitedFor = [...waiting].length > 0;
  const isOfItsOwn = isRollcallError(cause) && (cause.code === 'PUSH_DUPLICATE' || cause.code === 'PUSH_FLOOD');
  for (const each of waiting) each.reject(error);
  if (isOfItsOwn) entry.owner?.lost?.(cause);
  else if (!isWaitedFor) entry.owner?.lost?.(error); // who waits tells of it by itself
}

/** By the names of ways. */
const hints: Readonly<Record<string, string>> = {
  'push-service': 'A server that is no stub of Rollcall has no such service: name one with --push.',
  mqtt: 'A Headwind MDM server publishes at port 31000 of its host where it was not told otherwise: --mqtt-port.',
};

/** PUSH_LOST, with why in words. */
export const noPush = ({ ask: { way } }: Entry, why: string, cause?: Error) =>
  agentError('PUSH_LOST', `no push by the way "${way}": ${why}`, {
    ...(cause && { cause }),
    hint: `The device checks in by hand and by its own schedule (--poll); once the service answers, it is woken again. ${hints[way] ?? ''}`.trim(),
  });
