/** Set while nobody waits, it lets the next one pass who does. For one waiter at a time. */
export class AutoResetEvent {
  #isSet = false;
  #release: (() => void) | undefined;

  set(): void {
    this.#isSet = true;
    this.#release?.();
  }

  /** Resolves once it is set, and resets it. */
  async wait(): Promise<void> {
    if (!this.#isSet)
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
    this.#release = undefined;
    this.#isSet = false;
  }
}
