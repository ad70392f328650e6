import { z } from 'zod';
import { stored } from '../../../../protocol/vocabulary/derive.js';
import { profile } from '../../../../protocol/vocabulary/profile.js';

const text = z.string();
const moment = z.number();
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'is not bytes');
const keyRef = z.union([z.object({ pool: z.string() }), z.object({ pkcs8: z.string() })]);

/** One setting of the document, by its carrier (`gmail`, `companion:wifi:<GUID>`, ...). */
const item = z.object({
  /** The profile's name. */
  name: text,
  /** Whose setting it is, as the document says. */
  owner: z.exactOptional(text),
  /** Of what it was made: while that is the same, nothing is done. */
  hash: text,
  /** `waiting`: for certificates that are not there. */
  state: z.enum(['installed', 'waiting', 'failed']),
  reason: z.exactOptional(text),
  /** The profile that waits, and the names of the certificates that it waits for. */
  waits: z.exactOptional(z.object({ profile: stored(profile), for: z.array(text) })),
});
export type SavedItem = z.infer<typeof item>;

/** A key and its certificate in the device's key store, by alias. */
const identity = z.object({ name: text, certificate: bytes, chain: z.array(bytes), key: keyRef });
export type SavedIdentity = z.infer<typeof identity>;

const pendingRequest = z.object({
  transactionId: text,
  key: keyRef,
  signer: bytes,
  /** It was on its way when this was kept: whether the server has it nobody knows. */
  isUnheard: z.exactOptional(z.literal(true)),
});

/** A certificate that the companion fetches, or renews: what it asks for, and when it asks next. */
const order = z.object({
  name: text,
  url: text,
  caName: z.exactOptional(text),
  challenge: z.exactOptional(text),
  subject: z.array(z.array(z.tuple([text, text]))),
  keySizeBits: z.number(),
  caFingerprint: z.exactOptional(bytes),
  /** How long before its end it is renewed, in seconds, where the document says so. */
  renewBeforeSeconds: z.exactOptional(z.number()),
  /** Absent: at once. */
  at: z.exactOptional(moment),
  /** In vain, since it was last got. */
  tries: z.number(),
  pending: z.exactOptional(pendingRequest),
  /** It was got once, and is renewed. */
  isRenewal: z.exactOptional(z.literal(true)),
});
export type SavedOrder = z.infer<typeof order>;

/** What profiles leave behind on the device, as stored. */
export const profileFields = {
  /** Of all that profiles are made of: unchanged, nothing is looked at. */
  profilesHash: z.exactOptional(text),
  items: z.exactOptional(z.record(text, item)),
  identities: z.exactOptional(z.record(text, identity)),
  orders: z.exactOptional(z.record(text, order)),
};
