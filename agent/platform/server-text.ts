import type { HttpAnswer } from '../model/ports.js';

/** Longest part of a server's text that is repeated. */
const mostShown = 200;
const mostRead = 4096;

/**
 * What a server says to a person in the body of a refusal: the message of an error in JSON, the title of a page, or the beginning of a
 * text. Undefined where there is nothing of that.
 */
export function serverText({ headers, body }: Pick<HttpAnswer, 'headers' | 'body'>): string | undefined {
  const text = Buffer.from(body.subarray(0, mostRead)).toString('utf8').trim();
  const type = headers['content-type'] ?? '';
  const found = /json/i.test(type)
    ? messageIn(text)
    : isPage(type, text)
      ? /<title>([^<]*)/i.exec(text)?.[1]
      : plain(text);
  const shown = found?.replace(/\s+/g, ' ').trim().slice(0, mostShown);
  return shown === '' ? undefined : shown;
}

const isPage = (type: string, text: string): boolean => /html/i.test(type) || /^<(?:!doctype|html)/i.test(text);

/** Bytes that are no text are nobody's words; neither is a document of the protocol. */
const plain = (text: string): string | undefined => (/^<|[\0-\x08\ufffd]/.test(text) ? undefined : text);

function messageIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const error = fieldOf(value, 'error');
    const message = fieldOf(error, 'message') ?? fieldOf(value, 'message') ?? error;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
