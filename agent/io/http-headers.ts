// Headers as they travelled, with their values as text.
import type { ClientRequest, IncomingMessage } from 'node:http';

/** What was sent, with what Node adds to it. */
export function sentHeaders(sent: ClientRequest, body: Uint8Array | string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of sent.getRawHeaderNames())
    if (name !== 'proxy-authorization') headers[name] = String(sent.getHeader(name)); // nobody's but the proxy's
  if (body !== undefined && !sent.hasHeader('content-length')) headers['Content-Length'] = `${Buffer.byteLength(body)}`;
  return headers;
}

/** Header values as text; Node gives a list for set-cookie alone. */
export function plainHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const { headers: received } = message;
  for (const name in received) {
    const value = received[name];
    if (typeof value === 'string') headers[name] = value;
    else if (value !== undefined) headers[name] = value.join(', ');
  }
  return headers;
}
