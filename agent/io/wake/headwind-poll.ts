import { isRollcallError } from '../../../base/errors.js';
import { readPollReply } from '../../../protocol/headwind/polling.js';
import { pushTextOf, readPolledMessage } from '../../../protocol/headwind/push-text.js';
import { agentError } from '../../errors.js';
import type { HttpAnswer, HttpRequest, WakeAsk } from '../../model/ports.js';
import { type LongPollOptions, longPoll, type PollOutcome, type PollVerdict } from './long-poll.js';
import type { OpenWay } from './way.js';

/** What both polls need; a long poll waits for an answer for `longPollReadMs`, which its `http` must allow. */
type HeadwindPollOptions = Omit<LongPollOptions, 'request' | 'judge' | 'otherwise'>;

/** How long launcher 6.36 waits for the answer of a long poll. */
export const longPollReadMs = 300_000;

const afterAnswerMs = 5_000;
const afterExceptionMs = 60_000;
const usualEveryMs = 900_000;

/**
 * The long poll of launcher 6.36: `GET .../rest/notification/polling/{number}`. The ask's data: `url`, the whole address; `signature`,
 * which goes into X-Request-Signature; `secondUrl`, where there is one, asked once where the first gave no answer. HTTP 500 is how the
 * server says that there is nothing.
 */
export const headwindPoll = (options: HeadwindPollOptions): OpenWay =>
  longPoll({ ...options, request, otherwise, judge: judgeLongPoll });

/**
 * The older poll, which is answered at once: `GET .../rest/notifications/device/{number}`, every `everyMs` (15 minutes without it).
 * Launcher 6.36 has it and does not use it; of several messages of one kind its code would take the last alone, here all count.
 */
export const headwindLegacyPoll = (options: HeadwindPollOptions): OpenWay =>
  longPoll({ ...options, request, otherwise, judge: judgeLegacyPoll });

/** As the launcher's HTTP client names itself, and what it unpacks. */
const okhttp = { 'User-Agent': 'okhttp/4.12.0', 'Accept-Encoding': 'gzip' } as const;

const requestTo = ({ data = {} }: WakeAsk, name: 'url' | 'secondUrl'): Omit<HttpRequest, 'signal'> | undefined => {
  const { [name]: url, signature } = data;
  if (typeof url !== 'string') return undefined;
  return {
    operation: 'notification/polling',
    method: 'GET',
    url,
    headers: { ...okhttp, ...(typeof signature === 'string' ? { 'X-Request-Signature': signature } : {}) },
  };
};

function request(ask: WakeAsk): Omit<HttpRequest, 'signal'> {
  const made = requestTo(ask, 'url');
  if (made === undefined) throw agentError('PUSH_LOST', 'no address to poll');
  return made;
}

const otherwise = (ask: WakeAsk) => requestTo(ask, 'secondUrl');

function judgeLongPoll(outcome: PollOutcome): PollVerdict {
  if ('error' in outcome) return lost(afterExceptionMs);
  const { status } = outcome.answer;
  if (status >= 400 && status < 500)
    return {
      ...lost(afterExceptionMs + afterAnswerMs),
      error: new Error(refusals[status] ?? `it was answered ${status}`),
    };
  return answered(outcome.answer, afterAnswerMs, afterExceptionMs);
}

function judgeLegacyPoll(outcome: PollOutcome, { data = {} }: WakeAsk): PollVerdict {
  const { everyMs } = data;
  const pauseMs = typeof everyMs === 'number' && everyMs > 0 ? everyMs : usualEveryMs;
  if ('error' in outcome || !isSuccess(outcome.answer)) return lost(pauseMs);
  return answered(outcome.answer, pauseMs, pauseMs);
}

const refusals: Readonly<Record<number, string>> = {
  403: 'the poll was answered 403: the server takes its signature for wrong, as it does those of launcher 6.36 below a context path',
  404: 'the poll was answered 404: the server has no device of this number',
};

const isSuccess = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;
const lost = (pauseMs: number): PollVerdict => ({ payloads: [], pauseMs, isTrouble: true });

/** What cannot be read is an exception to the launcher, as is a connection that was lost. */
function answered(answer: HttpAnswer, pauseMs: number, unreadableMs: number): PollVerdict {
  if (!isSuccess(answer)) return { payloads: [], pauseMs };
  try {
    return { payloads: payloadsIn(answer.body), pauseMs };
  } catch (error) {
    if (!isRollcallError(error, 'HEADWIND_MALFORMED')) throw error;
    return { ...lost(unreadableMs), error };
  }
}

/** Several `configUpdated` of one reply are one. */
function payloadsIn(body: Uint8Array): string[] {
  let isUpdated = false;
  return (readPollReply(body) ?? []).flatMap((message) => {
    const { messageType } = message;
    if (messageType === 'configUpdated') {
      if (isUpdated) return [];
      isUpdated = true;
    }
    return [pushTextOf(readPolledMessage(message))];
  });
}
