// The forms that records are read by, made of their descriptions when the first record is read: an authority without a data folder
// reads none, and to make them is a tenth of its start.
import type { z } from 'zod';
import { type Described, stored } from '../../protocol/vocabulary/derive.js';
import { descriptions } from './descriptions.js';
import { entry } from './device-descriptions.js';
import type { Table } from './persistence.js';

/** A record of the table, as it is read: all that its description has, without bounds. */
export type StoredRecord<T extends Table> = Described<(typeof descriptions)[T]>;

const made = new Map<z.ZodType, z.ZodType>();

function formOf(description: z.ZodType): z.ZodType {
  const known = made.get(description);
  if (known !== undefined) return known;
  const form = stored(description);
  made.set(description, form);
  return form;
}

/** What a record of the table is read by. */
export const recordForm = (table: Table): z.ZodType => formOf(descriptions[table]);

/** What a command that was answered is read by, out of the text in which it is stored. */
export const answeredForm = (): z.ZodType => formOf(entry);
