// The enrollment client's side of HTTP (specs/windows.md §1.0, §1.6): requests as Windows sends them, faults and statuses as HRESULTs.
import { isRollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { hresultOfFault, hresultOfStatus } from '../../../protocol/mde2/hresult.js';
import { type Envelope, readEnvelope, soapContentType } from '../../../protocol/soap/envelope.js';
import type { SoapFault } from '../../../protocol/soap/fault.js';
import type { Operation } from '../../model/operations.js';
import type { HttpAnswer, HttpSession, Ports, TlsIdentity } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { DeviceView } from '../driver.js';
import { serverText } from '../server-text.js';
import { busy, type EnrollStep, failed, hresult, refused } from './failures.js';

/** What the enrollment client of Windows 10 and 11 calls itself. */
const enrollClient = 'ENROLLClient';

/** What the enrollment and a renewal go over the wire with. */
export interface SoapWire {
  readonly ports: Pick<Ports, 'http' | 'distort'>;
  readonly device: Pick<DeviceView, 'tell'>;
  readonly server: ServerTrust;
  /** Offered in the handshake: of a renewal, the certificate that is renewed. */
  readonly identity?: TlsIdentity;
  /** http addresses are taken too. */
  readonly allowHttp: boolean;
  readonly signal: AbortSignal;
  /** Headers of convention, of each message of an enrollment. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `status`: a fault is no usable body, as in a renewal (cases D2). Default: a fault that can be read decides. */
  readonly faults?: 'decide' | 'status';
}

/** What is posted, and the step that fails by it. */
const calls = {
  Discover: { step: 'Discovery', operation: 'Discover' },
  GetPolicies: { step: 'GetPolicies', operation: 'GetPolicies' },
  RequestSecurityToken: { step: 'RequestSecurityToken', operation: 'RequestSecurityToken' },
  Renew: { step: 'RequestSecurityToken', operation: 'RequestSecurityToken/renew' },
} as const satisfies Record<string, { readonly step: EnrollStep; readonly operation: Operation }>;
type SoapCall = keyof typeof calls;

/** One conversation with the services of an enrollment; `close` must be called. */
export class SoapExchange {
  readonly #wire: SoapWire;
  #session: HttpSession | undefined;

  constructor(wire: SoapWire) {
    this.#wire = wire;
  }

  /**
   * Posts a message and gives the envelope that came. Throws ENROLL_REFUSED with the HRESULT of a fault, ENROLL_FAILED with
   * 0x80190000 + status for any other answer than 200 with an envelope, AUTHORITY_BUSY for 429 and 5xx, and what the transport
   * throws. A redirect is not followed: a POST is sent where it was to go, or nowhere. `hint`: what a refusal of this request may
   * come of.
   */
  async post(call: SoapCall, url: string, body: Uint8Array, hint?: string): Promise<Envelope> {
    const { step } = calls[call];
    const { answer, envelope } = await this.#post(call, url, body, hint);
    if (answer.status === 200 && envelope !== undefined && envelope.fault === undefined) return envelope;
    throw unusable(step, answer, envelope?.fault, hint);
  }

  /** The same where what cannot be read is no reason to stop: undefined for 200 with anything else than an envelope. */
  async postLeniently(call: SoapCall, url: string, body: Uint8Array): Promise<Envelope | undefined> {
    const { step } = calls[call];
    const { answer, envelope } = await this.#post(call, url, body);
    if (answer.status !== 200) throw unusable(step, answer, envelope?.fault);
    return envelope;
  }

  async #post(call: SoapCall, url: string, body: Uint8Array, hint?: string) {
    const { step, operation } = calls[call];
    const headers = { 'Content-Type': soapContentType, 'User-Agent': enrollClient, ...this.#wire.headers };
    const answer = await this.#request(step, {
      operation,
      method: 'POST',
      url,
      headers,
      body: this.#wire.ports.distort?.(body, operation) ?? body,
    });
    this.#noticeChunks(answer);
    const envelope = readable(answer.body);
    if (envelope?.fault !== undefined && this.#wire.faults !== 'status')
      throw refusal(step, envelope.fault, answer, hint);
    return { answer, envelope };
  }

  /** Asks for an address as Windows probes it: no redirect is followed, and any status is an answer. */
  probe(url: string): Promise<HttpAnswer> {
    const headers = { 'User-Agent': enrollClient, 'Cache-Control': 'no-cache', Pragma: 'no-cache' };
    return this.#request('Discovery', { operation: 'probe', method: 'GET', url, headers });
  }

  async #request(step: EnrollStep, request: Parameters<HttpSession['request']>[0]): Promise<HttpAnswer> {
    const { ports, server, identity, allowHttp, signal } = this.#wire;
    requireAddress(step, request.url, allowHttp);
    this.#session ??= ports.http.open({ server, ...(identity === undefined ? {} : { identity }) });
    return await this.#session.request({ ...request, followsRedirects: false, signal });
  }

  /** Microsoft: the client takes no chunked answer. It speaks HTTP/2, which has none, so that it is told and not refused here. */
  #noticeChunks({ headers, url }: HttpAnswer): void {
    if (!/\bchunked\b/i.test(headers['transfer-encoding'] ?? '')) return;
    this.#wire.device.tell({
      type: 'trouble',
      code: 'ANSWER_MALFORMED',
      message: `${shownAddress(url)} answered in chunks`,
      hint: 'Windows takes no chunked answer while it enrolls: send Content-Length.',
      about: 'enrollment',
    });
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }
}

