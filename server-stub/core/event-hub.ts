// What happens in the tenant, as it happens: numbered, and the newest of it kept for who comes back and asks what was missed.
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import type { DeviceRecord } from './types.js';

export const eventTypes = [
  'enrolled',
  'refused',
  'left',
  'checkedIn',
  'command',
  'moved',
  'authorityChanged',
  'notified',
  'licence',
  'assignment',
  'restriction',
  'bms',
  'compliance',
  'graceEnded',
  'certificate',
  'clock',
  'removed',
] as const;
type EventType = (typeof eventTypes)[number];

/** Something that happened. Never a secret, nor what a device or an administrator wrote: names, numbers and states alone. */
export interface NewEvent {
  readonly type: EventType;
  /** The platform's own id of the device. */
  readonly deviceId?: string | undefined;
  readonly platform?: PlatformName | undefined;
  /** A user by id or user principal name; it is shown as the name. */
  readonly user?: string | undefined;
  /** What else there is to say of it. */
  readonly [word: string]: string | number | boolean | undefined;
}

/** `seq` grows with each event; it begins anew, higher, with each start of a stub that keeps a data folder. `at`: the tenant's time. */
export type TenantEvent = NewEvent & { readonly seq: number; readonly at: number };

/** What an event of one device says of it. */
export const ofDevice = ({ deviceId, id, platform, userId }: DeviceRecord) => ({
  deviceId,
  managedDeviceId: id,
  platform,
  user: userId,
});

export interface EventsAfter {
  readonly events: readonly TenantEvent[];
  readonly isWhole: boolean;
}

/** Events that are kept for who resumes. */
export const keptEvents = 10_000;

/** Numbers that one start of the stub may give. */
const perStart = 1_000_000_000;

export class EventHub {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #log: Pick<Log, 'warn'>;
  readonly #kept: TenantEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #first = 1;
  #last = 0;
  #onFirst: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'now'>, log: Pick<Log, 'warn'>) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Before the first event of a stub that was started so often before; `onFirst` is called once, when one is emitted. */
  startAfter(starts: number, onFirst: () => void): void {
    this.#last = starts * perStart;
    this.#first = this.#last + 1;
    this.#onFirst = onFirst;
  }

  /** The number of the newest event; 0 where there was none. */
  get last(): number {
    return this.#last;
  }

  emit(event: NewEvent): void {
    const seq = ++this.#last;
    this.#kept[(seq - this.#first) % keptEvents] = { seq, at: this.#clock.now(), ...event };
    const onFirst = this.#onFirst;
    this.#onFirst = undefined;
    onFirst?.();
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#log.warn('NOTIFY_FAILED', { event: event.type, reason: String(error) });
      }
    }
  }

  /** Those after `seq`, oldest first, `most` of them. `isWhole`: false where some after it are kept no more, or it is no number of ours. */
  after(seq: number, most: number): EventsAfter {
    const oldest = Math.max(this.#first, this.#last - keptEvents + 1);
    const from = seq > this.#last ? oldest : Math.max(seq + 1, oldest);
    const events: TenantEvent[] = [];
    for (let next = from; next <= this.#last && events.length < most; next++) {
      const event = this.#kept[(next - this.#first) % keptEvents];
      if (event !== undefined) events.push(event);
    }
    return { events, isWhole: from === seq + 1 };
  }

  /** Calls back after each event. Returns what ends that. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nobody is called any more. */
  close(): void {
    this.#listeners.clear();
  }
}
