// What the dialect remembers of a device.
import type { DeviceMemory } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';

/** Where a profile lies on the device, so that it is found again when it is replaced or removed. */
export interface HeldNodes {
  /** LocURIs that a removal deletes. */
  readonly nodes: readonly string[];
  /** What was written below them: leaves that one version has and the next has not are not left behind. */
  readonly shape: string;
}

/** A SCEP enrollment that the device has taken and not finished. */
interface AwaitedCertificate {
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
  /** It came by Entra: a device of the organization's directory. */
  readonly isJoined?: boolean;
  /** Where the device reaches the stub. */
  readonly origin?: string;
  /** Serial of the certificate that it speaks with. */
  readonly certificateSerial?: string;
  readonly certificateExpiresAt?: number;
  /** Serials of certificates that renewals gave and it has not used yet: until it has, the one before is good. */
  readonly renewals?: readonly string[];
  /** AAUTHSECRET of the device. */
  readonly secret?: string;
  /** What the stub shows to it: AAUTHSECRET of its own side, and the nonce that the device gave last, as AAUTHDATA has it. */
  readonly serverSecret?: string;
  readonly serverNonce?: string;
  /** Hex: the token of its WNS channel; and when it was asked for it last. */
  readonly channelToken?: string;
  readonly channelAskedAt?: number;
  /** The authority that the device was told of last. */
  readonly toldAuthority?: string;
  /** Commands below ./User that were refused once and are said once more: the person may just have signed out. The newest last. */
  readonly putOff?: readonly string[];
  readonly held?: Readonly<Record<string, HeldNodes>>;
  readonly awaited?: Readonly<Record<string, AwaitedCertificate>>;
}

const textKeys = [
  'hardwareId',
  'manufacturer',
  'origin',
  'certificateSerial',
  'secret',
  'serverSecret',
  'serverNonce',
  'channelToken',
  'toldAuthority',
] as const;

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(isText) : []);

/** What is remembered of a device, as far as it is of the right type. */
export function memoryOf({ dialect }: DeviceRecord): WindowsMemory {
  const memory: { -readonly [Key in keyof WindowsMemory]: WindowsMemory[Key] } = {};
  for (const key of textKeys) {
    const value = dialect[key];
    if (isText(value)) memory[key] = value;
  }
  const { certificateExpiresAt: expires, channelAskedAt, enrollmentType: type, renewals, held, awaited } = dialect;
  if (typeof dialect['isJoined'] === 'boolean') memory.isJoined = dialect['isJoined'];
  if (typeof channelAskedAt === 'number') memory.channelAskedAt = channelAskedAt;
  if (typeof expires === 'number') memory.certificateExpiresAt = expires;
  if (type === 'Full' || type === 'Device') memory.enrollmentType = type;
  if (renewals !== undefined) memory.renewals = texts(renewals);
  if (dialect['putOff'] !== undefined) memory.putOff = texts(dialect['putOff']);
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
