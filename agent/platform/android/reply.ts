// What the server answered, in the words in which launcher 6.36 shows it (specs/android.md §1.1, §0a.7, §0a.30), and what to do.
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import { isObject, type JsonValue } from '../../../base/json.js';
import { shownAddress } from '../../../base/shown-address.js';
import { visibleLine } from '../../../base/terminal.js';
import { type Reply, readReply } from '../../../protocol/headwind/envelope.js';
import { messages } from '../../../protocol/headwind/messages.js';
import { agentError } from '../../errors.js';
import type { HttpAnswer } from '../../model/ports.js';

/** Longest part of a server's text that a message repeats. */
const mostShown = 200;

export const isSuccessful = ({ status }: Pick<HttpAnswer, 'status'>): boolean => status >= 200 && status < 300;

/** AUTHORITY_BUSY: the launcher takes every answer that it cannot use for a failure of the network, and asks again. */
export function unusable(
  answer: HttpAnswer,
  said: string,
  context: { readonly hint?: string; readonly cause?: unknown } = {},
) {
  const url = shownAddress(answer.url);
  return agentError('AUTHORITY_BUSY', `${url}: ${said}`, { ...context, details: { status: answer.status, url, said } });
}

/** The error of a status that is no success. */
export function statusRefusal(answer: HttpAnswer): RollcallError {
  const text = textOf(answer);
  const hint = statusHints[answer.status];
  return unusable(
    answer,
    `HTTP status: ${answer.status}${text === '' ? '' : `, ${text}`}`,
    hint === undefined ? {} : { hint },
  );
}

const statusHints: Readonly<Record<number, string>> = {
  400: 'The server could not read the request: a field of the wrong type, or a device number that its web server does not let into an address.',
  401: 'This address is for people who have signed in: look at the server’s address and its project.',
  403: 'The server refuses this device’s signature or its address: give the shared secret that the server has (hash.secret).',
  404: 'Nothing is there: look at the project (the server’s context path), or the plugin is not installed.',
  415: 'The server does not take the content type: what stands in front of it changes the request.',
  500: 'The server failed; its own log says at what. For a QR code it answers so when it does not know the key.',
};

/** The title of a page, or the beginning of a text, for people. */
function textOf({ headers, body }: HttpAnswer): string {
  const text = Buffer.from(body.subarray(0, 4096)).toString('utf8');
  const isPage = /html/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)/i.test(text);
  const title = isPage ? /<title>([^<]*)/i.exec(text)?.[1] : text;
  return visibleLine((title ?? 'a web page').trim().slice(0, mostShown));
}

/** The envelope of an answer. Throws AUTHORITY_BUSY for any status but success, and for what is no envelope. */
export function replyIn(answer: HttpAnswer): Reply {
  if (!isSuccessful(answer)) throw statusRefusal(answer);
  try {
    return readReply(answer.body);
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    throw unusable(answer, `HTTP status: ${answer.status}, Failed to parse JSON: ${cause.message}`, {
      cause,
      hint: 'The address answers with something else than a Headwind server does: look at what stands in front of it.',
    });
  }
}

/** The error of a reply that says anything but OK. */
export function replyRefusal(answer: HttpAnswer, { status, message, data }: Reply): RollcallError {
  const word = message === null ? 'none' : visibleLine(message.slice(0, mostShown));
  const said = `JSON status: ${visibleLine(status.slice(0, mostShown))}, JSON message: ${word}`;
  const url = shownAddress(answer.url);
  if (message === messages.notFound)
    return agentError('CHECKIN_REFUSED', `${url}: ${said}`, {
      details: { status: answer.status, url, said, message, refusal: data ?? null },
    });
  const hint = message === null ? undefined : hints[message];
  return agentError('AUTHORITY_BUSY', `${url}: ${said}`, {
    ...(hint === undefined ? {} : { hint }),
    details: {
      status: answer.status,
      url,
      said,
      ...(message === null ? {} : { message: word }),
      refusal: data ?? null,
    },
  });
}

const hints: Readonly<Record<string, string>> = {
  [messages.denied]:
    'The server does not take the signature of the request (secure.enrollment=1): give the shared secret that it has (hash.secret).',
  [messages.internal]:
    'The server failed; its own log says at what. It does so, too, where two devices have reported the IMEI or serial number that is asked for, where a device asks again while its first request, which was given up, is still creating it, and where a value of a variable has a “$”.',
  [messages.duplicate]:
    'A device of this number has enrolled already (prevent.duplicate.enrollment): delete it there first.',
  [messages.disabled]: 'The plugin is switched off at the server.',
};

/** The data of a reply that says OK. Throws CHECKIN_REFUSED for error.notfound.device, AUTHORITY_BUSY for all else. */
export function dataOf(answer: HttpAnswer): Reply {
  const reply = replyIn(answer);
  if (reply.status !== 'OK') throw replyRefusal(answer, reply);
  return reply;
}

/** The refusal of an answer that says why, by convention; undefined of any other. */
export function reasonedRefusal(answer: HttpAnswer): RollcallError | undefined {
  try {
    const reply = replyIn(answer);
    return reply.status === 'OK' || readReasons(reply.data) === undefined ? undefined : replyRefusal(answer, reply);
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return undefined;
  }
}

/** By convention: why our own server refuses, in one line for people. */
export function whyOf(data: JsonValue | undefined): string | undefined {
  const { code = '', failureReason: why } = readReasons(data) ?? {};
  if (why === undefined) return undefined;
  return visibleLine(/^E\d\d$/.test(code) ? `${code}: ${why}` : why);
}

const reasonKeys = ['code', 'failureCategory', 'failureReason', 'remedies'];

/** By convention: why our own server refuses, in the `data` of its ERROR reply. */
export function readReasons(data: JsonValue | undefined): Record<string, string> | undefined {
  if (!isObject(data) || typeof data['code'] !== 'string') return undefined;
  return Object.fromEntries(
    reasonKeys.flatMap((key) => {
      const value = data[key];
      return typeof value === 'string' ? [[key, value.slice(0, 1000)]] : [];
    }),
  );
}
