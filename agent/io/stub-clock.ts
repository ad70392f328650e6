// The stub's clock, for devices that live by it: a convention of this project. No protocol tells a device the time like this.
import { z } from 'zod';
import { type Clock, realClock } from '../../base/clock.js';
import { asError, isRollcallError } from '../../base/errors.js';
import { type Log, silentLog } from '../../base/log.js';
import { MovableClock } from '../../base/movable-clock.js';
import { type Authority, authorities } from '../../protocol/vocabulary.js';
import { agentError } from '../errors.js';
import type { Switches } from '../model/ownership.js';
import type { HttpSession } from '../model/ports.js';
import { createHttp } from './http.js';
import { trustOf } from './tls/server-checks.js';

/** Whose clock is followed. */
export interface FollowOptions {
  /** The stub authority: scheme, host and port; `RunningAuthority.url`. http:// too. */
  readonly url: string;
  /** PEM of its CA. Whether the server's certificate is valid today is not asked: this is how the device comes to know. */
  readonly ca?: string | readonly string[];
  readonly log?: Log;
  /** Of the pace between two answers and of the network. Default: the real one. */
  readonly networkClock?: Clock;
}

/**
 * A clock that goes as the stub's does, until it is closed; then it goes on at the pace that it has. Devices hold it while they are
 * in a session: the stub moves on when they have come to its end.
 */
export interface FollowedClock extends Clock {
  /** What was told with the time: by it a device knows when its profiles end that it has not heard of (A23). */
  readonly switches: Switches;
  hold(): () => void;
  close(): void;
}

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const authority = z.enum(Object.keys(authorities) as [Authority, ...Authority[]]);
const answerSchema = z.object({
  now: moment,
  scale: z.number().min(0).max(1_000_000),
  changes: z.number().int().min(0),
  profileGraceMs: z.number().min(0).default(0),
  switches: z
    .array(z.object({ at: moment, from: authority, to: authority }))
    .max(100)
    .default([]),
});
type Answer = z.output<typeof answerSchema>;

/** A count of changes that no stub has: it answers at once, and knows from then on that it is followed. */
const nothing = 999_999_999_999_999;
/** The stub holds a question for 30 s. */
const askMs = 45_000;
const againMs = 1000;
/** After a failure it is asked again so soon, then later and later: a stub that was started anew is followed before its clock is moved. */
const soonMs = 50;
/** The stub is asked while an answer travels: so far ahead of it, in real time, a clock goes on. */
const aheadMs = 5000;
/** A move waits so long for devices that are in a session, in real time; the stub waits a little longer. */
const quietMs = 8000;
/** No stub's clock goes further. */
const latest = Date.UTC(2050, 0, 1);

/**
 * A clock for devices (`PortsOptions.clock`) that goes as the stub's does: real, scaled, or moved by hand. Where the stub moves
 * it, the timers that fall due on the way fire in order, each at its own time, and the stub, which is told when the next one is due,
 * stands at that time until they have. Throws what HTTP throws where the stub does not answer at first, ANSWER_MALFORMED where it is
 * none.
 *
 * @example
 * const clock = await followClock({ url: authority.url, ca: authority.caPem });
 * const { ports, close } = await createPorts({ clock, ca: authority.caPem, pushUrl: authority.pushUrl });
 */
export async function followClock(options: FollowOptions): Promise<FollowedClock> {
  const http = createHttp({ ...(options.ca === undefined ? {} : { ca: options.ca }), allowHttp: true });
  const session = http.open({ server: { ...trustOf(undefined, realClock.now), ignoresDates: true } });
  try {
    return new StubClock(session, await ask(session, options.url, nothing, 'none'), options);
  } catch (error) {
    session.close();
    throw error;
  }
}

class StubClock extends MovableClock implements FollowedClock {
  readonly #options: FollowOptions;
  readonly #networkClock: Clock;
  readonly #session: HttpSession;
  readonly #closing = new AbortController();
  switches: Switches;

  constructor(session: HttpSession, answer: Answer, options: FollowOptions) {
    const { now, scale, changes } = answer;
    const { networkClock = realClock } = options;
    super({ base: networkClock, at: now, scale });
    this.#options = options;
    this.#networkClock = networkClock;
    this.#session = session;
    this.switches = answer;
    void this.#follow(changes);
  }

  close(): void {
    this.#closing.abort(new Error('the clock is followed no longer'));
    this.#session.close();
  }

  async #follow(first: number): Promise<void> {
    const { signal } = this.#closing;
    const { url, log = silentLog } = this.#options;
    let known = first;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const asked = this.#networkClock.now();
        const answer: Answer = await ask(this.#session, url, known, this.#next(), signal);
        if (answer.changes !== known) await this.quiet({ withinMs: quietMs, signal });
        await this.#become(answer);
        // What was due then has come to its end, and says when it is due again.
        if (answer.changes !== known) await this.quiet({ withinMs: quietMs, signal });
        const isHeld = answer.changes !== known || this.#networkClock.now() - asked >= againMs;
        if (!isHeld) await this.#networkClock.sleep(againMs, signal).catch(() => {});
        known = answer.changes;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        log.warn(isRollcallError(error) ? error.code : 'BUG', { during: 'the stub’s clock', error: asError(error) });
        known = nothing;
        await this.#networkClock.sleep(Math.min(againMs, soonMs * 2 ** failures++), signal).catch(() => {});
      }
    }
  }

  /** When something is due by this clock next, as the stub is told. */
  #next(): string {
    const { dueAt } = this;
    return dueAt === undefined || dueAt > latest ? 'none' : new Date(dueAt).toISOString();
  }

  async #become(answer: Answer): Promise<void> {
    const { now, scale } = answer;
    this.switches = answer;
    const ahead = this.now() - now;
    const isOther = ahead > aheadMs * Math.max(1, this.scale, scale);
    if (scale === 0) this.pace(0); // it stands on the way to the next step
    if (isOther) {
      (this.#options.log ?? silentLog).warn('CLOCK_BEHIND', { now: new Date(now).toISOString(), ms: ahead });
      this.show(now); // another stub, of another time
    }
    await this.advanceTo(now);
    this.pace(scale);
  }
}

/** `known`: changes that are known; the answer waits for another, half a minute at most. `next`: when something is due here, or `none`. */
async function ask(
  session: HttpSession,
  url: string,
  known: number,
  next: string,
  signal?: AbortSignal,
): Promise<Answer> {
  const address = new URL('/stub/v1/clock', url);
  address.searchParams.set('changes', String(known));
  address.searchParams.set('next', next);
  const { status, body } = await session.request({
    method: 'GET',
    url: address.href,
    maxBytes: 4096,
    followsRedirects: false,
    withinMs: askMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (status === 503)
    throw agentError('AUTHORITY_BUSY', `${address.origin} answered 503 when it was asked for its clock`);
  const read = status === 200 ? answerSchema.safeParse(parsed(body)) : undefined;
  if (read?.success) return read.data;
  throw agentError(
    'ANSWER_MALFORMED',
    `${address.origin} tells no time: it answered ${status} at ${address.pathname}`,
    {
      hint: 'Only a stub authority of this project has a clock that devices can follow.',
    },
  );
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
