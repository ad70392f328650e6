// HTTP Archive 1.2, as browsers and proxies read it (http://www.softwareishard.com/blog/har-12-spec/). What is in the entries is
// masked as in the text: bodies are what people read of them, not the bytes.
import type { TracedExchange } from '../base/trace.js';
import { printBody } from './printers.js';
import { contentTypeOf, failureText, maskedHeader, maskedUrl } from './traced-parts.js';

const httpVersion = 'HTTP/1.1';
const unknown = -1;

/** One entry. Times are milliseconds; what was not measured is -1, as the format has it. */
export function harEntry(exchange: TracedExchange): Readonly<Record<string, unknown>> {
  const { startedAt, totalMs, remote, side } = exchange;
  const failure = failureText(exchange);
  const address = remote?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const about = [
    ...(failure === undefined ? [] : [failure]),
    ...(side === 'server' && remote !== undefined ? [`from ${remote}`] : []),
  ];
  return {
    startedDateTime: new Date(startedAt).toISOString(),
    time: totalMs,
    request: request(exchange),
    response: response(exchange),
    cache: {},
    timings: timings(exchange),
    ...(side === 'device' && address !== undefined && { serverIPAddress: address }),
    ...(about.length > 0 && { comment: about.join('; ') }),
  };
}

function request({ method, url, requestHeaders, requestBody }: TracedExchange) {
  const shown = maskedUrl(url);
  const mark = shown.indexOf('?');
  const query = mark === -1 ? '' : (shown.slice(mark + 1).split('#')[0] ?? '');
  return {
    method,
    url: shown,
    httpVersion,
    cookies: [],
    headers: headers(requestHeaders),
    queryString: query === '' ? [] : query.split('&').map(parameter),
    ...(requestBody !== undefined &&
      requestBody.length > 0 && {
        postData: { mimeType: contentTypeOf(requestHeaders) ?? '', text: text(requestHeaders, requestBody) },
      }),
    headersSize: unknown,
    bodySize: requestBody?.length ?? 0,
  };
}

/** Status 0 where no answer came, as browsers write it. */
function response({ status, responseHeaders = {}, responseBody, receivedBytes }: TracedExchange) {
  const size = responseBody?.length ?? 0;
  const bodySize = receivedBytes ?? responseBody?.length ?? unknown;
  return {
    status: status ?? 0,
    statusText: '',
    httpVersion,
    cookies: [],
    headers: headers(responseHeaders),
    content: {
      size,
      ...(responseBody !== undefined && bodySize !== unknown && bodySize !== size && { compression: size - bodySize }),
      mimeType: contentTypeOf(responseHeaders) ?? '',
      ...(responseBody !== undefined && responseBody.length > 0 && { text: text(responseHeaders, responseBody) }),
    },
    redirectURL: maskedUrl(responseHeaders['location'] ?? ''),
    headersSize: unknown,
    bodySize,
  };
}

/** `connect` holds `ssl`; the phases that were measured add up to `time`. */
function timings({ connectMs, tlsMs, ttfbMs, totalMs }: TracedExchange) {
  const connect = connectMs === undefined && tlsMs === undefined ? unknown : (connectMs ?? 0) + (tlsMs ?? 0);
  const first = ttfbMs ?? totalMs;
  return {
    blocked: unknown,
    dns: unknown,
    connect,
    ssl: tlsMs ?? unknown,
    send: 0,
    wait: Math.max(0, first - Math.max(0, connect)),
    receive: Math.max(0, totalMs - first),
  };
}

const headers = (given: Readonly<Record<string, string>>) =>
  Object.entries(given).map(([name, value]) => ({ name, value: maskedHeader(name, value) }));

function parameter(text: string) {
  const equals = text.indexOf('=');
  return equals === -1 ? { name: text, value: '' } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

const text = (given: Readonly<Record<string, string>>, body: Uint8Array): string =>
  printBody(contentTypeOf(given), body).join('\n');
