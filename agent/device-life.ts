import { onAbort } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import { isRollcallError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Due } from './due.js';
import type { Random } from './model/ports.js';
import type { Link } from './platform/driver.js';

/** What a living device needs to be asked and told; device.ts answers. */
export interface Body {
  /** The present enrollment, if there is one. */
  link(): Link | undefined;
  isReachable(): boolean;
  readonly due: Due;
  /** Does what is due once its turn has come: nothing, where that was done meanwhile and this is no second try. */
  act(signal: AbortSignal, isAgain: boolean): Promise<unknown>;
  woken(): void;
  readonly log: Log;
}

const maxTries = 6;
const firstPauseMs = 2_000;
const longestPauseMs = 120_000;

/** Answers wake-ups, keeps the schedule and tries again what may be tried again, until aborted. Resolves then. */
export async function live(
  body: Body,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  everyMs: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const bell = new Bell();
  const ring = (): void => bell.ring();
  body.due.watch(ring);
  const forget = onAbort(signal, ring);
  let ears: Ears | undefined;
  let cancelSchedule: (() => void) | undefined;
  try {
    while (!signal.aborted) {
      const link = body.isReachable() ? body.link() : undefined;
      if (ears?.link !== link) {
        ears?.close();
        ears = link === undefined ? undefined : new Ears(link, body, clock); // offline it hears nothing: the service keeps one
      }
      if (everyMs !== undefined && cancelSchedule === undefined)
        cancelSchedule = clock.after(everyMs, () => {
          cancelSchedule = undefined;
          body.due.become();
        });
      if (body.isReachable() && body.due.isSet) await actWithRetries(body, bell, clock, random, signal);
      else await bell.rung();
    }
  } finally {
    ears?.close();
    cancelSchedule?.();
    forget();
    body.due.unwatch(ring);
  }
}

async function actWithRetries(
  body: Body,
  bell: Bell,
  clock: Clock,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await body.act(signal, tries > 1);
      return;
    } catch (error) {
      if (signal.aborted || !isRollcallError(error) || !error.retry) return; // device.ts has told and logged it
      const isLast = tries === maxTries; // until the next wake-up
      if (isLast && body.isReachable()) return;
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1)) * (0.5 + random.fraction() / 2);
      await pause(pauseMs, body, bell, clock, signal);
      if (!body.isReachable()) {
        body.due.become(); // goes on when it is online again
        return;
      }
    }
  }
}

/** Waits, but not once the authority has asked again, the device has gone offline or its life has ended. */
async function pause(ms: number, body: Body, bell: Bell, clock: Clock, signal: AbortSignal): Promise<void> {
  let isOver = false;
  const cancel = clock.after(ms, () => {
    isOver = true;
    bell.ring();
  });
  while (!isOver && !signal.aborted && body.isReachable() && !body.due.take()) await bell.rung();
  cancel();
}

/** Rung while nobody waits, it is heard by the next who does. */
class Bell {
  private isRung = false;
  private hear: (() => void) | undefined;

  ring(): void {
    this.isRung = true;
    this.hear?.();
  }

  async rung(): Promise<void> {
    if (!this.isRung)
      await new Promise<void>((resolve) => {
        this.hear = resolve;
      });
    this.hear = undefined;
    this.isRung = false;
  }
}

const deafMs = 30_000;

/** Listens for wake-ups of one link until closed; when the push service fails it listens again a while later. */
class Ears {
  private readonly closing = new AbortController();

  constructor(
    readonly link: Link,
    private readonly body: Body,
    private readonly clock: Clock,
  ) {
    void this.listen(this.closing.signal);
  }

  close(): void {
    this.closing.abort(new Error('no longer listened for'));
  }

  private async listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const _ of this.link.wakeups(signal)) {
          if (signal.aborted) return;
          this.body.woken();
          this.body.due.become();
        }
      } catch (error) {
        if (signal.aborted) return;
        this.body.log.warn(isRollcallError(error) ? error.code : 'BUG', { during: 'wake-ups', error });
      }
      await this.clock.sleep(deafMs, signal).catch(() => {});
    }
  }
}
