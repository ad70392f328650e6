import type { IncomingHttpHeaders } from 'node:http';
import { type Agent, request } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';

/** What a bare loop needs to reach the server: nothing of the agent. */
export const trust = (ca: string, identity: { cert?: string; key?: string } = {}): SecureContext =>
  createSecureContext({ ca, ...identity });

/** One request with node:https and no more, on a connection of its own or of `agent`; resolves with the status. */
export function bareRequest(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string | undefined,
  secureContext: SecureContext,
  agent: Agent | false = false,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, secureContext, agent } as const;
    const sent = request(url, options, (answer) => {
      answer
        .on('end', () => resolve(answer.statusCode ?? 0))
        .on('error', reject)
        .resume();
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** An answer whose body is read. */
export interface BareAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The same on a connection of `agent`; resolves with the whole answer. */
export function bareAnswer(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string | undefined,
  secureContext: SecureContext,
  agent: Agent,
): Promise<BareAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, secureContext, agent } as const;
    const sent = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
        .on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
