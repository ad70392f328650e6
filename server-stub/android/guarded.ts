// The one place that turns a failure at an endpoint into the server's own answer, and logs it.
import { isRollcallError, type RollcallError } from '../../base/errors.js';
import { messages } from '../../protocol/headwind/messages.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { error, page, unreadable } from './answers.js';
import type { AndroidContext } from './context.js';

type Handler = (request: StubRequest) => StubAnswer | Promise<StubAnswer>;

/** Runs a handler; what it throws as a refusal becomes the server's answer, anything else is a bug or the disk's and goes on. */
export function guarded(context: Pick<AndroidContext, 'log'>, handle: Handler): Handler {
  return async (request) => {
    try {
      return await handle(request);
    } catch (failure) {
      if (!isRollcallError(failure)) throw failure;
      const answer = answerTo(failure);
      if (answer === undefined) throw failure;
      return refuse(context, request, failure.message, answer, failure.code);
    }
  };
}

/** By the code of the failure. The server's JSON reader answers with a text, its resources with an envelope in a 200. */
function answerTo({ code, details, message }: RollcallError): StubAnswer | undefined {
  switch (code) {
    case 'HEADWIND_MALFORMED':
      return unreadable(message);
    case 'ENROLLMENT_REFUSED':
      return error(wordOf(details['refusal']), details['refusal']);
    case 'DEVICE_UNKNOWN':
      return error(messages.notFound);
    case 'DEVICE_IDENTITY': // M2, by convention: what a server says to whom it does not believe
      return error(messages.denied);
    case 'CHECKIN_UNAVAILABLE':
    case 'REQUEST_INVALID':
    case 'MESSAGE_REFUSED':
      return error(messages.internal);
    default:
      return undefined;
  }
}

/** What a server says where it has a word for it: who is enrolled already, and the limit of a licence. */
function wordOf(refusal: unknown): string {
  const code = typeof refusal === 'object' && refusal !== null && 'code' in refusal ? refusal.code : undefined;
  if (code === 'E03') return messages.duplicate;
  return code === 'E17' ? messages.notFound : messages.denied;
}

/** Text of strangers in a log line. */
const shownLength = 200;

/** Answers so, with one line in the log. */
export function refuse(
  { log }: Pick<AndroidContext, 'log'>,
  { method, path, remote }: StubRequest,
  reason: string,
  answer: StubAnswer,
  code = 'MESSAGE_REFUSED',
): StubAnswer {
  log.warn(code, {
    method,
    path: path.slice(0, shownLength),
    status: answer.status,
    reason: reason.slice(0, shownLength),
    remote,
  });
  return answer;
}

/** What JAX-RS lets a resource read that consumes JSON; the answer where it does not. */
export function refuseType(context: Pick<AndroidContext, 'log'>, request: StubRequest): StubAnswer | undefined {
  const given = request.headers['content-type'];
  if (given === undefined && request.body.length === 0) return undefined;
  const type = given?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/json' ? undefined : refuse(context, request, 'the body is no JSON', page(415));
}

/** No body, or `null`: what the server reads of it is not there. */
export const isNothing = (body: Buffer): boolean =>
  body.length === 0 || (body.length < 100 && /^\s*null\s*$/.test(body.toString('utf8')));
