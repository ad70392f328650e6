// What links store: described by zod, checked once when it is read or about to be stored, and not again while it is the same object.
import { z } from 'zod';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import { agentError } from '../errors.js';
import { isJudged, noteJudged } from '../model/judged.js';

/** Reads and checks the data of one platform's links. */
interface SavedForm<D extends object> {
  /**
   * Data that is about to be stored. Throws STATE_INVALID, naming the field, where it could not be read again. What is the same in
   * `before`, which was checked, is not looked at.
   */
  trust(data: D, before?: D): D;
  /** What `Link.saved` held. Throws STATE_CORRUPT naming the first field that is wrong. */
  read(data: unknown): D;
}

/** `name`: the platform's as messages write it: `iOS`. */
export function savedForm<D extends object>(name: string, description: z.ZodObject & z.ZodType<D>): SavedForm<D> {
  const platform = name.toLowerCase();
  /** The parts of such data: what a session did not change is not looked at again. */
  const knownParts = new WeakSet<object>();
  const fields: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(description.shape));
  const required = [...fields].flatMap(([key, field]) => (field instanceof z.ZodExactOptional ? [] : [key]));

  function remember(data: D): D {
    for (const part of Object.values(data)) if (typeof part === 'object' && part !== null) knownParts.add(part);
    noteJudged(data, platform);
    return data;
  }

  function check(key: string, part: unknown): void {
    const field = fields.get(key);
    const why = field === undefined ? undefined : misfit(field, part);
    if (why !== undefined)
      throw agentError(
        'STATE_INVALID',
        `${articleOf(name)} ${name} link of this state cannot be stored: ${key}: ${why}`,
      );
  }

  return {
    trust(data, before) {
      const known = before !== undefined && isJudged(before, platform) ? before : undefined;
      for (const key of required) if (!Object.hasOwn(data, key)) check(key, undefined);
      for (const key in data) {
        const part: unknown = data[key];
        if (known !== undefined && part !== undefined && known[key] === part) continue;
        if (typeof part === 'object' && part !== null && knownParts.has(part)) continue;
        check(key, part);
        if (typeof part === 'object' && part !== null) knownParts.add(part);
      }
      if (known === undefined) return remember(data);
      noteJudged(data, platform);
      return data;
    },
    read(data) {
      if (isJudged(data, platform)) return remember(data as D);
      const read = description.safeParse(data);
      if (!read.success) {
        const first = read.error.issues[0];
        throw agentError('STATE_CORRUPT', `saved ${name} link: ${first?.path.join('.')}: ${first?.message}`, {
          cause: read.error,
        });
      }
      return remember(read.data);
    },
  };
}

const articleOf = (name: string): string => (/^[aeiou]/i.test(name) ? 'an' : 'a');
