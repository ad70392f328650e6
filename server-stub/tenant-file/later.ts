// Words of tenant files whose rules are not built yet. Those that stand at the top of the published examples are read and told;
// the others are refused by name. So nobody believes that they do something.
import type { Log } from '../../base/log.js';
import type { Path, TenantProblem } from './problems.js';

/** Read without effect: whoever starts the tenant is warned. By their place in the file. */
export const unemulatedWords = {
  roles: 'role assignments (T7)',
  operators: 'operators with tokens of their own (T7)',
  exchange: 'access to mail (X)',
  conditionalAccess: 'conditional access (X10, X17)',
  apps: 'app assignments (T9, T10)',
  'bms.policies':
    'policies of Basic Mobility and Security in one entry (B4); compliance and profiles of office365 are there',
} as const;

/** Refused, by their place in the file, without positions in lists. */
export const laterWords: Readonly<Record<string, string>> = {
  appProtection: 'app protection (T11)',
  migrations: 'migration plans (G)',
  'settings.mailQuarantine': 'access to mail (X14)',
  'settings.complianceGrace': 'compliance.grace is there already; one for all policies is not (X17)',
  'settings.notRespondingAfter': 'the troubleshooting view (T12)',
};

/** Words of before that stand in another place. */
const movedWords: Readonly<Record<string, string>> = {
  'settings.minimumOs': 'enrollment.minimumOs',
  'settings.minimumCompanyPortal': 'enrollment.minimumCompanyPortal',
  'bms.exclusions': 'bms.exclude',
};

const placeOf = (path: Path): string => path.filter((part) => typeof part === 'string').join('.');

/** What is said of a word that is known and cannot stand there; undefined where it is not known. */
export function knownWord(path: Path): string | undefined {
  const place = placeOf(path);
  if (Object.hasOwn(laterWords, place)) return `comes with a later version: ${laterWords[place]}`;
  return Object.hasOwn(movedWords, place) ? `is written as ${movedWords[place]}` : undefined;
}

/** Where in the file a word stands that is read without effect. */
export function unemulatedIn(raw: unknown): Path[] {
  const paths = Object.keys(unemulatedWords).map((place) => place.split('.'));
  return paths.filter((path) => path.reduce<unknown>(fieldOf, raw) !== undefined);
}

/** Whether the path leads to such a word, or into what stands below it. */
export const isUnemulated = (path: Path): boolean =>
  Object.keys(unemulatedWords).some((place) => place.split('.').every((part, depth) => path[depth] === part));

export const whyUnemulated = (path: Path): string => {
  const place = placeOf(path);
  const known: Readonly<Record<string, string>> = unemulatedWords;
  return `is not emulated yet, and has no effect: ${known[place] ?? place}`;
};

/** Warns whoever starts a tenant of the words of its file that have no effect. */
export function tellUnemulated(log: Pick<Log, 'warn'>, file: string, words: readonly TenantProblem[]): void {
  for (const { path, line = 0, message } of words) {
    log.warn('TENANT_WORD_NOT_EMULATED', { file, line, word: path, why: message });
  }
}

/** Of a record; undefined of anything else. */
function fieldOf(from: unknown, key: string): unknown {
  return typeof from === 'object' && from !== null && Object.hasOwn(from, key) ? Reflect.get(from, key) : undefined;
}
