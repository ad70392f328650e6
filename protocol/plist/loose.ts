// How other readers take numbers and dates that CoreFoundation refuses: what leniency lifts (docs/wire/apple-sources/plist.md).
import { readDate, readInteger, readReal } from './scalars.js';

/** White space around it. */
export const looseInteger = (text: string): number | bigint | undefined =>
  text.length > 80 ? undefined : readInteger(text.trim());

/** White space around it, around the words too. */
export const looseReal = (text: string): number | undefined => (text.length > 400 ? undefined : readReal(text.trim()));

/** White space around it. */
export const looseDate = (text: string): Date | undefined => (text.length > 80 ? undefined : readDate(text.trim()));
