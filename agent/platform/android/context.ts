// What the parts of the Android device share. The link makes one context for each session.
import type {
  DeviceInfo,
  EnrollmentRequest,
  HeadwindConfiguration,
  LogItem,
  LogRule,
} from '../../../protocol/headwind/types.js';
import type { HttpAnswer, HttpRequest, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { Apply, DeviceView, SaveDevice } from '../driver.js';
import type { Manners } from './manners.js';
import type { AndroidMemory } from './memory.js';

/** A configuration that the server sent and the device took. */
export interface ReceivedConfiguration {
  readonly configuration: HeadwindConfiguration;
  /** The text of `data`, as it is kept. */
  readonly text: string;
}

/** What the first request of an enrollment says: its body, and headers beside those of every request. */
export interface Enrolling {
  readonly request: EnrollmentRequest;
  readonly headers: Readonly<Record<string, string>>;
}

/** How something is downloaded. */
export interface DownloadOptions extends Pick<HttpRequest, 'into'> {
  readonly maxBytes: number;
  readonly range?: string;
}

/** The calls of the protocol, with signatures, time-outs, primary and secondary address (specs/android.md §1.1 to §1.7). */
export interface HeadwindApi {
  /** Requests made so far. */
  readonly requests: number;
  /** POST with a body (enrollment), GET without. Throws CHECKIN_REFUSED for error.notfound.device, else TRANSPORT_LOST, AUTHORITY_BUSY. */
  sync(enrollment?: Enrolling): Promise<ReceivedConfiguration>;
  /** The trial of a migration: GET at another address, its signature is not judged. Throws what `sync` throws. */
  trial(serverUrl: string): Promise<ReceivedConfiguration>;
  /**
   * `endsEnrollment`: it is the first one, and a server that says why it refuses the device (by convention) is listened to: throws
   * CHECKIN_REFUSED or AUTHORITY_BUSY with `details.refusal` then. Any other ERROR is told, and passed over.
   */
  sendInfo(info: DeviceInfo, endsEnrollment?: boolean): Promise<void>;
  logRules(): Promise<readonly LogRule[]>;
  sendLog(items: readonly LogItem[]): Promise<void>;
  /** devicereset: the device may act where the server has confirmed (2xx). `unanswered`: it may have, and the device did not hear it. */
  confirm(what: 'reset' | 'reboot' | 'password', info: DeviceInfo): Promise<'confirmed' | 'refused' | 'unanswered'>;
  /** messaging: 1 delivered, 2 read. */
  messageStatus(id: string, status: 1 | 2): Promise<void>;
  dynamicInfoSettings(): Promise<{ readonly sendData: boolean; readonly intervalMins: number }>;
  sendDynamicInfo(items: readonly unknown[]): Promise<void>;
  /**
   * A file or an app; the address is sent as it is written, percent-encoding what a request line cannot carry. `into`: as
   * `HttpRequest` has it.
   */
  download(url: string, options: DownloadOptions): Promise<HttpAnswer>;
}

/** What everything that a check-in does may use. */
export interface AndroidContext {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: AndroidMemory;
  readonly server: ServerTrust;
  readonly manners: Manners;
  readonly api: HeadwindApi;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  readonly save: SaveDevice;
  readonly undo: () => void;
}

/** What is known of a device without a session. */
export interface KnownContext extends Pick<AndroidContext, 'device' | 'manners'> {
  readonly memory: Pick<AndroidMemory, 'data'>;
}
