// Each way in which an enrollment fails, as a document to read: what a failure's `resources` lead to.
import { admission } from '../core/admission.js';
import { type FailureCode, failureCodes, failures } from '../core/failures.js';
import type { PlatformTraits, TraitsByPlatform } from '../core/traits.js';
import { stubError } from '../errors.js';
import { type AdminPorts, type AdminRoute, ok, param, roles } from './graph.js';
import { type WordsByPlatform, wordsOf } from './platform-words.js';

const path = '/stub/v1/enrollmentFailures';

export interface FailureRow {
  readonly code: FailureCode;
  /** Operating systems, by Graph's name. */
  readonly platforms: readonly string[];
  /** What is looked at. */
  readonly checks: string;
  readonly failureCategory: string;
  readonly explanation: string;
  readonly remedies: string;
}

/** Of E01, which is no row of the table: it is told when the time is over. */
const timedOut = {
  code: 'E01' as const,
  concerns: ({ watchesAttempts = false }: PlatformTraits) => watchesAttempts,
  says: 'The last step did not come within the time for an enrollment (`enrollment`, 30 minutes) from the first on.',
};

/** In the order in which of several causes the first is told (E21); E01 last, whenever its time is over. */
export const failureRows = (traits: TraitsByPlatform, words: WordsByPlatform): readonly FailureRow[] =>
  [...admission, timedOut].map(({ code, concerns = () => true, says }) => {
    const { category, reason, remedies } = failures[code];
    const served = [...traits].filter(([, each]) => concerns(each));
    return {
      code,
      platforms: served.map(([platform]) => wordsOf(words, platform).operatingSystem),
      checks: says,
      failureCategory: category,
      explanation: reason,
      remedies,
    };
  });

export function enrollmentFailureRoutes({
  traits = new Map(),
  words,
}: Pick<AdminPorts, 'traits' | 'words'>): AdminRoute[] {
  const rows = failureRows(traits, words);
  return [
    { method: 'GET', path, who: roles, handle: () => ok({ value: rows }) },
    {
      method: 'GET',
      path: `${path}/:code`,
      who: roles,
      handle(request) {
        const code = param(request, 'code');
        const row = rows.find((each) => each.code === code);
        if (row === undefined)
          throw stubError('NOT_FOUND', `No failure is called ${code}, only ${failureCodes.join(', ')}`);
        return ok(row);
      },
    },
  ];
}
