// How an exchange is shown to people: one line that says what it was, then headers and bodies of both ways, secrets masked.
import type { Trace, TracedExchange, TracedMessage, TraceForm, TraceLine } from '../base/trace.js';
import { harEntry } from './har.js';
import { printMqttPacket } from './headwind/mqtt-printer.js';
import { printBody, printHeader } from './printers.js';
import { indented } from './printing/printer.js';
import { contentTypeOf, failureText, maskedHeader, maskedUrl } from './traced-parts.js';

/** Exchanges as lines and as entries of a HAR file. */
export const traceForm: TraceForm = { exchange: exchangeLines, message: messageLines, summary, har: harEntry };

/**
 * A trace that writes text, each exchange in one call, secrets masked; for tests of one's own, where `openTrace` is for files.
 *
 * @example
 * const { ports, close } = await createPorts({ ca, trace: textTrace((text) => process.stderr.write(text)) });
 */
export function textTrace(write: (text: string) => void): Trace {
  const say = (lines: readonly TraceLine[]): void => write(lines.map(({ text }) => `${text}\n`).join(''));
  return {
    exchanged: (exchange) => say(exchangeLines(exchange)),
    messaged: (message) => say(messageLines(message)),
  };
}

function exchangeLines(exchange: TracedExchange): readonly TraceLine[] {
  const { status, code, requestHeaders, requestBody, responseHeaders, responseBody } = exchange;
  const isGood = status !== undefined && status < 400 && code === undefined;
  const answer = responseHeaders === undefined ? [] : half('<', responseHeaders, responseBody);
  const failure = failureText(exchange);
  const failed = failure === undefined ? [] : [`! ${failure}`];
  return [
    { text: firstLine(exchange), colour: isGood ? 'green' : 'red' },
    ...quietHeaders(half('>', requestHeaders, requestBody)),
    ...quietHeaders(answer),
    ...failed.map((text) => ({ text, colour: 'red' as const })),
    { text: '' },
  ];
}

function summary({ method, url, status, code, totalMs, remote }: TracedExchange): ReturnType<TraceForm['summary']> {
  return { method, url: maskedUrl(url), status, code, tookMs: Math.round(totalMs), remote };
}

function firstLine(exchange: TracedExchange): string {
  const { side, startedAt, method, url, remote, status, code } = exchange;
  const at = new Date(startedAt).toISOString();
  const peer = remote === undefined ? '' : side === 'server' ? ` from ${remote}` : ` at ${remote}`;
  return `${at} ${side} ${method} ${maskedUrl(url)} ${status ?? code ?? 'no answer'} ${times(exchange)}${peer}`;
}

function times({ connectMs, tlsMs, ttfbMs, totalMs }: TracedExchange): string {
  const parts = [
    ...(connectMs === undefined ? [] : [`connect ${ms(connectMs)}`]),
    ...(tlsMs === undefined ? [] : [`TLS ${ms(tlsMs)}`]),
    ...(ttfbMs === undefined ? [] : [`first byte ${ms(ttfbMs)}`]),
  ];
  return `${ms(totalMs)} ms${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

const isHeader = Symbol('header');
type HalfLine = { readonly text: string; readonly [isHeader]: boolean };

/** Request or answer: headers, an empty line, the body. */
function half(
  sign: '>' | '<',
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
): readonly HalfLine[] {
  const shown = Object.entries(headers).flatMap(([name, value]) => headerLines(name, value));
  const printed = body === undefined ? [] : printBody(contentTypeOf(headers), body);
  return [
    ...shown.map((text) => ({ text: `${sign} ${text}`, [isHeader]: true })),
    ...(printed.length === 0 ? [] : [{ text: sign, [isHeader]: true }]),
    ...printed.map((text) => ({ text: `${sign}   ${text}`, [isHeader]: false })),
  ];
}

const quietHeaders = (lines: readonly HalfLine[]): readonly TraceLine[] =>
  lines.map(({ text, [isHeader]: quiet }) => (quiet ? { text, colour: 'grey' } : { text }));

function headerLines(name: string, value: string): readonly string[] {
  const printed = printHeader(name, value);
  if (printed === undefined) return [`${name}: ${maskedHeader(name, value)}`];
  const [first = '', ...rest] = printed;
  return [`${name}: ${first}`, ...indented(rest)];
}

/** One line: a notification is short. Octets of MQTT are one control packet. */
function messageLines({ side, at, url, direction, body }: TracedMessage): readonly TraceLine[] {
  const isMqtt = /^mqtts?:/.test(url);
  const text = isMqtt ? printMqttPacket(body) : printBody('', body).join(' ').replace(/ +/g, ' ');
  const sign = direction === 'sent' ? '->' : '<-';
  const shown = text.length > 400 ? `${text.slice(0, 400)}... (${body.length} bytes)` : text;
  return [
    {
      text: `${new Date(at).toISOString()} ${side} ${isMqtt ? 'MQTT' : 'WebSocket'} ${maskedUrl(url)} ${sign} ${shown}`,
      colour: 'grey',
    },
  ];
}
