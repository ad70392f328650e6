// Attempts to enroll whose first step was made and whose last was not (E01), of the platforms that are watched.
import type { OpenAttempt } from './admission-types.js';
import type { Timeouts } from './timeouts.js';

/** Beyond it the oldest fail (E01), so that nobody fills the memory by asking for profiles. */
export const mostAttempts = 200_000;

type Asker = { readonly user?: string | undefined };

/** By their ids and by the devices that are named in them. What is changed here its caller stores. */
export class Attempts {
  readonly #byId = new Map<string, OpenAttempt>();
  /** By device: the one that it presented itself with last. */
  readonly #byDevice = new Map<string, string>();
  /** By device: those that were asked for by it. */
  readonly #askedFor = new Map<string, Set<string>>();
  /** By user and device, where both are named: the last. */
  readonly #byAsker = new Map<string, string>();
  #bindings = 0;
  readonly #due: Timeouts;

  /** `due`: calls back when the time of the attempt of an id is over. */
  constructor(due: Timeouts) {
    this.#due = due;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): OpenAttempt | undefined {
    return this.#byId.get(id);
  }

  ofDevice(deviceId: string): OpenAttempt | undefined {
    return this.#byId.get(this.#byDevice.get(deviceId) ?? '');
  }

  /** Those that a Company Portal on this device asked for. */
  askedFor(deviceId: string): readonly OpenAttempt[] {
    return [...(this.#askedFor.get(deviceId) ?? [])].flatMap((id) => this.#byId.get(id) ?? []);
  }

  /** The last of this user that names this device: it was asked for by it, or the device has presented itself. */
  begunBy(asker: Asker, deviceId: string): OpenAttempt | undefined {
    return this.#byId.get(this.#byAsker.get(askerKey(asker, deviceId)) ?? '');
  }

  /** The one that was begun first. */
  get oldest(): OpenAttempt | undefined {
    return this.#byId.values().next().value;
  }

  /** The `binding` of the next attempt with which a device presents itself. */
  nextBinding(): number {
    return this.#bindings + 1;
  }

  /** The time for an attempt is another now, of those too that are open. */
  timeChanged(): void {
    this.#due.intervalChanged();
  }

  /** A new one, another word of one that is known, or one that is begun again. Those that are restored must come oldest first. */
  put(attempt: OpenAttempt): void {
    const { id, deviceId, askedFor, startedAt, binding = 0 } = attempt;
    const before = this.#byId.get(id);
    if (before?.startedAt !== startedAt) {
      this.#byId.delete(id); // it is the newest now
      this.#due.seen(id, startedAt);
    }
    this.#unname(before, attempt);
    this.#byId.set(id, attempt);
    for (const device of devicesOf(attempt)) this.#byAsker.set(askerKey(attempt, device), id);
    if (askedFor !== undefined) {
      this.#askedFor.set(askedFor, (this.#askedFor.get(askedFor) ?? new Set()).add(id));
    }
    if (deviceId === undefined) return;
    this.#bindings = Math.max(this.#bindings, binding);
    if (binding >= (this.ofDevice(deviceId)?.binding ?? 0)) this.#byDevice.set(deviceId, id);
  }

  forget(id: string): void {
    const attempt = this.#byId.get(id);
    if (attempt === undefined) return;
    this.#byId.delete(id);
    this.#due.forget(id);
    this.#unname(attempt, {});
  }

  /** It is found no more by devices that it names no more. */
  #unname(before: OpenAttempt | undefined, now: Partial<OpenAttempt>): void {
    if (before === undefined) return;
    const { id, deviceId = '', askedFor = '' } = before;
    for (const device of devicesOf(before)) {
      const key = askerKey(before, device);
      if (!devicesOf(now).includes(device) && this.#byAsker.get(key) === id) this.#byAsker.delete(key);
    }
    if (deviceId !== now.deviceId && this.#byDevice.get(deviceId) === id) this.#byDevice.delete(deviceId);
    const asked = askedFor === now.askedFor ? undefined : this.#askedFor.get(askedFor);
    asked?.delete(id);
    if (asked?.size === 0) this.#askedFor.delete(askedFor);
  }
}

const devicesOf = ({ deviceId, askedFor }: Partial<OpenAttempt>): readonly string[] =>
  [deviceId, askedFor].filter((id) => id !== undefined);

const askerKey = ({ user = '' }: Asker, deviceId: string): string => JSON.stringify([user.toLowerCase(), deviceId]);
