import type { PlistDict } from '../../protocol/plist/value.js';
import type { DeviceMemory, Organization, PushCertificates } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import type { StubServices } from '../dialect.js';
import type { Declarations } from './declarations.js';
import { uuidOf } from './render.js';

/** What a library user may set of the iOS dialect; everything has a default. */
export interface IosOptions {
  /** Size of the key that the enrollment profile asks for. Default 2048. */
  readonly keySizeBits?: 1024 | 2048 | 4096;
  /**
   * How far the signing time of an Mdm-Signature may be from the stub's clock; a message without one is then refused. Default:
   * a day, and what has none passes, for some of Apple's systems send none. Infinity: any time passes.
   */
  readonly signingSkewMs?: number;
  /** What GetToken is answered, by TokenServiceType. Default: nothing. */
  readonly tokens?: Readonly<Record<string, Uint8Array>>;
}

type IosSettings = Required<Pick<IosOptions, 'keySizeBits' | 'tokens'>> & Pick<IosOptions, 'signingSkewMs'>;

/** What the endpoints of this folder share. */
export interface IosContext extends Omit<StubServices, 'keep'> {
  readonly declarations: Declarations;
  /** Devices between an Idle (or what came instead of it) and the empty answer that ends their session. */
  readonly sessions: Set<string>;
  readonly settings: IosSettings;
  /** Signs a profile as the stub's own. */
  readonly sign: (profile: Buffer) => Promise<Buffer>;
}

/** PayloadIdentifier of the enrollment profile. */
export const enrollmentIdentifier = 'rollcall.enrollment';

/** The topic under which devices of this tenant listen: that of its push certificate, or one of its own. */
export const topicOf = (tenant: Organization & PushCertificates): string =>
  tenant.pushCertificate()?.topic ?? `com.apple.mgmt.External.${uuidOf(`topic/${tenant.id}`).toLowerCase()}`;

/** What the dialect remembers of a device; stored by the core as plain values. */
interface IosMemory {
  readonly topic?: string;
  /** Hex. */
  readonly pushToken?: string;
  readonly pushMagic?: string;
  /** Base64. */
  readonly unlockToken?: string;
  /** Where the device reaches the stub. */
  readonly origin?: string;
  readonly certificateSerial?: string;
  readonly certificateExpiresAt?: number;
  /** The authority that the device was told of last. */
  readonly toldAuthority?: string;
  /** In Setup Assistant, until it is told that it is configured. */
  readonly awaitsConfiguration?: boolean;
}

const textKeys = [
  'topic',
  'pushToken',
  'pushMagic',
  'unlockToken',
  'origin',
  'certificateSerial',
  'toldAuthority',
] as const;

/** What is remembered of a device, as far as it is of the right type. */
export function memoryOf({ dialect }: DeviceRecord): IosMemory {
  const memory: { -readonly [Key in keyof IosMemory]: IosMemory[Key] } = {};
  for (const key of textKeys) {
    const value = dialect[key];
    if (typeof value === 'string') memory[key] = value;
  }
  const expires = dialect['certificateExpiresAt'];
  if (typeof expires === 'number') memory.certificateExpiresAt = expires;
  return memory;
}

export function remember(tenant: DeviceMemory, device: DeviceRecord, changes: IosMemory): void {
  tenant.setDialect(device.deviceId, { ...device.dialect, ...changes });
}

/** A Command dictionary. */
export const command = (requestType: string, keys: PlistDict = {}): PlistDict => ({
  RequestType: requestType,
  ...keys,
});
