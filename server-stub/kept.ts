import type { ZodType } from 'zod';
import { stubError } from './errors.js';
import type { Keep } from './keep.js';

/**
 * What was kept, judged: a folder may be old, damaged or somebody else's. A value that cannot be read is set aside, and the others
 * are there. With `isVital` it is DATA_CORRUPT, naming the key: for what must not be missing where it was there before.
 */
export function readKept<T>(
  keep: Keep | undefined,
  what: string,
  schema: ZodType<T>,
  { isVital = false }: { readonly isVital?: boolean } = {},
): [key: string, value: T][] {
  const read: [key: string, value: T][] = [];
  for (const [key, stored] of keep?.entries() ?? []) {
    const { value, problem } = judge(schema, stored);
    if (problem === undefined) read.push([key, value as T]);
    else if (isVital) {
      throw stubError('DATA_CORRUPT', `the ${what} stored as "${key.slice(0, 40)}" cannot be read: ${problem}`);
    } else keep?.setAside(key, `the ${what} cannot be read: ${problem}`);
  }
  return read;
}

/** A schema's own transformations may throw: what cannot be made of a value is a value that cannot be read. */
function judge<T>(schema: ZodType<T>, stored: unknown): { readonly value?: T; readonly problem?: string } {
  try {
    const { data, error } = schema.safeParse(stored);
    const issue = error?.issues[0];
    return issue === undefined
      ? { value: data as T }
      : { problem: `${issue.path.map(String).join('.')}: ${issue.message}` };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
