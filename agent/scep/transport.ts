import { isRollcallError } from '../../base/errors.js';
import type { HttpAnswer, HttpRequest, HttpSession } from '../model/ports.js';
import { type ScepStep, scepFailed } from './failure.js';

interface TransportOptions {
  /** Of the SCEP server; see ScepSettings. */
  readonly url: string;
  readonly signal: AbortSignal;
  readonly userAgent?: string | undefined;
  /** See ScepRules. Default false: all is escaped that is no letter, digit or one of `-_.~`. */
  readonly escapesPaddingOnly?: boolean;
  /** Called for each HTTP request. */
  readonly onRequest?: (() => void) | undefined;
}

const maxAnswerBytes = 256 * 1024;

/** SCEP's operations over HTTP (RFC 8894 §4). Throws TRANSPORT_LOST as it comes, else SCEP_FAILED with `details.reason` network. */
export class ScepTransport {
  readonly #session: HttpSession;
  readonly #options: TransportOptions;

  constructor(session: HttpSession, options: TransportOptions) {
    this.#session = session;
    this.#options = options;
  }

  get(operation: 'GetCACaps' | 'GetCACert', message?: string): Promise<HttpAnswer> {
    return this.#send(operation, { method: 'GET', url: this.#url(operation, message), headers: this.#headers() });
  }

  /** By POST where the server can, else by GET in standard base64, escaped (RFC 8894 §4.1). Sent once. */
  operate(step: 'PKIOperation' | 'CertPoll', message: Buffer, canPost: boolean): Promise<HttpAnswer> {
    if (!canPost) {
      const url = `${this.#url('PKIOperation')}&message=${this.#escaped(message.toString('base64'))}`;
      return this.#send(step, { method: 'GET', url, headers: this.#headers() });
    }
    return this.#send(step, {
      method: 'POST',
      url: this.#url('PKIOperation'),
      headers: { ...this.#headers(), 'Content-Type': 'application/x-pki-message' },
      body: message,
    });
  }

  async #send(step: ScepStep, request: HttpRequest): Promise<HttpAnswer> {
    const { signal, onRequest } = this.#options;
    onRequest?.();
    try {
      return await this.#session.request({ ...request, operation: step, maxBytes: maxAnswerBytes, signal });
    } catch (error) {
      // A transport that may come back keeps its own name; the rest is a server that answers wrongly.
      if (!isRollcallError(error) || error.retry || signal.aborted) throw error;
      throw scepFailed(step, error.message, { reason: 'network', problem: error.code, hint: error.hint }, error);
    }
  }

  #headers(): Record<string, string> {
    const { userAgent } = this.#options;
    return userAgent === undefined ? {} : { 'User-Agent': userAgent };
  }

  /** The URL may have a query of its own; nothing else of it is touched. */
  #url(operation: string, message?: string): string {
    const { url } = this.#options;
    const joint = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&';
    const tail = message === undefined ? '' : `&message=${encodeURIComponent(message)}`;
    return `${url}${joint}operation=${operation}${tail}`;
  }

  #escaped(base64: string): string {
    return this.#options.escapesPaddingOnly === true ? base64.replaceAll('=', '%3D') : encodeURIComponent(base64);
  }
}
