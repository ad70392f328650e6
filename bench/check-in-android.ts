// Android sessions per CPU second of the client, against a bare loop that makes the same requests on one connection.
import { Agent } from 'node:https';
import { defaultSecret, requestSignature, signedText } from '../protocol/headwind/signature.js';
import { bareAnswer, trust } from './bare.js';
import { readBare } from './bare-headwind.js';
import { openCheckingIn } from './checking-in.js';
import { compare, type Ratio, round } from './cpu.js';
import { wide } from './engine-stage.js';
import type { RecordedRequest } from './recorded.js';

/** What a session with nothing new is: configuration, log rules, sync/info, log lines, whether dynamic information is wanted. */
const inOne = 5;

export async function benchAndroidCheckIn(sessions: number, pairs: number): Promise<Ratio> {
  const devices = 100;
  const stage = await openCheckingIn('android', { devices, sessions, rounds: pairs + 1 });
  try {
    const bare: (readonly BareCall[])[] = [];
    for (const { requests } of stage.quiet) {
      const asked = requests.map(({ method, url }) => `${method} ${url}`).join(', ');
      if (requests.length !== inOne) throw new Error(`a session with nothing new asked ${asked}`);
      bare.push(requests.map(callOf));
    }
    const context = trust(stage.target.ca ?? '');
    const bareCheckIn = async (requests: readonly BareCall[]) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      requestSignature(defaultSecret, signedText.sync('a0123456789ab')); // the one that the session computes
      for (const { method, url, headers, said } of requests) {
        const body = said === undefined ? undefined : JSON.stringify(said);
        readBare(await bareAnswer(url, method, headers, body, context, agent));
      }
      agent.destroy();
    };
    return await compare(
      pairs,
      () => stage.ours(),
      () => round(sessions, wide, (k) => bareCheckIn(bare[k % devices] ?? [])),
    );
  } finally {
    await stage.close();
  }
}

/** A request of the floor. What is said of the device has moments in it: no client can send the bytes of the session before. */
interface BareCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly said: unknown;
}

const callOf = ({ method, url, headers = {}, body }: RecordedRequest): BareCall => ({
  method,
  url,
  headers,
  said: body === undefined ? undefined : JSON.parse(Buffer.from(body).toString('utf8')),
});
