import type { WakeOwner } from '../../agent/index.js';
import type { RollcallError } from '../../base/errors.js';

/** Where a device of the fleet lives, for the wake-up port to tell. */
export class WakePlace implements WakeOwner {
  readonly #index: number;
  readonly #listeners: ReadonlySet<(index: number) => void>;
  readonly #lost: ((error: RollcallError) => void) | undefined;

  constructor(
    index: number,
    listeners: ReadonlySet<(index: number) => void>,
    lost: ((error: RollcallError) => void) | undefined,
  ) {
    this.#index = index;
    this.#listeners = listeners;
    this.#lost = lost;
  }

  lost(error: RollcallError): void {
    this.#lost?.(error);
  }

  woken(): void {
    for (const listener of this.#listeners) listener(this.#index);
  }
}
