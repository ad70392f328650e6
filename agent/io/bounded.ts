// How long a request may take with all that it leads on to: redirects, second tries.
import type { Clock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import { shownAddress } from '../../base/shown-address.js';
import { agentError } from '../errors.js';
import type { HttpAnswer, HttpRequest } from '../model/ports.js';

/** How long a request and all that it leads on to may take. */
export class Bound {
  readonly #clock: Clock;
  readonly #until: number;
  /** Less is left than any one request may take: what takes too long now, takes too long for the whole. */
  isNear = false;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#until = clock.now() + ms;
  }

  leastOf(ms: number): number {
    const left = Math.max(0, this.#until - this.#clock.now());
    if (left <= ms) this.isNear = true;
    return Math.min(left, ms);
  }
}

/** Bounds a request and all that it leads on to; `send` is given what is left of its time, where it has a bound. */
export async function within(
  request: HttpRequest,
  clock: Clock,
  send: (bound: Bound | undefined) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const { withinMs, signal } = request;
  if (withinMs === undefined) return await send(undefined);
  const bound = new Bound(clock, withinMs);
  try {
    return await send(bound);
  } catch (error) {
    const isLate = bound.isNear && isRollcallError(error, 'TRANSPORT_LOST') && error.details['reason'] === 'timeout';
    if (!isLate || signal?.aborted === true) throw error;
    const details = { reason: 'timeout', timeoutMs: withinMs };
    throw agentError('TRANSPORT_LOST', `no answer from ${shownAddress(request.url)} in ${withinMs} ms`, { details });
  }
}
