// A value of a tenant file against its description.
import type { z } from 'zod';
import { judge as judgeBy, meaning } from '../../base/judged.js';
import type { Path, Report } from '../../base/placed-text.js';
import { knownWord } from './later.js';

export { meaning } from '../../base/judged.js';

/** What the value says, or undefined once its mistakes are reported. */
export const judge = <S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: Path,
  report: Report,
): z.output<S> | undefined => judgeBy(schema, value, at, report, unknownKey);

function unknownKey(path: Path, key: string, known: readonly string[]): string {
  return knownWord(path) ?? `is no word of a tenant file here${meaning(key, known)}`;
}
