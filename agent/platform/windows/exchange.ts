// How messages of management go over the wire (specs/windows.md §1.8), as XML or as WBXML.
import { isRollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { readEnvelope } from '../../../protocol/soap/envelope.js';
import type { SyncMlMessage } from '../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../protocol/syncml/read.js';
import { decodeWbxml, encodeWbxml } from '../../../protocol/syncml/wbxml.js';
import { encodeSyncMl } from '../../../protocol/syncml/write.js';
import { agentError } from '../../errors.js';
import type { Operation } from '../../model/operations.js';
import type { HttpAnswer, HttpSession, Ports, TlsIdentity } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import { serverText } from '../server-text.js';
import { retryAfterMs } from './retry-after.js';

/** Certificates, profiles and jobs of many commands come in one message; no server was seen to send more. A bound of ours. */
const maxAnswerBytes = 4 * 1024 * 1024;
const syncMlType = 'application/vnd.syncml.dm+xml';
const wbxmlType = 'application/vnd.syncml.dm+wbxml';

export interface ExchangeOptions {
  readonly http: Ports['http'];
  readonly distort: Ports['distort'];
  readonly clock: Ports['clock'];
  readonly server: ServerTrust;
  readonly identity: TlsIdentity;
  /** ADDR of the account. */
  readonly address: string;
  /** Somebody has signed in: Maintenance, otherwise Machine. */
  readonly mode: 'Maintenance' | 'Machine';
  /** The values that stay the same in all messages of a session. */
  readonly headers: SessionHeaders;
  /** DEFAULTENCODING of the account; default: XML. */
  readonly wbxml?: boolean;
}

/** A message in the form in which it is sent. */
export interface Encoded {
  readonly message: SyncMlMessage;
  readonly body: Buffer;
}

interface SessionHeaders {
  /** EntDMID, or `0`. */
  readonly clientRequestId: string;
  /** `a/tCeBgffEqA5408.0.0.0` */
  readonly vector: string;
  readonly genericAlert?: string;
  /** UserAgentOrigin. */
  readonly origin?: string;
}

/** One session's conversation: a connection is opened with the first message; `close` must be called. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #url: string;
  #session: HttpSession | undefined;
  #isWbxml: boolean;
  requests = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#url = sessionAddress(options.address, options.mode);
    this.#isWbxml = options.wbxml === true;
  }

  /** The message as `send` sends it. */
  encode(message: SyncMlMessage): Encoded {
    return { message, body: this.#isWbxml ? encodeWbxml(message) : encodeSyncMl(message) };
  }

  /**
   * Sends a message; undefined is an empty 200, the end of the session. An answer is read as what its Content-Type says. A server
   * that answers WBXML with 415 is sent the message as XML, and all that follow in the session (ours: what Windows does is not
   * known). A Windows device stays enrolled whatever the answer: it leaves by Unenroll, or when it has lost contact for too long.
   * Throws AUTHORITY_BUSY for any other status and for a SOAP fault, ANSWER_MALFORMED for what is no SyncML, and what the transport
   * throws. `details` hold `status`, `hresult` and, where the server said when to come back, `retryAfterMs`.
   */
  async send(
    { message, body }: Encoded,
    operation: Operation,
    signal: AbortSignal,
  ): Promise<SyncMlMessage | undefined> {
    let answer = await this.#post(operation, body, signal);
    if (answer.status === 415 && this.#isWbxml) {
      this.#isWbxml = false;
      answer = await this.#post(operation, this.encode(message).body, signal);
    }
    if (answer.status !== 200) throw refusal(answer, this.#options.clock.now());
    return answer.body.length === 0 ? undefined : read(answer);
  }

  #post(operation: Operation, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    const { http, server, identity, headers, distort } = this.#options;
    this.#session ??= http.open({ identity, server });
    this.requests++;
    return this.#session.request({
      operation,
      method: 'POST',
      url: this.#url,
      headers: nativeHeaders(headers, this.#isWbxml ? wbxmlType : syncMlType),
      body: distort?.(body, operation) ?? body,
      maxBytes: maxAnswerBytes,
      followsRedirects: false, // credentials go to the account's address or nowhere; a GET elsewhere would end the session as if all were well
      signal,
    });
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }
}

/** ADDR as it is, with what Windows appends to it. */
export function sessionAddress(address: string, mode: ExchangeOptions['mode']): string {
  return `${address}${address.includes('?') ? '&' : '?'}mode=${mode}&Platform=WoA`;
}

/**
 * In the order of the head of a 19043 client as a server printed it; how it lay on the wire is not known, nor where the two last
 * ones stand.
 */
function nativeHeaders(
  { clientRequestId, vector, genericAlert, origin }: SessionHeaders,
  type: string,
): Record<string, string> {
  return {
    Accept: `${syncMlType}, ${wbxmlType}, application/octet-stream`,
    'Accept-Charset': 'UTF-8',
    'Client-Request-Id': clientRequestId,
    'Content-Type': type,
    'MS-CV': vector,
    'User-Agent': 'MSFT OMA DM Client/1.2.0.1',
    ...(genericAlert === undefined ? {} : { 'MDM-GenericAlert': genericAlert }),
    ...(origin === undefined ? {} : { UserAgentOrigin: origin }),
  };
}

/** 0x80190000 and the status (§0.12). */
const hresultOf = (status: number): string => `0x${(0x80190000 + status).toString(16).toUpperCase()}`;

function refusal(answer: HttpAnswer, now: number): Error {
  const { status } = answer;
  const url = shownAddress(answer.url);
  const said = serverText(answer);
  const asked = retryAfterMs(answer.headers['retry-after'], now);
  return agentError('AUTHORITY_BUSY', `${url} answered ${status}`, {
    hint: 'The device stays enrolled and tries again, as Windows does. Look at the log of the server first.',
    details: {
      status,
      url,
      hresult: hresultOf(status),
      ...(said === undefined ? {} : { said }),
      ...(status === 429 && asked !== undefined ? { retryAfterMs: asked } : {}),
    },
  });
}

function read(answer: HttpAnswer): SyncMlMessage {
  try {
    const reading = { isLiberal: true, maxBytes: maxAnswerBytes };
    return isWbxml(answer) ? decodeWbxml(answer.body, reading) : decodeSyncMl(answer.body, reading);
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    throw (
      faultIn(answer) ??
      agentError('ANSWER_MALFORMED', `${shownAddress(answer.url)} answered 200 with no SyncML: ${error.message}`, {
        cause: error,
        details: { status: 200, url: shownAddress(answer.url), hresult: hresultOf(200) },
      })
    );
  }
}

/** By its Content-Type; where that is neither of the two, by the first octet: XML never begins with a version of WBXML. */
function isWbxml({ headers, body }: HttpAnswer): boolean {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === wbxmlType || type === syncMlType) return type === wbxmlType;
  const [first = 0] = body;
  return first >= 1 && first <= 3;
}

/** Fleet answers on the management address with SOAP faults, status 200 (§0.11): a refusal of this message, and no more. */
function faultIn(answer: HttpAnswer): Error | undefined {
  try {
    const { fault } = readEnvelope(answer.body, { isLiberal: true, maxBytes: maxAnswerBytes });
    if (fault === undefined) return undefined;
    const reason = fault.reason.slice(0, 200);
    const url = shownAddress(answer.url);
    return agentError('AUTHORITY_BUSY', `${url} answered with a SOAP fault: ${reason}`, {
      details: { status: 200, url, hresult: hresultOf(200), reason },
    });
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}
