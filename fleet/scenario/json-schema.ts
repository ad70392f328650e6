// The description of a scenario as JSON Schema, for editors: docs/schema/scenario.json.
import { z } from 'zod';
import { stepKindNames, stepKinds } from '../steps/registry.js';
import { bodyWords, dayWords, type Place, repeatWords } from './words/steps.js';
import { topWords } from './words/top.js';

/** JSON Schema 2020-12 of a scenario. What it allows the reader may still refuse, with the reason. */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  const entry: z.ZodType = z.lazy(() => z.union([...steps('phase'), day, repeat]));
  const entries = z.array(entry).min(1);
  const day = z.strictObject({
    day: dayWords.extend({
      do: z
        .array(z.union(steps('day')))
        .min(1)
        .describe('Its steps, each with its at.'),
    }),
  });
  const repeat = z.strictObject({ repeat: repeatWords.extend({ do: entries.describe('Phases, one after another.') }) });
  const whole = topWords.extend({
    phases: entries.exactOptional().describe('What happens, one after another: steps, days, repetitions.'),
    steps: entries.exactOptional().describe('Former word for phases.'),
  });
  const { $schema, ...made } = z.toJSONSchema(whole, { io: 'input', unrepresentable: 'any', reused: 'ref' });
  return { $schema, title: 'A scenario of Rollcall', description: 'docs/scenarios.md says more of each key.', ...made };
}

const steps = (place: Place): z.ZodObject[] =>
  stepKindNames.map((word) => {
    const kind = stepKinds[word];
    const body = bodyWords(word, place);
    const short = kind.short === undefined ? undefined : kind.shape.shape[kind.short];
    const forms = short === undefined ? [body, z.null()] : [body, short as z.ZodType];
    return z.strictObject({ [word]: z.union(forms).describe(kind.about) });
  });
