// The neutral profile as it is written in tenant files, in the admin API and on disk. Bytes are base64 in text, bytes on disk.
import { z } from 'zod';
import type { Profile } from '../../protocol/vocabulary.js';

const word = z.string().min(1).max(512);
const text = z.string().max(4096);
const port = z.int().min(1).max(65535);

const base64 = z
  .string()
  .max(4_000_000)
  .regex(/^[A-Za-z0-9+/\s]*={0,2}\s*$/, 'not base64')
  .transform((value): Uint8Array => Buffer.from(value, 'base64'));
export const bytesSchema = z.union([z.instanceof(Uint8Array), base64]);

const mailServer = z.strictObject({
  host: word,
  port: port.exactOptional(),
  tls: z.boolean(),
  authentication: z.enum(['none', 'password', 'cram-md5', 'ntlm', 'digest']),
  username: text.exactOptional(),
  password: text.exactOptional(),
});

const email = z.strictObject({
  kind: z.literal('email'),
  name: word,
  account: z.enum(['exchange', 'imap', 'pop']),
  emailAddress: word,
  incoming: mailServer,
  outgoing: mailServer.exactOptional(),
  certificate: word.exactOptional(),
  daysToSync: z.literal([0, 1, 3, 7, 14, 31]).exactOptional(),
});

const vpn = z.strictObject({
  kind: z.literal('vpn'),
  name: word,
  connectionName: word,
  protocol: z.enum(['ikev2', 'l2tp', 'ipsec', 'always-on', 'app']),
  server: word,
  authentication: z.enum(['certificate', 'shared-secret', 'password', 'password-and-certificate', 'none']),
  localIdentifier: text.exactOptional(),
  remoteIdentifier: text.exactOptional(),
  sharedSecret: text.exactOptional(),
  username: text.exactOptional(),
  password: text.exactOptional(),
  certificate: word.exactOptional(),
  app: word.exactOptional(),
});

const eap = z.strictObject({
  types: z
    .array(z.enum(['tls', 'peap', 'ttls', 'leap', 'fast', 'sim', 'aka']))
    .min(1)
    .max(7),
  username: text.exactOptional(),
  password: text.exactOptional(),
  innerAuthentication: z.enum(['pap', 'chap', 'mschap', 'mschapv2', 'eap']).exactOptional(),
  identity: word.exactOptional(),
  anchors: z.array(word).max(32).exactOptional(),
  serverNames: z.array(word).max(32).exactOptional(),
});

const wifi = z.strictObject({
  kind: z.literal('wifi'),
  name: word,
  ssid: z.string().min(1).max(128), // 32 octets on the air, longer while it holds placeholders
  hidden: z.boolean(),
  autoJoin: z.boolean(),
  security: z.enum(['none', 'wep', 'wpa', 'wpa2', 'wpa3', 'any']),
  passphrase: text.exactOptional(),
  eap: eap.exactOptional(),
});

const source = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('der'), der: bytesSchema }),
  z.strictObject({ type: z.literal('pkcs12'), pkcs12: bytesSchema, password: text.exactOptional() }),
  z.strictObject({
    type: z.literal('scep'),
    url: word,
    caName: word.exactOptional(),
    challenge: text.exactOptional(),
    subject: z.array(z.array(z.tuple([word, text])).min(1)).max(32),
    keySizeBits: z.literal([1024, 2048, 3072, 4096]),
    caFingerprint: bytesSchema.exactOptional(),
  }),
]);

const certificate = z.strictObject({
  kind: z.literal('certificate'),
  name: word,
  role: z.enum(['root', 'intermediate', 'identity']),
  source,
});

const passcode = z.strictObject({
  required: z.boolean(),
  minLength: z.int().min(0).max(16).exactOptional(),
  requireAlphanumeric: z.boolean().exactOptional(),
  maxFailedAttempts: z.int().min(2).max(11).exactOptional(),
  maxAgeDays: z.int().min(0).max(730).exactOptional(),
  maxInactivityMinutes: z.int().min(0).max(60).exactOptional(),
});

const configuration = z.strictObject({
  kind: z.literal('configuration'),
  name: word,
  type: word,
  passcode: passcode.exactOptional(),
  settings: z.record(z.string(), z.unknown()),
});

export const profileSchema: z.ZodType<Profile> = z.discriminatedUnion('kind', [
  email,
  vpn,
  wifi,
  certificate,
  configuration,
]);
