// Mistakes in a scenario, as its reader tells them.
import type { z } from 'zod';
import { judge as judgeBy, meaning } from '../../base/judged.js';
import {
  type Path,
  type PlacedProblem,
  type PlacedText,
  problemLines,
  type Report,
  readPlacedText,
} from '../../base/placed-text.js';
import { fleetError } from '../errors.js';

/** Characters of a scenario. */
const largestText = 1024 * 1024;

/** SCENARIO_INVALID: one line per mistake, `file:line:column: path: what is wrong`; `details.problems` has them as data. */
export function scenarioInvalid(file: string, found: readonly PlacedProblem[], hint?: string) {
  const { text, problems } = problemLines(file, found);
  return fleetError('SCENARIO_INVALID', `The scenario has ${text}`, {
    details: { file, problems },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Throws SCENARIO_INVALID where the text is no YAML, or too much of it. */
export const readScenarioText = (text: string, file: string): PlacedText =>
  readPlacedText(text, {
    largest: largestText,
    what: 'scenario',
    invalid: (problems) => scenarioInvalid(file, problems),
  });

/** What the value says, or undefined once its mistakes are reported. */
export const judge = <S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: Path,
  report: Report,
): z.output<S> | undefined => judgeBy(schema, value, at, report, (_, key, known) => unknownWord(key, known));

/** A word that no key of this place is. */
const unknownWord = (word: string, known: readonly string[]): string =>
  `is no word of a scenario here${meaning(word, known) || `; there are ${known.join(', ')}`}`;
