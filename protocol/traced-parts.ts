// Addresses and headers of an exchange, as they may be shown.
import { isSecretName } from '../base/secret-names.js';
import type { TracedExchange } from '../base/trace.js';
import { isSignature, withoutSecretText } from './printing/masked-text.js';
import { secretMark } from './printing/printer.js';

/** The value of Content-Type, whatever the spelling of its name. */
export function contentTypeOf(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
}

const maxHeader = 300;

/** The value of a header as it may be shown: of credentials the scheme alone, of a known one its summary. */
export function maskedHeader(name: string, value: string): string {
  if (isSecretName(name)) {
    const [, scheme] = /^([A-Za-z][\w-]{0,30}) +\S/.exec(value) ?? [];
    return /authorization$/i.test(name) && scheme !== undefined ? `${scheme} ${secretMark}` : secretMark;
  }
  const shown = /^(?:content-)?location$|^referer$/i.test(name)
    ? maskedUrl(value)
    : withoutSecretText(value.slice(0, 4096));
  return shown.length > maxHeader ? `${shown.slice(0, maxHeader)}... (${value.length} characters)` : shown;
}

/** Of a value in an address that is longer, such as a SCEP message or a push token, only the beginning is shown. */
const maxPart = 64;

/**
 * An address as it may be shown: without user and password, without the values of parameters that have the name of a secret;
 * long parts, which are tokens or messages, by their beginning.
 */
export function maskedUrl(url: string): string {
  const [, start = '', path = '', query, fragment] =
    /^((?:[A-Za-z][\w+.-]*:)?(?:\/\/[^/?#]*)?)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(url.slice(0, 16_384)) ?? [];
  const shownPath = path
    .split('/')
    .map((part) => (part.length >= 40 && /^[\w-]+$/.test(part) && /\d/.test(part) ? `${part.slice(0, 8)}...` : part))
    .join('/');
  const place = start.replace(/\/\/.*@/s, `//${secretMark}@`) + shownPath;
  const shownQuery = query === undefined ? '' : `?${query.split('&').map(maskedParameter).join('&')}`;
  return place + shownQuery + (fragment === undefined ? '' : `#${fragment.split('&').map(maskedParameter).join('&')}`);
}

function maskedParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  if (equals === -1) return short(parameter);
  const name = parameter.slice(0, equals);
  const value = parameter.slice(equals + 1);
  const decoded = plain(name);
  const isHidden = isSecretName(decoded) || isSignature(decoded);
  return `${short(name)}=${isHidden ? secretMark : short(withoutSecretText(value))}`;
}

const short = (text: string): string =>
  text.length > 2 * maxPart ? `${text.slice(0, maxPart)}... (${text.length} characters)` : text;

function plain(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Why there was no usable answer, in one line; also that the request never left, where the connection was given up before. */
export function failureText({ code, message }: Pick<TracedExchange, 'code' | 'message'>): string | undefined {
  if (code === undefined) return undefined;
  const unsent = /^TLS_|^CERTIFICATE_ASKED$/.test(code) ? ' (the request was not sent)' : '';
  return `${code}${message === undefined ? '' : `: ${withoutSecretText(message)}`}${unsent}`;
}
