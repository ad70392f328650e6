import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { type CheckinMessage, encodeCheckin } from '../../../protocol/apple-mdm/check-in.js';
import { parseEndpoint } from '../../../protocol/apple-mdm/ddm.js';
import { contentTypes, errorCodes, readErrorResponse } from '../../../protocol/apple-mdm/http-errors.js';
import { agentCatalogue, agentError } from '../../errors.js';
import type { Operation } from '../../model/operations.js';
import type { HttpAnswer, HttpRequest, HttpSession, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import { serverText } from '../server-text.js';
import type { Wires } from './identity.js';
import type { Memory } from './memory.js';
import { readReasons, whyOf } from './reasons.js';
import { wakeAskOf } from './wake.js';

/** A command may carry a whole profile in base64: 10 MiB and its third more, and a message around it. */
const maxAnswerBytes = 15 * 1024 * 1024;
const nothing = Buffer.alloc(0);
const mdmClient = 'MDM/1.0';
/** What profiles, certificates and manifests are fetched as. */
export const profileClient = 'profiled/1.0 CFNetwork/1568.100.1 Darwin/24.0.0';

type Endpoint = 'server' | 'checkIn';

/**
 * One conversation with an authority: signs, sends, counts, and turns a status into an error. Connections are opened when
 * first needed, one for each set of pins; `close` must be called.
 */
export class Exchange {
  readonly #memory: Memory;
  readonly #ports: Pick<Ports, 'http' | 'clock' | 'wake' | 'distort'>;
  readonly #wires: Wires;
  /** How the device judges every server. */
  readonly server: ServerTrust;

  requests = 0;
  readonly #sessions = new Map<Endpoint, HttpSession>();

  constructor(
    ports: Pick<Ports, 'http' | 'clock' | 'wake' | 'distort'>,
    memory: Memory,
    wires: Wires,
    server: ServerTrust,
  ) {
    this.server = server;
    this.#ports = ports;
    this.#memory = memory;
    this.#wires = wires;
  }

  /**
   * Sends a check-in message. Throws CHECKIN_REFUSED, AUTHORITY_BUSY or what the transport throws; AUTHORITY_REFUSED for a 4xx to
   * Authenticate or TokenUpdate, which nobody sends again in the hope of another answer.
   */
  async checkIn(message: CheckinMessage, signal: AbortSignal): Promise<Buffer> {
    const url = this.#memory.data.management.checkInUrl;
    try {
      return await this.#put(
        'checkIn',
        { operation: operationOf(message), url, body: encodeCheckin(message) },
        contentTypes.checkin,
        signal,
      );
    } catch (error) {
      const { MessageType: type } = message;
      throw type === 'Authenticate' || type === 'TokenUpdate' ? finalOf(error) : error;
    }
  }

  /** Sends Idle or a result; what comes back is the next command, or nothing. `operation` names it. Throws like `checkIn`. */
  connect(body: Uint8Array, operation: Operation, signal: AbortSignal): Promise<Buffer> {
    this.#ports.wake?.answered(wakeAskOf(this.#memory.data)); // what was queued before it asks, the reply knows of
    const url = this.#memory.data.management.serverUrl;
    return this.#put('server', { operation, url, body }, contentTypes.connect, signal);
  }

  /**
   * Fetches what the authority serves to its devices alone: the request is authenticated as a message is. Throws FETCH_FAILED
   * whatever goes wrong there (`details.problem` is the code of what did), INTERRUPTED.
   */
  download(url: string, maxBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
    return fetching(signal, async () => {
      this.#requireAddress(url);
      const headers = this.#headers(nothing);
      return this.#get(this.#session('server'), { url, maxBytes, signal, headers });
    });
  }

  /** Fetches what anyone may have. Throws like `download`. */
  fetch(url: string, maxBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
    return fetching(signal, async () => {
      this.#requireAddress(url);
      const session = this.#ports.http.open({ server: this.server });
      try {
        const headers = { 'User-Agent': profileClient };
        return await this.#get(session, { url, maxBytes, signal, headers });
      } finally {
        session.close();
      }
    });
  }

  #get(session: HttpSession, request: Omit<HttpRequest, 'method' | 'operation' | 'withinMs'>): Promise<HttpAnswer> {
    return this.#request(session, { ...request, operation: 'download', method: 'GET', withinMs: longestFetchMs });
  }

  /** True for an address on a host of the MDM server's own. */
  isOwn(url: string): boolean {
    const { serverUrl, checkInUrl } = this.#memory.data.management;
    const host = URL.canParse(url) ? new URL(url).hostname : undefined;
    return [serverUrl, checkInUrl].some((own) => new URL(own).hostname === host);
  }

  /** An address that came in a command or a declaration. Throws ANSWER_MALFORMED unless it is https, or http where allowed. */
  #requireAddress(url: string): void {
    const schemes = this.#memory.data.management.allowHttp === true ? ['https:', 'http:'] : ['https:'];
    if (URL.canParse(url) && schemes.includes(new URL(url).protocol)) return;
    throw agentError('ANSWER_MALFORMED', `"${shownAddress(url).slice(0, 200)}" is no https address`);
  }

  /** Counts a request of the session that is made elsewhere, such as one of SCEP. */
  countRequest(): void {
    this.requests++;
  }

  /** Ends the connections. A later message opens new ones, with the identity of that time. */
  close(): void {
    for (const session of new Set(this.#sessions.values())) session.close();
    this.#sessions.clear();
  }

  async #put(
    endpoint: Endpoint,
    sent: { readonly operation: Operation; readonly url: string; readonly body: Uint8Array },
    contentType: string,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const body = this.#ports.distort?.(sent.body, sent.operation) ?? sent.body;
    const headers = this.#headers(body);
    headers['Content-Type'] = contentType;
    const request = { ...sent, method: 'PUT', body, headers, maxBytes: maxAnswerBytes, signal } as const;
    return successful(await this.#request(this.#session(endpoint), request)).body;
  }

  #request(session: HttpSession, request: HttpRequest): Promise<HttpAnswer> {
    this.requests++;
    return session.request(request);
  }

  #headers(body: Uint8Array): Record<string, string> {
    const headers: Record<string, string> = { 'User-Agent': mdmClient };
    const { sign } = this.#wires.of(this.#memory.data);
    if (sign !== undefined) {
      headers['Mdm-Signature'] = sign(body, new Date(this.#ports.clock.now())).toString('base64'); // one line, padded
    }
    return headers;
  }

  #session(endpoint: Endpoint): HttpSession {
    const open = this.#sessions.get(endpoint);
    if (open !== undefined) return open;
    const { serverPins, checkInPins } = this.#memory.data.management;
    const other = this.#sessions.get(endpoint === 'server' ? 'checkIn' : 'server');
    const isShared = serverPins === undefined && checkInPins === undefined;
    const session =
      isShared && other !== undefined ? other : this.#open(endpoint === 'server' ? serverPins : checkInPins);
    this.#sessions.set(endpoint, session);
    return session;
  }

  #open(pins: readonly Uint8Array[] | undefined): HttpSession {
    const { tls } = this.#wires.of(this.#memory.data);
    const { server } = this;
    return this.#ports.http.open({ identity: tls, server, ...(pins === undefined ? {} : { pins }) });
  }
}

