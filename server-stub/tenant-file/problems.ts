// Mistakes in a tenant file: all of them are collected, each with its place in the text.
import { type PlacedProblem, problemLines } from '../../base/placed-text.js';
import { stubError } from '../errors.js';

export type { Path, PlacedProblem as TenantProblem, Report } from '../../base/placed-text.js';

/** TENANT_INVALID: one line per mistake, `file:line:column: path: what is wrong`; `details.problems` has them as data. */
export function tenantInvalid(file: string, found: readonly PlacedProblem[]) {
  const { text, problems } = problemLines(file, found);
  return stubError('TENANT_INVALID', `The tenant file has ${text}`, { details: { file, problems } });
}
