/** Where a push stands: for a device that is away, for one that is connected, or sent and not completed. */
export type Phase = 'kept' | 'waiting' | 'unconfirmed';

/** Counts as `PushProgress` has them. */
export class Tally {
  kept = 0;
  waiting = 0;
  unconfirmed = 0;
  pushed = 0;
  sent = 0;
  repeated = 0;
  confirmed = 0;
  replaced = 0;
  expired = 0;

  /** So many pushes came to a phase, or left it. */
  move(count: number, to: Phase | undefined, from?: Phase): void {
    if (from !== undefined) this[from] -= count;
    if (to !== undefined) this[to] += count;
  }
}
