import { z } from 'zod';
import { type Command, type Outcome, platformNames } from '../../protocol/vocabulary.js';
import { profileSchema } from './profile-schema.js';

const text = z.string().max(4096);

/** A neutral command as an administrator writes it, and as it is kept on disk. */
export const commandSchema: z.ZodType<Command> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('install-profile'), profile: profileSchema }),
  z.strictObject({ kind: z.literal('remove-profile'), name: text.min(1) }),
  z.strictObject({ kind: z.literal('inventory') }),
  z.strictObject({ kind: z.literal('lock'), message: text.exactOptional(), phoneNumber: text.exactOptional() }),
  z.strictObject({ kind: z.literal('clear-passcode') }),
  z.strictObject({ kind: z.literal('rename'), deviceName: text.min(1) }),
  z.strictObject({ kind: z.literal('restart') }),
  z.strictObject({ kind: z.literal('shut-down') }),
  z.strictObject({ kind: z.literal('locate') }),
  z.strictObject({
    kind: z.literal('lost-mode'),
    on: z.boolean(),
    message: text.exactOptional(),
    phoneNumber: text.exactOptional(),
  }),
  z.strictObject({ kind: z.literal('retire') }),
  z.strictObject({ kind: z.literal('wipe') }),
  z.strictObject({
    kind: z.literal('native'),
    platform: z.enum(platformNames),
    name: text.min(1),
    body: z.unknown(),
  }),
]);

export const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('done'), data: z.record(z.string(), z.unknown()).exactOptional() }),
  z.strictObject({ status: z.literal('later'), reason: z.string() }),
  z.strictObject({ status: z.literal('failed'), reason: z.string(), code: z.string().exactOptional() }),
]);