function operationOf(message: CheckinMessage): Operation {
  switch (message.MessageType) {
    case 'DeclarativeManagement':
      return `DeclarativeManagement/${parseEndpoint(message.Endpoint).kind}`;
    case 'Authenticate':
    case 'TokenUpdate':
    case 'CheckOut':
    case 'GetToken':
      return message.MessageType;
    default:
      throw new TypeError(`iOS sends no ${message.MessageType}`);
  }
}

/** With all that it leads on to; a document that takes longer fails, and the session goes on. */
const longestFetchMs = 60_000;

/**
 * A document that a command or declaration asked for. Whoever serves it can make that command fail, and nothing more: only the
 * MDM endpoints themselves can end a session or disown a device, and nobody holds one up.
 */
async function fetching(signal: AbortSignal, request: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    const answer = await request();
    const { status } = answer;
    if (status >= 200 && status <= 299) return answer;
    const url = shownAddress(answer.url);
    throw agentError('AUTHORITY_BUSY', `${url} answered ${status}`, { details: { status, url } });
  } catch (cause) {
    if (signal.aborted || !isRollcallError(cause)) throw cause;
    const { code, hint } = cause;
    const isUsual = Object.entries(agentCatalogue).some(([name, entry]) => name === code && entry.hint === hint);
    throw agentError('FETCH_FAILED', cause.message, {
      cause,
      details: { ...cause.details, problem: code },
      ...(isUsual ? {} : { hint }), // what says more than that something could not be fetched
    });
  }
}

/** What a status that is no success means for the device (specs/apple.md §1.6, the table of HTTP statuses). */
function successful(answer: HttpAnswer): HttpAnswer {
  const { status } = answer;
  if (status >= 200 && status <= 299) return answer;
  const url = shownAddress(answer.url);
  if (status === 401) {
    throw agentError('CHECKIN_REFUSED', `${url} answered 401: unenroll`, { details: { status, url } });
  }
  const document = status === 403 ? readErrorResponse(answer.headers['content-type'], answer.body) : undefined;
  // readReasons: a refusal to enroll says more than Apple's document, in the same body
  const reasons: Readonly<Record<string, string>> =
    document === undefined ? {} : { code: document.code, ...readReasons(answer.body) };
  const isExplained = reasons['failureReason'] !== undefined;
  const word = document === undefined ? '' : isExplained ? `: ${whyOf(reasons)}` : ` ${document.code}`;
  const said = document === undefined ? serverText(answer) : undefined;
  const details = { status, url, ...reasons, ...(said === undefined ? {} : { said }) };
  if (document?.code === errorCodes.unrecognizedDevice) {
    throw agentError('CHECKIN_REFUSED', `${url} answered 403 ${document.code}: unenroll`, { details });
  }
  throw agentError('AUTHORITY_BUSY', `${url} answered ${status}${word}`, { details });
}

/** 4xx, but for those that say when to come back (RFC 9110 §15.5.9, RFC 6585 §4, RFC 8470 §5.2). */
const isFinal = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status <= 499 && ![408, 425, 429].includes(status);

function finalOf(error: unknown): unknown {
  if (!isRollcallError(error, 'AUTHORITY_BUSY') || !isFinal(statusOf(error))) return error;
  return agentError('AUTHORITY_REFUSED', error.message, { details: error.details });
}

const wrongAnswers = ['ANSWER_MALFORMED', 'HTTP_TOO_LARGE', 'HTTP_REDIRECTS'];

/** True for a failure that lies with an MDM endpoint's answer, not with the way there. */
export const isTheirs = (error: unknown): error is RollcallError =>
  isRollcallError(error) &&
  (wrongAnswers.includes(error.code) ||
    (['AUTHORITY_BUSY', 'AUTHORITY_REFUSED'].includes(error.code) && statusOf(error) !== undefined));

/** The HTTP status that stands behind an error made here; undefined where no answer came. */
export function statusOf(error: unknown): number | undefined {
  const status = isRollcallError(error) ? error.details['status'] : undefined;
  return typeof status === 'number' ? status : undefined;
}
