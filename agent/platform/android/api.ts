// The calls of the Headwind protocol (specs/android.md §1.1 to §1.7), as launcher 6.36 makes them.
import { isRollcallError } from '../../../base/errors.js';
import { isObject, type JsonObject } from '../../../base/json.js';
import { visibleLine } from '../../../base/terminal.js';
import { readConfiguration } from '../../../protocol/headwind/configuration.js';
import { type DynamicInfoSettings, readDynamicInfoSettings } from '../../../protocol/headwind/dynamic-info.js';
import { writeEnrollment } from '../../../protocol/headwind/enrollment.js';
import type { Reply } from '../../../protocol/headwind/envelope.js';
import { writeInfo } from '../../../protocol/headwind/info.js';
import { readLogRules, writeLogItems } from '../../../protocol/headwind/logs.js';
import { joinUrl, type ServerAddress, splitServerUrl } from '../../../protocol/headwind/server-url.js';
import type { DeviceInfo, LogItem, LogRule } from '../../../protocol/headwind/types.js';
import { agentError } from '../../errors.js';
import type { Operation } from '../../model/operations.js';
import type { HttpAnswer, HttpRequest, HttpSession, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { DeviceView } from '../driver.js';
import { addressable, segment } from './address.js';
import type { DownloadOptions, Enrolling, HeadwindApi, ReceivedConfiguration } from './context.js';
import type { Manners } from './manners.js';
import type { AndroidMemory } from './memory.js';
import {
  dataOf,
  isSuccessful,
  reasonedRefusal,
  replyIn,
  replyRefusal,
  statusRefusal,
  unusable,
  whyOf,
} from './reply.js';
import { fileSignature, requireSignature, syncSignature } from './signatures.js';

/** Connect, read and write: 10 s each in the launcher; here for the whole of a call. */
const callMs = 10_000;
/** Far above what a server writes: the seed configuration has 9 KiB. A bound of ours. */
const mostBytes = 8 * 1024 * 1024;
/** retrofit 3.0.0, which launcher 6.36 is built with, brings this one. */
export const okhttp = { 'User-Agent': 'okhttp/4.12.0', 'Accept-Encoding': 'gzip' } as const;
const json = 'application/json';

/** What the calls are made for and with. */
interface ApiParts {
  readonly ports: Ports;
  readonly device: DeviceView;
  readonly memory: AndroidMemory;
  readonly manners: Manners;
  readonly server: ServerTrust;
  readonly signal: AbortSignal;
}

type Call = Pick<HttpRequest, 'method' | 'headers' | 'body'> & { readonly operation: Operation; readonly path: string };

/** One session's conversation with a server. `close` must be called. */
export class Api implements HeadwindApi {
  readonly #parts: ApiParts;
  #session: HttpSession | undefined;
  requests = 0;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  async sync(enrollment?: Enrolling): Promise<ReceivedConfiguration> {
    const { data } = this.#parts.memory;
    const path = `rest/public/sync/configuration/${segment(data.number)}`;
    const headers = this.#syncHeaders();
    const call: Call =
      enrollment === undefined
        ? { operation: 'sync/configuration', method: 'GET', path, headers }
        : {
            operation: 'sync/configuration/enroll',
            method: 'POST',
            path,
            headers: { ...headers, ...enrollment.headers, 'Content-Type': `${json}; charset=UTF-8` },
            body: writeEnrollment(enrollment.request),
          };
    const answer = await this.#call(call, (each) => this.#mayBeJson(each));
    const reply = dataOf(answer);
    return this.#received(answer, reply, () => this.#judge(answer, reply));
  }

  async trial(serverUrl: string): Promise<ReceivedConfiguration> {
    const address = splitServerUrl(serverUrl);
    if (address === undefined)
      throw agentError('ANSWER_MALFORMED', 'malformed URL', { details: { said: 'malformed URL' } });
    const path = `rest/public/sync/configuration/${segment(this.#parts.memory.data.number)}`;
    const answer = await this.#send(address, {
      operation: 'sync/configuration',
      method: 'GET',
      path,
      headers: this.#syncHeaders(),
    });
    return this.#received(answer, dataOf(answer));
  }

  async sendInfo(info: DeviceInfo, endsEnrollment = false): Promise<void> {
    const body = writeInfo(info);
    const headers = { 'Content-Type': json };
    const path = 'rest/public/sync/info';
    const answer = await this.#call({ operation: 'sync/info', method: 'POST', path, headers, body });
    const refused = endsEnrollment && this.#parts.manners.mode === 'thorough' ? reasonedRefusal(answer) : undefined;
    if (refused !== undefined) throw refused;
    this.#said(answer, 'sync/info');
  }

  async logRules(): Promise<readonly LogRule[]> {
    const path = `rest/plugins/devicelog/log/rules/${this.#number}`;
    const answer = await this.#call({ operation: 'log/rules', method: 'GET', path });
    return reading(answer, readLogRules);
  }

  async sendLog(items: readonly LogItem[]): Promise<void> {
    const path = `rest/plugins/devicelog/log/list/${this.#number}`;
    const body = writeLogItems(items);
    const headers = { 'Content-Type': json };
    this.#said(await this.#call({ operation: 'log/list', method: 'POST', path, headers, body }), 'log/list');
  }

  async confirm(...[what, info]: Parameters<HeadwindApi['confirm']>): ReturnType<HeadwindApi['confirm']> {
    const path = `rest/plugins/devicereset/public/${what === 'reset' ? '' : `${what}/`}${this.#number}`;
    const body = writeInfo(info);
    const headers = { 'Content-Type': json };
    try {
      const answer = await this.#call({ operation: 'devicereset', method: 'POST', path, headers, body });
      return isSuccessful(answer) ? 'confirmed' : 'refused';
    } catch (error) {
      if (!isRollcallError(error) || this.#parts.signal.aborted) throw error;
      return 'unanswered';
    }
  }

  async messageStatus(id: string, status: 1 | 2): Promise<void> {
    const path = `rest/plugins/messaging/public/status/${segment(id)}/${status}`;
    this.#said(await this.#call({ operation: 'messaging/status', method: 'GET', path }), 'messaging/status');
  }

  async dynamicInfoSettings(): Promise<DynamicInfoSettings> {
    const path = `rest/plugins/deviceinfo/deviceinfo-plugin-settings/device/${this.#number}`;
    const answer = await this.#call({ operation: 'deviceinfo-settings', method: 'GET', path });
    return reading(answer, readDynamicInfoSettings);
  }

  async sendDynamicInfo(items: readonly unknown[]): Promise<void> {
    const path = `rest/plugins/deviceinfo/deviceinfo/public/${this.#number}`;
    const [headers, body] = [{ 'Content-Type': json }, JSON.stringify(items)];
    this.#said(await this.#call({ operation: 'deviceinfo', method: 'PUT', path, headers, body }), 'deviceinfo');
  }

  async download(url: string, { maxBytes, range, into }: DownloadOptions): Promise<HttpAnswer> {
    const { memory, manners, device, signal } = this.#parts;
    const { osVersion, model, osBuild } = device.state.facts;
    const signature = fileSignature(memory.data, url, manners);
    this.requests++;
    return await this.#open().request({
      operation: 'download',
      method: 'GET',
      url: addressable(url),
      headers: {
        'User-Agent': `Dalvik/2.1.0 (Linux; U; Android ${osVersion}; ${model} Build/${osBuild})`,
        'Accept-Encoding': 'identity',
        ...(signature === undefined ? {} : { 'X-Request-Signature': signature }),
        ...(range === undefined ? {} : { Range: range }),
      },
      maxBytes,
      ...(into === undefined ? {} : { into }),
      signal,
    });
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  get #number(): string {
    return segment(this.#parts.memory.data.number);
  }

  #open(): HttpSession {
    const { ports, server } = this.#parts;
    this.#session ??= ports.http.open({ server, allowsHttp: true }); // the launcher's network security configuration lets it through
    return this.#session;
  }

  #syncHeaders(): Readonly<Record<string, string>> {
    const { memory, manners } = this.#parts;
    return { 'X-Request-Signature': syncSignature(memory.data), 'X-CPU-Arch': manners.cpu };
  }

  /** At the primary address; where no answer came, once more at the secondary, which is often the same. Throws the last failure. */
  async #call(call: Call, isAnswer: (answer: HttpAnswer) => boolean = () => true): Promise<HttpAnswer> {
    const { baseUrl, secondaryBaseUrl, project } = this.#parts.memory.data;
    try {
      const answer = await this.#send({ base: baseUrl, project }, call);
      if (isAnswer(answer)) return answer;
    } catch (error) {
      if (!isRollcallError(error) || this.#parts.signal.aborted) throw error;
      this.#parts.ports.log.debug(error.code, { during: call.path, problem: error.message });
    }
    return await this.#send({ base: secondaryBaseUrl, project }, call);
  }

  #send(address: ServerAddress, { operation, method, path, headers, body }: Call): Promise<HttpAnswer> {
    this.requests++;
    const { distort } = this.#parts.ports;
    return this.#open().request({
      operation,
      method,
      // retrofit encodes a slash within the project, too: a server below two names is out of the launcher's reach
      url: joinUrl({ base: address.base, project: segment(address.project) }, path),
      headers: { ...okhttp, ...headers },
      ...(body === undefined ? {} : { body: distort?.(Buffer.from(body as string), operation) ?? body }),
      maxBytes: mostBytes,
      withinMs: callMs,
      signal: this.#parts.signal,
    });
  }

  /** A launcher that does not check signatures takes what is no JSON for no answer at all. */
  #mayBeJson(answer: HttpAnswer): boolean {
    if (this.#parts.manners.checksSignatures || !isSuccessful(answer)) return true;
    try {
      replyIn(answer);
      return true;
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      return false;
    }
  }

  #judge(answer: HttpAnswer, { dataText }: Reply): void {
    const { device, manners, memory } = this.#parts;
    if (dataText === undefined) throw unusable(answer, 'Wrong server response, missing data');
    requireSignature({ answer, dataText, secret: memory.data.secret }, device, manners);
  }

  #received(
    answer: HttpAnswer,
    { data, dataText, status, message }: Reply,
    judge: () => void = () => {},
  ): ReceivedConfiguration {
    if (!isObject(data))
      throw unusable(
        answer,
        `JSON status: ${status}, JSON message: ${message === null ? 'null' : visibleLine(message.slice(0, 200))}, no data`,
      );
    judge();
    const configuration = parsed(answer, () => readConfiguration(data as JsonObject));
    // what is kept was written by JSON.stringify, which of the same text makes the same again
    const { configuration: kept } = this.#parts.memory.data;
    return { configuration, text: kept !== undefined && kept === dataText ? kept : JSON.stringify(data) };
  }

  /** Launcher 6.36 looks at the status alone, and takes a refusal in a 200 for success. */
  #said(answer: HttpAnswer, about: string): void {
    if (!isSuccessful(answer)) throw statusRefusal(answer);
    let said: string;
    try {
      const { status, message, data } = replyIn(answer);
      if (status === 'OK') return;
      const why = whyOf(data);
      const word = visibleLine((message ?? 'no message').slice(0, 200));
      said = `${visibleLine(status.slice(0, 100))}: ${word}${why === undefined ? '' : `: ${why}`}`;
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      said = error.message;
    }
    this.#parts.device.tell({
      type: 'trouble',
      code: 'HEADWIND_SERVER',
      message: `the server did not take what was sent: ${said}`,
      hint: 'Launcher 6.36 looks at the HTTP status alone and does not notice; neither does anybody else.',
      about,
    });
  }
}

/** What a reply holds beside a configuration: nothing of it is signed. */
function reading<T>(answer: HttpAnswer, read: (bytes: Uint8Array) => T | undefined): T {
  const reply = dataOf(answer);
  const data = parsed(answer, () => read(answer.body));
  if (data === undefined) throw replyRefusal(answer, reply);
  return data;
}

/** What the codecs refuse is an answer that cannot be used. */
function parsed<T>(answer: HttpAnswer, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    throw unusable(answer, `HTTP status: ${answer.status}, Failed to parse JSON: ${cause.message}`, { cause });
  }
}