/** Throws ENROLL_FAILED 0x8018001A unless the address is https, or http where that is allowed. */
export function requireAddress(step: EnrollStep, url: string, allowHttp: boolean): void {
  const schemes = allowHttp ? ['https:', 'http:'] : ['https:'];
  if (URL.canParse(url) && schemes.includes(new URL(url).protocol)) return;
  throw failed(step, hresult.insecureRedirect, `“${shownAddress(url).slice(0, 200)}” is no https address`, {
    ...(allowHttp ? {} : { hint: 'Addresses must be https; add --allow-http if http is meant.' }),
  });
}

/** As Windows reads it; undefined for what is no envelope. */
function readable(body: Uint8Array): Envelope | undefined {
  try {
    return readEnvelope(body, { isLiberal: true });
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}

function refusal(step: EnrollStep, fault: SoapFault, { status, url }: HttpAnswer, hint?: string): Error {
  const { subcode, reason, detail } = fault;
  const said = [reason, detail?.message].filter((text) => text !== undefined && text !== '');
  const text = [...new Set(said)].join('; ') || 'no reason given';
  const failure = /^(E\d\d): /.exec(reason)?.[1]; // the stub's own word for it (convention)
  const told = hresultOfFault(fault);
  const hints = [told === undefined ? unreadHint : undefined, failure === undefined ? hint : undefined]; // where the stub says why, nothing is guessed
  const hinted = hints.filter((each) => each !== undefined).join(' ');
  return refused(step, told ?? hresultOfStatus(status), `${shownAddress(url)}: ${text}`, {
    ...(hinted === '' ? {} : { hint: hinted }),
    details: {
      status,
      url: shownAddress(url),
      said: text.slice(0, 500),
      ...(subcode === undefined ? {} : { subcode }),
      ...(failure === undefined ? {} : { code: failure }),
      ...(detail?.errorType === undefined ? {} : { errorType: detail.errorType }),
      ...(detail?.traceId === undefined ? {} : { traceId: detail.traceId }),
    },
  });
}

/** Seen at Fleet, whose faults are in lower case (case D2). */
const unreadHint =
  'Windows does not find out what this fault says: it looks for s:Fault with s:Code/s:Subcode/s:Value or DeviceEnrollmentServiceError/ErrorType, letter by letter, and tells the HTTP status instead.';

/** Reads an envelope that came with 200; what the reader does not take is an answer without a usable body. */
export function readReply<T>(step: EnrollStep, url: string, envelope: Envelope, decode: (envelope: Envelope) => T): T {
  try {
    return decode(envelope);
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    const text = `${shownAddress(url)} answered 200, but ${error.message}`;
    throw failed(step, hresultOfStatus(200), text, { cause: error, details: { status: 200, url: shownAddress(url) } });
  }
}

/** An answer that holds no usable body, whatever its status (§1.6). */
function unusable(step: EnrollStep, answer: HttpAnswer, fault?: SoapFault, hint?: string): Error {
  const { status, headers } = answer;
  const url = shownAddress(answer.url);
  const type = headers['content-type']?.slice(0, 100);
  const what =
    fault !== undefined
      ? `with a fault: ${fault.reason}`
      : answer.body.length === 0
        ? 'with nothing'
        : `with no answer of the protocol${type === undefined ? '' : ` (${type})`}`;
  const code = hresultOfStatus(status);
  const retryAfter = headers['retry-after']?.slice(0, 100);
  const said = fault === undefined ? serverText(answer) : undefined;
  const details = {
    status,
    url,
    ...(said === undefined ? {} : { said }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
  const text = `${url} answered ${status} ${what}`;
  const told = { details, ...(fault === undefined ? hintOf(status) : {}), ...(hint === undefined ? {} : { hint }) };
  if (status === 429 || status >= 500) return busy(step, code, text, told);
  return failed(step, code, text, told);
}

function hintOf(status: number): { readonly hint?: string } {
  if (status === 404 || status === 405 || status === 410)
    return {
      hint: 'Nothing takes such messages at this address. It is used as it was given: look for the missing .svc.',
    };
  if (status === 200)
    return {
      hint: 'What came is no SOAP envelope that Windows reads: look at what the server answers at this address.',
    };
  if (status >= 300 && status <= 399)
    return { hint: 'Windows follows redirects of its first GET alone: name the final address in the answer.' };
  return {};
}
