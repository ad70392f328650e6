// Secrets that were left out of an exported tenant, put back from the tenant that has them.
import type { PlatformName } from '../../protocol/vocabulary.js';
import { bulkTokenId } from './admission-parts.js';
import { userId } from './people.js';
import { profileId } from './policies.js';
import type { Path, Report } from './problems.js';
import { hiddenSecret } from './write.js';

/** `current`: the tenant as plain values, with its secrets. What has no counterpart there stays. */
export function withSecretsOf(raw: unknown, current: unknown): unknown {
  if (!isRecord(raw) || !isRecord(current)) return raw;
  const filled = (key: 'users' | 'profiles' | 'bulkTokens', keyOf: (item: Plain) => string) => {
    const { [key]: items } = raw;
    if (!Array.isArray(items)) return {};
    const { [key]: known } = current;
    const byKey = new Map((Array.isArray(known) ? known : []).filter(isRecord).map((each) => [keyOf(each), each]));
    return { [key]: items.map((item: unknown) => (isRecord(item) ? restored(item, byKey.get(keyOf(item))) : item)) };
  };
  return {
    ...raw,
    ...filled('users', keyOfUser),
    ...filled('profiles', keyOfProfile),
    ...filled('bulkTokens', keyOfToken),
  };
}

type Plain = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is no text is a mistake that is told later; here it has no counterpart. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const keyOfUser = ({ id, upn }: Plain): string => (typeof id === 'string' ? id : userId(textOf(upn)));

const keyOfToken = ({ id, name }: Plain): string => (typeof id === 'string' ? id : bulkTokenId(textOf(name)));

function keyOfProfile(entry: Plain): string {
  const { id, authority, platforms } = entry;
  const name = isRecord(entry['profile']) ? entry['profile']['name'] : entry['name'];
  const of = Array.isArray(platforms) ? (platforms.map(textOf) as PlatformName[]) : [];
  return typeof id === 'string' ? id : profileId(textOf(authority), textOf(name), of);
}

function restored(value: unknown, known: unknown): unknown {
  if (value === hiddenSecret) return known ?? value;
  if (Array.isArray(value))
    return value.map((item, index) => restored(item, Array.isArray(known) ? known[index] : undefined));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, restored(item, isRecord(known) ? known[key] : undefined)]),
  );
}

/** Reports each secret that is still left out. */
export function reportHidden(raw: unknown, report: Report): void {
  const seen = new Set<object>();
  const visit = (value: unknown, path: Path): void => {
    if (value === hiddenSecret) {
      report(path, 'was left out when the tenant was exported: export it with ?secrets=1, or write the secret');
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index]);
    else for (const [key, item] of Object.entries(value)) visit(item, [...path, key]);
  };
  visit(raw, []);
}
