import type { HttpAnswer } from '../model/ports.js';

/** Longest part of a server's text that is repeated. */
const mostShown = 200;
const mostRead = 65_536;

/**
 * What a server says to a person in the body of a refusal: the message of an error in JSON, the title of a page, or the beginning of a
 * text. Undefined where there is nothing of that.
 */
export function serverText({ headers, body }: Pick<HttpAnswer, 'headers' | 'body'>): string | undefined {
  const text = new TextDecoder().decode(body.subarray(0, mostRead), { stream: true }).trim(); // a character may be cut off
  const type = headers['content-type'] ?? '';
  const found = /json/i.test(type)
    ? messageIn(text)
    : isPage(type, text)
      ? /<title>([^<]*)/i.exec(text)?.[1]
      : plain(text);
  const shown = found?.replace(/\s+/g, ' ').trim().slice(0, mostShown).replace(halfPair, '');
  return shown === '' ? undefined : shown;
}

const halfPair = /[\ud800-\udbff]$/;

const isPage = (type: string, text: string): boolean => /html/i.test(type) || /^<(?:!doctype|html)/i.test(text);

/** Bytes that are no text are nobody's words; neither is a document of the protocol. */
const plain = (text: string): string | undefined => (/^<|[\0-\x08\ufffd]/.test(text) ? undefined : text);

function messageIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const error = fieldOf(value, 'error');
    const description = fieldOf(value, 'error_description'); // RFC 6749 section 5.2
    const problem = fieldOf(value, 'detail') ?? fieldOf(value, 'title'); // RFC 9457
    const all = [fieldOf(error, 'message'), fieldOf(value, 'message'), description, error, problem];
    return all.find((each) => typeof each === 'string');
  } catch {
    return undefined;
  }
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
