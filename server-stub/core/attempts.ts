// Attempts to enroll whose first step was made and whose last was not (E01), of the platforms that are watched.
import type { OpenAttempt } from './admission-types.js';
import type { Timeouts } from './timeouts.js';

/** Beyond it the oldest fail (E01), so that nobody fills the memory by asking for profiles. */
export const mostAttempts = 200_000;

/** By their ids and by the devices that have presented themselves. What is changed here its caller stores. */
export class Attempts {
  readonly #byId = new Map<string, OpenAttempt>();
  readonly #byDevice = new Map<string, string>();
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

  /** The one that was begun first. */
  get oldest(): OpenAttempt | undefined {
    return this.#byId.values().next().value;
  }

  /** A new one, or another word of one that is known. Those that are restored must come oldest first. */
  put(attempt: OpenAttempt): void {
    const { id, deviceId, startedAt } = attempt;
    if (!this.#byId.has(id)) this.#due.seen(id, startedAt);
    this.#byId.set(id, attempt);
    if (deviceId !== undefined) this.#byDevice.set(deviceId, id);
  }

  forget(id: string): void {
    const attempt = this.#byId.get(id);
    if (attempt === undefined) return;
    this.#byId.delete(id);
    this.#due.forget(id);
    const { deviceId } = attempt;
    if (deviceId !== undefined && this.#byDevice.get(deviceId) === id) this.#byDevice.delete(deviceId);
  }
}
