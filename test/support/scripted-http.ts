import type { Http, HttpAnswer, HttpRequest, TlsIdentity } from '../../agent/model/ports.js';
import type { ServerTrust } from '../../agent/model/server-rules.js';

/** A request as it left the device, with what its session was opened with. */
export interface SeenRequest extends HttpRequest {
  readonly identity?: TlsIdentity;
  readonly pins?: readonly Uint8Array[];
  readonly server?: ServerTrust;
  /** The body as bytes, empty when there was none. */
  readonly bytes: Buffer;
}

export type ScriptedAnswer = Partial<HttpAnswer> | Buffer | string | undefined;
/** Answers a request; undefined is an empty 200. What it throws, the request fails with. */
export type Script = (request: SeenRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

export interface ScriptedHttp extends Http {
  readonly requests: SeenRequest[];
  /** Sessions that were opened and not closed. */
  readonly openSessions: () => number;
}

/** An Http port without a network: every request goes to the script, and is kept. */
export function scriptedHttp(script: Script): ScriptedHttp {
  const requests: SeenRequest[] = [];
  let openSessions = 0;
  return {
    requests,
    openSessions: () => openSessions,
    open(options = {}) {
      openSessions++;
      let isOpen = true;
      return {
        async request(request) {
          request.signal?.throwIfAborted();
          const body = request.body ?? '';
          const seen: SeenRequest = { ...request, ...options, bytes: Buffer.from(body) };
          requests.push(seen);
          const answer = (await script(seen)) ?? {};
          const isBody = typeof answer === 'string' || Buffer.isBuffer(answer);
          const whole: HttpAnswer = {
            status: 200,
            headers: {},
            body: isBody ? Buffer.from(answer) : Buffer.alloc(0),
            url: request.url,
            ...(isBody ? {} : answer),
          };
          if (request.into === undefined) return whole;
          if (whole.status === 200) request.into(whole.body);
          return { ...whole, body: Buffer.alloc(0) };
        },
        close() {
          if (isOpen) openSessions--;
          isOpen = false;
        },
      };
    },
  };
}
