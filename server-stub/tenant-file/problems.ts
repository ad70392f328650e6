// Mistakes in a tenant file: all of them are collected, each with its place in the text.
import { stubError } from '../errors.js';

/** Of keys and list positions, from the top of the file. */
export type Path = readonly PropertyKey[];

export interface TenantProblem {
  /** `users[3].upn` */
  readonly path: string;
  /** From 1, in the text. */
  readonly line?: number;
  /** From 1, in characters. */
  readonly column?: number;
  readonly message: string;
}

/** Takes a mistake. `where` says whether the place is that of the key itself or of what stands under it (the default). */
export type Report = (path: Path, message: string, where?: 'key' | 'value') => void;

/** Mistakes that are remembered. */
export const mostProblems = 1000;
/** Mistakes that are told in the error's message. */
const mostShown = 50;

/** TENANT_INVALID: one line per mistake, `file:line:column: path: what is wrong`; `details.problems` has them as data. */
export function tenantInvalid(file: string, found: readonly TenantProblem[]) {
  const problems = [...found].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const lines = problems.slice(0, mostShown).map((problem) => `\n  ${shown(file, problem)}`);
  const more = problems.length > mostShown ? `\n  and ${problems.length - mostShown} more` : '';
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return stubError('TENANT_INVALID', `The tenant file has ${count}:${lines.join('')}${more}`, {
    details: { file, problems },
  });
}

function shown(file: string, { path, line, column, message }: TenantProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return [place, path, message].filter((part) => part !== '').join(': ');
}

/** `users[3].upn` */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
