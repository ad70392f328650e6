// When a person began to enroll (E23): Discover and GetPolicies come without the device's identifier, so that an enrollment is known again
// by who asks and from where.
import type { Clock } from '../../base/clock.js';

/** Beyond it the oldest are forgotten: their enrollments began with their last step, as far as is known. */
const mostBeginnings = 20_000;

export interface Beginnings {
  /** The first step is made. `who`: as a user principal name; empty: nobody is named, and nobody is known again by that. */
  begin(remote: string, who: string): void;
  /** When that was, within the time that an enrollment may take; now, and from now on, where it is not known. */
  since(remote: string, who: string): number;
  /** It has come to its end. */
  end(remote: string, who: string): void;
}

/** `withinMs`: how long an enrollment may take. */
export function createBeginnings(clock: Clock, withinMs: () => number): Beginnings {
  const starts = new Map<string, number>();
  const keyOf = (remote: string, who: string): string => `${remote}\n${who.toLowerCase().slice(0, 256)}`;
  const begin = (remote: string, who: string): void => {
    if (who === '') return; // many may come so from one address
    const key = keyOf(remote, who);
    starts.delete(key); // the newest is the last
    starts.set(key, clock.now());
    const oldest = starts.keys().next().value;
    if (starts.size > mostBeginnings && oldest !== undefined) starts.delete(oldest);
  };
  return {
    begin,
    since(remote, who) {
      const at = starts.get(keyOf(remote, who));
      const now = clock.now();
      if (at !== undefined && at <= now && now - at <= withinMs()) return at;
      begin(remote, who);
      return now;
    },
    end: (remote, who) => void starts.delete(keyOf(remote, who)),
  };
}
