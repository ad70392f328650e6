/** That a device has something to do on its own account, and who wants to know. */
export class Due {
  private isDue = false;
  /** Told whenever something changed that a living device acts upon. */
  private watchers: Set<() => void> | undefined;

  get isSet(): boolean {
    return this.isDue;
  }

  /** True if something is to be done, and then no longer. */
  take(): boolean {
    const { isDue } = this;
    this.isDue = false;
    return isDue;
  }

  become(): void {
    this.isDue = true;
    this.changed();
  }

  changed(): void {
    if (this.watchers !== undefined) for (const call of this.watchers) call();
  }

  get isWatched(): boolean {
    return this.watchers !== undefined;
  }

  watch(call: () => void): void {
    this.watchers ??= new Set();
    this.watchers.add(call);
  }

  unwatch(call: () => void): void {
    this.watchers?.delete(call);
    if (this.watchers?.size === 0) this.watchers = undefined;
  }
}
