// One request as the routes see it, and its body, bounded.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StubRequest } from './http-types.js';
import { peerCertificate } from './peer-certificate.js';

const empty = Buffer.alloc(0);

/** How much of a refused body is still read, so that its sender gets to see the refusal. */
const drainBytes = 16 * 1024 * 1024;

/** What is read of a request only when somebody asks is read only then. */
export class Request implements StubRequest {
  readonly method: string;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse | undefined;
  #query: URLSearchParams | undefined;

  constructor(
    message: IncomingMessage,
    readonly path: string,
    readonly params: Readonly<Record<string, string>>,
    readonly body: Buffer,
    response?: ServerResponse,
  ) {
    this.#message = message;
    this.#response = response;
    this.method = message.method ?? '';
  }

  get query(): URLSearchParams {
    const url = this.#message.url ?? '';
    const mark = url.indexOf('?');
    this.#query ??= new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
    return this.#query;
  }

  // A header sent twice is either joined by node or, where that would be wrong, its first value; set-cookie is never sent to a server.
  get headers(): Readonly<Record<string, string | undefined>> {
    return this.#message.headers as Readonly<Record<string, string | undefined>>;
  }

  get remote(): string {
    return this.#message.socket.remoteAddress ?? '';
  }

  get isGone(): boolean {
    return this.#message.socket.destroyed;
  }

  onDropped(call: () => void): void {
    const response = this.#response;
    response?.once('close', () => {
      if (!response.writableFinished) call();
    });
  }

  get clientCertificate(): Buffer | undefined {
    return peerCertificate(this.#message.socket);
  }
}

/** What is known of a request before its body has come, its sender's certificate with it. */
export function beginningOf(
  message: IncomingMessage,
  path: string,
  params: Readonly<Record<string, string>>,
): StubRequest | undefined {
  const request = new Request(message, path, params, empty);
  try {
    return request.clientCertificate === undefined ? undefined : request;
  } catch {
    return undefined; // what was shown there nobody can read
  }
}

/** The path of a request target in origin form, still encoded; anything else has no route. */
export function pathOf(url: string | undefined): string {
  if (url === undefined || !url.startsWith('/')) return '';
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}

export function readRequestBody(
  message: IncomingMessage,
  maxBytes: number,
  then: { refuseSize(): void; respond(body: Buffer): Promise<void>; cutOff(): void },
): void {
  const declared = message.headers['content-length'];
  if (declared === undefined && message.headers['transfer-encoding'] === undefined) {
    message.resume();
    void then.respond(empty);
    return;
  }
  if (declared !== undefined && Number(declared) > maxBytes) {
    then.refuseSize();
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) {
      message.off('data', onData).off('end', onEnd).off('error', then.cutOff);
      then.refuseSize();
      return;
    }
    chunks.push(chunk);
  };
  const onEnd = () => void then.respond(chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks, length));
  message.on('data', onData).on('end', onEnd);
  message.on('error', then.cutOff); // the sender went away: 'close' of the response tells the rest
}

/** Reads on without keeping anything, up to a bound. */
export function discard(message: IncomingMessage): void {
  let length = 0;
  message.on('error', () => {});
  message.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > drainBytes) message.destroy();
  });
}
