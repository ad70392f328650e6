import { interrupted, onAbort } from '../../base/abort.js';

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Callers that wait for a value, first come first served. */
export class Waiters<T> {
  readonly #waiting = new Set<Waiter<T>>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves when it is this caller's turn. Rejects with INTERRUPTED when the signal is aborted before. */
  wait(signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(interrupted(signal));
        return;
      }
      let forget: (() => void) | undefined;
      const waiter: Waiter<T> = {
        resolve(value) {
          forget?.();
          resolve(value);
        },
        reject(error) {
          forget?.();
          reject(error);
        },
      };
      this.#waiting.add(waiter);
      if (signal !== undefined)
        forget = onAbort(signal, () => {
          if (this.#waiting.delete(waiter)) reject(interrupted(signal));
        });
    });
  }

  /** Gives values out for as long as somebody waits and `next` has one. */
  serve(next: () => T | undefined): void {
    for (const waiter of this.#waiting) {
      const value = next();
      if (value === undefined) return;
      this.#waiting.delete(waiter);
      waiter.resolve(value);
    }
  }

  resolveAll(value: T): void {
    for (const waiter of this.#waiting) waiter.resolve(value);
    this.#waiting.clear();
  }

  rejectAll(error: Error): void {
    for (const waiter of this.#waiting) waiter.reject(error);
    this.#waiting.clear();
  }
}
