import { createHash } from 'node:crypto';
import type { Profile } from '../../protocol/vocabulary.js';

/** Values in one spelling: keys sorted, bytes told apart from text, so that equal profiles hash alike. */
function canonical(value: unknown): unknown {
  if (value instanceof Uint8Array) return { '#bytes': Buffer.from(value).toString('base64') };
  if (value instanceof Date) return { '#date': value.toISOString() };
  if (typeof value === 'bigint') return { '#integer': String(value) };
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, item]) => [key, canonical(item)]);
}

/** Identifies the content of a profile as it was assigned, before any placeholder is filled. */
export const versionOf = (profile: Profile): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(profile)))
    .digest('base64url')
    .slice(0, 22);
