import type { DeviceMemory } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import type { StubServices } from '../dialect.js';
import type { Hardware } from './hardware.js';
import type { Sessions } from './sessions.js';
import type { Tokens } from './tokens.js';

/** DMClient's Poll (specs/windows.md §1.5): three schedules in turn. Intervals in minutes, 0: none; number 0: for ever. */
export interface PollSchedule {
  readonly first: { readonly retries: number; readonly minutes: number };
  readonly second: { readonly retries: number; readonly minutes: number };
  readonly remaining: { readonly retries: number; readonly minutes: number };
  /** A session at each login. */
  readonly onLogin: boolean;
}

/** How a management session proves who speaks, beside the TLS client certificate. */
export type SessionAuthentication = 'certificate' | 'md5' | 'basic';

/** What a library user may set of the Windows dialect; everything has a default. */
export interface WindowsOptions {
  /** What Discover answers: user name and password in the request, or the sign-in page of the stub. Default OnPremise. */
  readonly authPolicy?: 'OnPremise' | 'Federated';
  /** What devices are told of polling. Default: every 15 minutes eight times, then every eight hours. */
  readonly poll?: PollSchedule;
  /** How long before the end of its certificate a device renews it, in days. Default 42. */
  readonly renewPeriodDays?: number;
  /** How long it waits after a renewal that failed, in days. Default 7. */
  readonly renewRetryDays?: number;
  /** Default `certificate`: nothing but the client certificate is asked for. */
  readonly auth?: SessionAuthentication;
  /** With `auth` md5 or basic: credentials once a session (the answer is 212), or in each of its messages (200). Default once. */
  readonly credentials?: 'session' | 'message';
  /** Size of the key that GetPolicies asks for. Default 2048. */
  readonly keySizeBits?: 2048 | 4096;
  /** Most bytes of a message that devices may send (MaxMsgSize). Default 524,288. */
  readonly maxMessageBytes?: number;
}

export type WindowsSettings = Required<WindowsOptions>;

export const defaultSettings: WindowsSettings = {
  authPolicy: 'OnPremise',
  poll: {
    first: { retries: 8, minutes: 15 },
    second: { retries: 0, minutes: 0 },
    remaining: { retries: 0, minutes: 480 },
    onLogin: false,
  },
  renewPeriodDays: 42,
  renewRetryDays: 7,
  auth: 'certificate',
  credentials: 'session',
  keySizeBits: 2048,
  maxMessageBytes: 524_288,
};

/** What the endpoints of this folder share. */
export interface WindowsContext extends Omit<StubServices, 'keep'> {
  readonly settings: { poll: PollSchedule } & Omit<WindowsSettings, 'poll'>;
  readonly tokens: Tokens;
  readonly hardware: Hardware;
  readonly sessions: Sessions;
}

/** PROVIDER-ID of the account that a device is given. */
export const providerId = 'Rollcall';

export const paths = {
  discovery: '/EnrollmentServer/Discovery.svc',
  policy: '/EnrollmentServer/Policy.svc',
  enrollment: '/EnrollmentServer/Enrollment.svc',
  signIn: '/EnrollmentServer/Authenticate',
  management: '/ManagementServer/MDM.svc',
} as const;

/** Where a profile lies on the device, so that it is found again when it is replaced or removed. */
export interface HeldNodes {
  /** LocURIs that a removal deletes. */
  readonly nodes: readonly string[];
  /** What was written below them: leaves that one version has and the next has not are not left behind. */
  readonly shape: string;
}

/** A SCEP enrollment that the device has taken and not finished. */
export interface AwaitedCertificate {
  readonly commandId: string;
  /** `./Device/.../SCEP/{UniqueID}` */
  readonly node: string;
}

/** What the dialect remembers of a device; stored by the core as plain values. */
export interface WindowsMemory {
  readonly hardwareId?: string;
  readonly manufacturer?: string;
  /** Full: the certificate is the user's; Device: the machine's. */
  readonly enrollmentType?: 'Full' | 'Device';
  /** Where the device reaches the stub. */
  readonly origin?: string;
  /** Serial of the certificate that it speaks with. */
  readonly certificateSerial?: string;
  readonly certificateExpiresAt?: number;
  /** Serials of certificates that renewals gave and it has not used yet: until it has, the one before is good. */
  readonly renewals?: readonly string[];
  /** AAUTHSECRET of the device. */
  readonly secret?: string;
  /** Hex: the token of its WNS channel; and when it was asked for it last. */
  readonly channelToken?: string;
  readonly channelAskedAt?: number;
  readonly held?: Readonly<Record<string, HeldNodes>>;
  readonly awaited?: Readonly<Record<string, AwaitedCertificate>>;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(isText) : []);

/** What is remembered of a device, as far as it is of the right type. */
export function memoryOf({ dialect }: DeviceRecord): WindowsMemory {
  const memory: { -readonly [Key in keyof WindowsMemory]: WindowsMemory[Key] } = {};
  for (const key of ['hardwareId', 'manufacturer', 'origin', 'certificateSerial', 'secret', 'channelToken'] as const) {
    const value = dialect[key];
    if (isText(value)) memory[key] = value;
  }
  const { certificateExpiresAt: expires, channelAskedAt, enrollmentType: type, renewals, held, awaited } = dialect;
  if (typeof channelAskedAt === 'number') memory.channelAskedAt = channelAskedAt;
  if (typeof expires === 'number') memory.certificateExpiresAt = expires;
  if (type === 'Full' || type === 'Device') memory.enrollmentType = type;
  if (renewals !== undefined) memory.renewals = texts(renewals);
  if (isRecord(held)) memory.held = Object.fromEntries(Object.entries(held).flatMap(readHeld));
  if (isRecord(awaited)) memory.awaited = Object.fromEntries(Object.entries(awaited).flatMap(readAwaited));
  return memory;
}

function readHeld([name, value]: readonly [string, unknown]): [string, HeldNodes][] {
  if (!isRecord(value)) return [];
  const { nodes, shape } = value;
  return [[name, { nodes: texts(nodes), shape: isText(shape) ? shape : '' }]];
}

function readAwaited([name, value]: readonly [string, unknown]): [string, AwaitedCertificate][] {
  if (!isRecord(value)) return [];
  const { commandId, node } = value;
  return isText(commandId) && isText(node) ? [[name, { commandId, node }]] : [];
}

/** Nothing happens where the device is gone. */
export function remember(tenant: Rememberer, deviceId: string, changes: WindowsMemory): void {
  const device = tenant.device(deviceId);
  if (device !== undefined) tenant.setDialect(deviceId, { ...device.dialect, ...changes });
}

type Rememberer = DeviceMemory & { device(deviceId: string): DeviceRecord | undefined };

/** A record by name with this entry put in, or taken out where it is undefined. */
export function withEntry<T>(
  record: Readonly<Record<string, T>> | undefined,
  name: string,
  entry: T | undefined,
): Readonly<Record<string, T>> {
  const others = Object.entries(record ?? {}).filter(([key]) => key !== name);
  return Object.fromEntries(entry === undefined ? others : [...others, [name, entry]]);
}
