// What an authority may ask of a device and how a device answers: the one description of both.
import { z } from 'zod';
import type { Described } from './derive.js';
import { noted, opaque, opaqueRecord, text } from './fields.js';
import { platformNames } from './names.js';
import { profile } from './profile.js';

/** A text that says something; a device may be sent an empty one. */
const filled = noted(text, { authored: text.min(1) });

/** What an authority asks of a device. `native` carries what only one platform has. */
export const command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('install-profile'), profile }),
  z.strictObject({ kind: z.literal('remove-profile'), name: filled }),
  z.strictObject({ kind: z.literal('inventory') }),
  z.strictObject({ kind: z.literal('lock'), message: text.exactOptional(), phoneNumber: text.exactOptional() }),
  z.strictObject({ kind: z.literal('clear-passcode') }),
  z.strictObject({ kind: z.literal('rename'), deviceName: filled }),
  z.strictObject({ kind: z.literal('restart') }),
  z.strictObject({ kind: z.literal('shut-down') }),
  z.strictObject({ kind: z.literal('locate') }),
  z.strictObject({
    kind: z.literal('lost-mode'),
    on: z.boolean(),
    message: text.exactOptional(),
    phoneNumber: text.exactOptional(),
    footnote: text.exactOptional(),
  }),
  /** Leave management: what the authority installed goes, personal data stays. */
  z.strictObject({ kind: z.literal('retire') }),
  z.strictObject({ kind: z.literal('wipe') }),
  z.strictObject({ kind: z.literal('native'), platform: z.enum(platformNames), name: filled, body: opaque }),
]);
/** What an authority asks of a device; `native` carries what only one platform has. */
export type Command = Described<typeof command>;
/** The kinds of commands. */
export type CommandKind = Command['kind'];

/** How a device answered. `later` means: not now, the device comes back by itself (iOS NotNow). */
export const outcome = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('done'), data: opaqueRecord.exactOptional() }),
  z.strictObject({ status: z.literal('later'), reason: z.string() }),
  z.strictObject({
    status: z.literal('failed'),
    reason: z.string(),
    code: z.string().exactOptional(),
    /** The device has no such ability, now or at all: Graph's `notSupported`. */
    isUnsupported: z.literal(true).exactOptional(),
  }),
]);
/** How a device answered a command. */
export type Outcome = Described<typeof outcome>;
