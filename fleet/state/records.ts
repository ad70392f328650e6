// What lies in a journal of devices. Its checks are right when it is read, so what does not fit was written by another version.
import { z } from 'zod';
import type { Beside } from '../../agent/index.js';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import { deviceErrors } from './generations.js';

const bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value), 'is not bytes');
/** A packed state, and the number of the dictionary that it was packed with. */
const device = z.strictObject({ packed: bytes, by: z.int().min(0) });
const small = z.union([
  z.number(),
  z.boolean(),
  z.string(),
  z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
]);
const beside = z.strictObject({
  lastCheckInAt: z.exactOptional(z.number()),
  link: z.exactOptional(z.record(z.string(), small)),
});

const reading =
  <T>(form: z.ZodType<T>) =>
  (value: unknown, what: string): T => {
    const { data } = form.safeParse(value);
    if (data === undefined) throw deviceErrors.damaged(`${what}: ${misfit(form, value)}`);
    return data;
  };

/** Each throws STATE_CORRUPT, with `what` in its message. */
export const readDevice = reading(device);
export const readDictionary = reading(bytes);
export const readBeside = (value: unknown, what: string): Beside =>
  value === undefined ? {} : reading(beside)(value, what);
