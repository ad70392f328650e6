import type { DynamicInfoSettings } from '../../protocol/headwind/dynamic-info.js';
import { defaultSecret } from '../../protocol/headwind/signature.js';
import type { StubServices } from '../dialect.js';
import type { Expiring } from '../expiring.js';
import type { StubRequest } from '../http-types.js';
import type { Keep } from '../keep.js';
import type { PushBroker } from '../mqtt/index.js';
import type { Shelf } from './files/shelf.js';
import type { Groups } from './groups.js';
import type { DeviceLogs } from './logs.js';
import type { Numbers } from './numbers.js';
import type { Pushes } from './pushes.js';
import type { TextMessages } from './text-messages.js';
import type { WipedNumbers } from './wiped.js';

/** How devices are told to wait for pushes (`pushOptions` of a configuration). */
type PushOption = 'mqttAlarm' | 'mqttWorker' | 'polling';

/** What a library user may set of the Android dialect; everything has a default. */
export interface AndroidOptions {
  /** Port of the MQTT broker; 0 (the default) takes a free one. */
  readonly mqttPort?: number;
  /** Publish through this broker (`mqtt://user:password@host:port`) instead of one of our own. */
  readonly mqttUrl?: string;
  /** At a broker of our own a device may subscribe to its own number alone. Default false: to whatever it likes, as at a real server. */
  readonly mqttConfined?: boolean;
  /** Servlet context of the server, such as `/hmdm`. Default: the root. */
  readonly contextPath?: string;
  /** Requests must be signed (`secure.enrollment=1`). Default true. */
  readonly secureEnrollment?: boolean;
  /** The secret that requests and answers are signed with (`hash.secret`). Default: the public one of every stock server. */
  readonly sharedSecret?: string;
  /** How long a poll without a push is held (`polling.timeout`). Default 60 s, in real time. */
  readonly pollTimeoutMs?: number;
  /** A device that asks without having enrolled is created, without a user ("Create new devices"). Default false. */
  readonly createOnDemand?: boolean;
  /** Who has enrolled and said so may not enroll again (`prevent.duplicate.enrollment`). Default false. */
  readonly preventDuplicate?: boolean;
  /** Default mqttAlarm. */
  readonly pushOptions?: PushOption;
  /** MQTT keepalive that devices are told. Default 300. */
  readonly keepaliveSeconds?: number;
}

/** The options with their defaults, as they are now: the handle may change them while the dialect serves. */
export interface AndroidSettings {
  readonly contextPath: string;
  secureEnrollment: boolean;
  readonly sharedSecret: string;
  pollTimeoutMs: number;
  createOnDemand: boolean;
  preventDuplicate: boolean;
  pushOptions: PushOption;
  keepaliveSeconds: number;
  /** Where devices are to go (`newServerUrl` of the configuration). */
  newServerUrl: string | undefined;
  /** What devices are told of dynamic info; what they send is taken in any case. */
  dynamicInfo: DynamicInfoSettings;
}

export const defaultSettings: AndroidSettings = {
  contextPath: '',
  secureEnrollment: true,
  sharedSecret: defaultSecret,
  pollTimeoutMs: 60_000,
  createOnDemand: false,
  preventDuplicate: false,
  pushOptions: 'mqttAlarm',
  keepaliveSeconds: 300,
  newServerUrl: undefined,
  dynamicInfo: { intervalMins: 15, sendData: false },
};

/** What the endpoints of this folder share. */
export interface AndroidContext extends Omit<StubServices, 'keep'> {
  readonly settings: AndroidSettings;
  /** Where changes of them outlive a restart. */
  readonly keptSettings: Keep | undefined;
  readonly numbers: Numbers;
  readonly groups: Groups;
  readonly pushes: Pushes;
  readonly texts: TextMessages;
  readonly wiped: WipedNumbers;
  /** Numbers under which a person's device was refused (refused-numbers.ts). */
  readonly refused: Expiring<{ readonly expiresAt: number }>;
  readonly shelf: Shelf;
  readonly logs: DeviceLogs;
  readonly broker: Pick<PushBroker, 'publish' | 'forget' | 'url' | 'port'>;
}

/** Id of the one configuration that there is; `com.hmdm.CONFIG` of a QR code. */
export const configurationId = 1;

/** Addresses below the context path (specs/android.md §1). */
export const paths = {
  configuration: '/rest/public/sync/configuration/:number',
  info: '/rest/public/sync/info',
  applicationSettings: '/rest/public/sync/applicationSettings/:number',
  polling: '/rest/notification/polling/:number',
  legacyPolling: '/rest/notifications/device/:number',
  qr: '/rest/public/qr/:key',
  qrJson: '/rest/public/qr/json/:key',
  logRules: '/rest/plugins/devicelog/log/rules/:number',
  logList: '/rest/plugins/devicelog/log/list/:number',
  dynamicInfoSettings: '/rest/plugins/deviceinfo/deviceinfo-plugin-settings/device/:number',
  locations: '/rest/plugins/devicelocations/public/update/:number',
  dynamicInfo: '/rest/plugins/deviceinfo/deviceinfo/public/:number',
  messageStatus: '/rest/plugins/messaging/public/status/:id/:status',
  reset: '/rest/plugins/devicereset/public/:number',
  rebooted: '/rest/plugins/devicereset/public/reboot/:number',
  passwordReset: '/rest/plugins/devicereset/public/password/:number',
  files: '/files',
} as const;

/** Base of the addresses that a device is told: what it reached the stub by last, with the context path. */
export const baseUrlOf = (request: Pick<StubRequest, 'headers'>, { addresses, settings }: AndroidContext): string =>
  addresses.originFor(request) + settings.contextPath;
