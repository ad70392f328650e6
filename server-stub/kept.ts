import type { ZodType } from 'zod';
import { stubError } from './errors.js';
import type { Keep } from './keep.js';

/** What was kept, judged: a folder may be old, damaged or somebody else's. Throws DATA_CORRUPT, naming the key. */
export function readKept<T>(keep: Keep | undefined, what: string, schema: ZodType<T>): [key: string, value: T][] {
  return (keep?.entries() ?? []).map(([key, value]) => {
    const read = schema.safeParse(value);
    if (read.success) return [key, read.data];
    throw stubError('DATA_CORRUPT', `the ${what} stored as "${key.slice(0, 40)}" cannot be read`, {
      cause: read.error,
    });
  });
}
