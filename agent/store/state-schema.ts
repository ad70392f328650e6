import { z } from 'zod';
import { platformNames, profileKinds } from '../../protocol/vocabulary.js';
import { states } from '../model/lifecycle.js';
import type { DeviceState } from '../model/state.js';

// What a stored device must look like to be taken back. Bounds are far above what a genuine one has.

const text = z.string().max(4096);
const bytes = z.instanceof(Uint8Array);
const optionalText = z.exactOptional(text);
const optionalCount = z.exactOptional(z.number().nonnegative());

const mailServer = z.object({
  host: text,
  port: optionalCount,
  tls: z.boolean(),
  authentication: z.enum(['none', 'password', 'cram-md5', 'ntlm', 'digest']),
  username: optionalText,
  password: optionalText,
});

const email = z.object({
  kind: z.literal('email'),
  name: text,
  account: z.enum(['exchange', 'imap', 'pop']),
  emailAddress: text,
  incoming: mailServer,
  outgoing: z.exactOptional(mailServer),
  certificate: optionalText,
  daysToSync: z.exactOptional(z.literal([0, 1, 3, 7, 14, 31])),
});

const vpn = z.object({
  kind: z.literal('vpn'),
  name: text,
  connectionName: text,
  protocol: z.enum(['ikev2', 'l2tp', 'ipsec', 'always-on', 'app']),
  server: text,
  authentication: z.enum(['certificate', 'shared-secret', 'password', 'password-and-certificate', 'none']),
  localIdentifier: optionalText,
  remoteIdentifier: optionalText,
  sharedSecret: optionalText,
  username: optionalText,
  password: optionalText,
  certificate: optionalText,
  app: optionalText,
});

const wifi = z.object({
  kind: z.literal('wifi'),
  name: text,
  ssid: text,
  hidden: z.boolean(),
  autoJoin: z.boolean(),
  security: z.enum(['none', 'wep', 'wpa', 'wpa2', 'wpa3', 'any']),
  passphrase: optionalText,
  eap: z.exactOptional(
    z.object({
      types: z.array(z.enum(['tls', 'peap', 'ttls', 'leap', 'fast', 'sim', 'aka'])).max(16),
      username: optionalText,
      password: optionalText,
      innerAuthentication: z.exactOptional(z.enum(['pap', 'chap', 'mschap', 'mschapv2', 'eap'])),
      identity: optionalText,
      anchors: z.exactOptional(z.array(text).max(100)),
      serverNames: z.exactOptional(z.array(text).max(100)),
    }),
  ),
});

const certificate = z.object({
  kind: z.literal('certificate'),
  name: text,
  role: z.enum(['root', 'intermediate', 'identity']),
  source: z.discriminatedUnion('type', [
    z.object({ type: z.literal('der'), der: bytes }),
    z.object({ type: z.literal('pkcs12'), pkcs12: bytes, password: optionalText }),
    z.object({
      type: z.literal('scep'),
      url: text,
      caName: optionalText,
      challenge: optionalText,
      subject: z.array(z.array(z.tuple([text, text])).max(100)).max(100),
      keySizeBits: z.number(),
      caFingerprint: z.exactOptional(bytes),
    }),
  ]),
});

const configuration = z.object({
  kind: z.literal('configuration'),
  name: text,
  type: text,
  passcode: z.exactOptional(
    z.object({
      required: z.boolean(),
      minLength: optionalCount,
      requireAlphanumeric: z.exactOptional(z.boolean()),
      maxFailedAttempts: optionalCount,
      maxAgeDays: optionalCount,
      maxInactivityMinutes: optionalCount,
    }),
  ),
  settings: z.record(z.string(), z.unknown()),
});

const facts = z.object({
  platform: z.enum(platformNames),
  id: text.min(1),
  serial: text,
  manufacturer: text,
  model: text,
  modelName: text,
  osVersion: text,
  osBuild: text,
  imei: optionalText,
  meid: optionalText,
  wifiMac: text,
  bluetoothMac: text,
  capacityGb: z.number(),
  supervised: z.boolean(),
  native: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const condition = z.object({
  deviceName: text,
  locked: z.boolean(),
  passcode: optionalText,
  online: z.boolean(),
  lostMode: z.exactOptional(z.object({ message: optionalText, phoneNumber: optionalText, footnote: optionalText })),
  powered: z.boolean(),
  batteryPercent: z.number(),
  lockMessage: optionalText,
});

export const stateSchema: z.ZodType<DeviceState> = z.object({
  version: z.literal(1),
  facts,
  lifecycle: z.enum(states),
  condition,
  holdings: z
    .array(
      z.object({
        profile: z.discriminatedUnion('kind', [email, vpn, wifi, certificate, configuration]),
        authority: text,
        installedAt: z.number(),
      }),
    )
    .max(10_000),
  apps: z
    .array(
      z.object({
        id: text,
        name: text,
        version: text,
        sizeBytes: z.number(),
        managed: z.boolean(),
        stays: z.exactOptional(z.boolean()),
      }),
    )
    .max(10_000),
  link: z.exactOptional(
    z.object({ platform: z.enum(platformNames), authority: text, origin: optionalText, data: z.unknown() }),
  ),
  owesCheckIn: z.boolean(),
  lastCheckInAt: z.exactOptional(z.number()),
});

// A kind of profile that is added to the vocabulary must be added above.
const covered: readonly (typeof profileKinds)[number][] = ['email', 'vpn', 'wifi', 'certificate', 'configuration'];
if (profileKinds.some((kind) => !covered.includes(kind))) throw new Error('state-schema.ts lacks a kind of profile');
