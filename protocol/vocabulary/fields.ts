// The kinds of field that descriptions are made of, and what is noted of a field beside its type and bounds.
import { z } from 'zod';

/** What a description says of a field beside its type. */
interface FieldNote {
  /** Gives access to something: it is shown to nobody (mask.ts). */
  readonly isSecret?: true;
  /** The form in which a person writes it into a tenant file or the admin API, where that is narrower or has another spelling. */
  readonly authored?: z.ZodType;
}

const notes = new WeakMap<z.ZodType, FieldNote>();

/** What is noted of this very schema; the notes of what it wraps or holds are theirs. */
export const noteOf = (schema: z.ZodType): FieldNote => notes.get(schema) ?? {};

/** The schema with these notes, beside those that it has; the given one keeps its own. */
export function noted<S extends z.ZodType>(schema: S, note: FieldNote): S {
  const own = schema.clone();
  notes.set(own, { ...noteOf(schema), ...note });
  return own;
}

/** The field, marked as a secret. */
export const secret = <S extends z.ZodType>(schema: S): S => noted(schema, { isSecret: true });

/** Characters of any text that a device holds or is sent. */
const maxText = 4096;
const maxBytes = 4 * 1024 * 1024;

export const text = z.string().max(maxText);

/** What names a thing: a setting, a host, an account. A person does not leave it empty; a device may be sent it so. */
export const word = noted(text, { authored: z.string().min(1).max(512) });

export const wholeNumber = (least: number, most: number) => z.number().int().min(least).max(most);

export const port = noted(wholeNumber(0, 65_535), { authored: wholeNumber(1, 65_535) });

const base64 = z
  .string()
  .max(Math.ceil(maxBytes / 3) * 4)
  .regex(/^[A-Za-z0-9+/\s]*={0,2}\s*$/, 'not base64')
  .transform((value): Uint8Array => Buffer.from(value, 'base64'));

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

const plainBytes = z
  .custom<Uint8Array>(isBytes, 'is not bytes')
  .refine((value) => value.length <= maxBytes, `longer than ${maxBytes} bytes`);

/** Bytes; a person writes them as base64. */
export const bytes = noted(plainBytes, { authored: z.union([plainBytes, base64]) });

/** Plain values whose names are somebody else's: what is secret in them is told by the spelling of the names alone. */
export const opaque = z.unknown();
export const opaqueRecord = z.record(z.string(), z.unknown());
