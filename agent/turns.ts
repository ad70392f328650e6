import { interrupted, onAbort, throwIfInterrupted } from '../base/abort.js';

/** One at a time, first come first served. */
export class Turns {
  #isTaken = false;
  #waiting: (() => void)[] | undefined;

  /** Resolves when it is the caller's turn, with the function that ends it. Throws INTERRUPTED when aborted before. */
  take(signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      throwIfInterrupted(signal);
      let forget: (() => void) | undefined;
      const begin = (): void => {
        forget?.();
        this.#isTaken = true;
        resolve(() => this.#end());
      };
      if (!this.#isTaken) {
        begin();
        return;
      }
      this.#waiting ??= [];
      const waiting = this.#waiting;
      waiting.push(begin);
      if (signal !== undefined)
        forget = onAbort(signal, () => {
          const at = waiting.indexOf(begin);
          if (at >= 0) waiting.splice(at, 1);
          reject(interrupted(signal));
        });
    });
  }

  #end(): void {
    const next = this.#waiting?.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
