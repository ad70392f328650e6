import { realClock } from '../../../base/clock.js';
import { asError } from '../../../base/errors.js';
import { agentError } from '../../errors.js';
import type { Http, HttpAnswer, HttpRequest, HttpSession, WakeAsk } from '../../model/ports.js';
import { BackOff } from './back-off.js';
import type { OpenWay, WakeWay, WayEvents, WayPorts } from './way.js';

/** How one poll went: an answer of any status, or what the transport threw (TRANSPORT_LOST when its time was over). */
export type PollOutcome = { readonly answer: HttpAnswer } | { readonly error: unknown };

/** What one answer to a poll means. */
export interface PollVerdict {
  /** What woke the device, in order. */
  readonly payloads: readonly string[];
  /** The pause before the next poll, in milliseconds. Absent: the service is in trouble, and is left alone longer each time. */
  readonly pauseMs?: number;
  /** The poll failed, though the pause after it is a fixed one: it is logged. */
  readonly isTrouble?: true;
  /** Why, where the outcome does not say. */
  readonly error?: Error;
}

/** How a device polls: its request, and what an answer to it means. */
export interface LongPollOptions extends WayPorts {
  /** Its own time-out must be longer than the service holds a poll back. */
  readonly http: Http;
  /** The request of one poll. Pure: its signature and address come from the ask. */
  request(ask: WakeAsk): Omit<HttpRequest, 'signal'>;
  /** Where the same is asked at once when no answer came: its outcome is the poll's. Pure. */
  otherwise?(ask: WakeAsk): Omit<HttpRequest, 'signal'> | undefined;
  /** The platform's: what an answer, a status, a time-out means. Pure. */
  judge(outcome: PollOutcome, ask: WakeAsk): PollVerdict;
  /** The most devices there may be: beyond it `add` throws PUSH_LOST. Default 50 000. */
  readonly maxPolls?: number;
}

/** A request of each device's own that the service holds back until there is something to say, made again for ever. */
export const longPoll =
  (options: LongPollOptions): OpenWay =>
  (events) =>
    new LongPoll(options, events);

interface Poll {
  ask: WakeAsk;
  /** The last one failed, and that has been told. */
  isLost: boolean;
  readonly ending: AbortController;
}

class LongPoll implements WakeWay {
  readonly #options: LongPollOptions;
  readonly #events: WayEvents;
  readonly #polls = new Map<string, Poll>();
  #isClosed = false;

  constructor(options: LongPollOptions, events: WayEvents) {
    this.#options = options;
    this.#events = events;
  }

  add(ask: WakeAsk): void {
    const { maxPolls = 50_000 } = this.#options;
    const present = this.#polls.get(ask.address);
    if (present !== undefined) {
      present.ask = ask;
      if (present.isLost) setImmediate(() => this.#events.ready(ask.address));
      return;
    }
    if (this.#isClosed || this.#polls.size >= maxPolls)
      throw agentError('PUSH_LOST', `no more than ${maxPolls} long polls for wake-ups`);
    const poll = { ask, isLost: false, ending: new AbortController() };
    this.#polls.set(ask.address, poll);
    setImmediate(() => void this.#run(poll));
  }

  remove(address: string): void {
    this.#polls.get(address)?.ending.abort(new Error('not to be woken any more'));
    this.#polls.delete(address);
  }

  pause(address: string): void {
    this.remove(address);
  }

  close(): void {
    this.#isClosed = true;
    for (const address of [...this.#polls.keys()]) this.remove(address);
  }

  /** Ready as soon as it polls: an answer would come no sooner than the first wake-up. */
  async #run(poll: Poll): Promise<void> {
    const { clock = realClock, http, log, random } = this.#options;
    const { signal } = poll.ending;
    if (signal.aborted) return;
    const backOff = new BackOff(random);
    const session = http.open();
    this.#events.ready(poll.ask.address);
    while (!signal.aborted) {
      try {
        await this.#once(session, poll, backOff);
      } catch (error) {
        if (signal.aborted) break;
        // One answer that the platform's judge cannot take does not end the polls after it.
        log.error('BUG', { during: 'long poll', error: asError(error) });
        await clock.sleep(backOff.nextMs(), signal).catch(() => {});
      }
    }
    session.close();
  }

  /** One poll and the pause after it. Throws what the platform's functions throw, and the signal's reason. */
  async #once(session: HttpSession, poll: Poll, backOff: BackOff): Promise<void> {
    const { clock = realClock } = this.#options;
    const { ask } = poll;
    const { signal } = poll.ending;
    const outcome = await this.#poll(session, ask, signal);
    if (signal.aborted) return;
    const verdict = this.#options.judge(outcome, ask);
    const { payloads, pauseMs, isTrouble } = verdict;
    for (const payload of payloads) this.#events.received(ask.address, payload);
    if (pauseMs === undefined) {
      const longMs = backOff.nextMs();
      this.#lost(poll, outcome, verdict, longMs);
      await clock.sleep(longMs, signal);
      return;
    }
    if (isTrouble) this.#lost(poll, outcome, verdict, pauseMs);
    else this.#answered(poll);
    if (!(pauseMs >= 0)) throw new RangeError(`a pause of ${pauseMs} ms`);
    backOff.reset();
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
  }

  #lost(poll: Poll, outcome: PollOutcome, verdict: PollVerdict, pauseMs: number): void {
    const { way, address } = poll.ask;
    const why = trouble(outcome, verdict);
    this.#options.log.warn('PUSH_LOST', { way, tokens: 1, pauseMs, ...why });
    poll.isLost = true;
    this.#events.lost?.(address, why.error ?? new Error(`the poll was answered ${why.status}`));
  }

  #answered(poll: Poll): void {
    if (!poll.isLost) return;
    poll.isLost = false;
    this.#events.ready(poll.ask.address);
  }

  async #poll(session: HttpSession, ask: WakeAsk, signal: AbortSignal): Promise<PollOutcome> {
    const first = await tried(session, { ...this.#options.request(ask), signal });
    if ('answer' in first || signal.aborted) return first;
    const other = this.#options.otherwise?.(ask);
    return other === undefined ? first : tried(session, { ...other, signal });
  }
}

async function tried(session: HttpSession, request: HttpRequest): Promise<PollOutcome> {
  try {
    return { answer: await session.request(request) };
  } catch (error) {
    return { error };
  }
}

const trouble = (outcome: PollOutcome, { error }: PollVerdict): { error?: Error; status?: number } => {
  if ('error' in outcome) return { error: asError(outcome.error) };
  return { status: outcome.answer.status, ...(error === undefined ? {} : { error }) };
};
