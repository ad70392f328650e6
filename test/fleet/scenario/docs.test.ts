import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readScenario } from '../../../fleet/scenario/read.js';
import { deviceWords, groupWords } from '../../../fleet/scenario/words/devices.js';
import { distribution } from '../../../fleet/scenario/words/distribution.js';
import { fault } from '../../../fleet/scenario/words/faults.js';
import { onceWords, recurringWords } from '../../../fleet/scenario/words/pace.js';
import { againWords, commonWords, dayWords, mayComeAgain, repeatWords } from '../../../fleet/scenario/words/steps.js';
import { topWords } from '../../../fleet/scenario/words/top.js';
import { stepKindNames, stepKinds } from '../../../fleet/steps/registry.js';
import { part, type SchemaPart, sectionsOf, table } from '../../support/key-tables.js';

const schemaOf = (words: z.ZodType): SchemaPart => z.toJSONSchema(words, { io: 'input', unrepresentable: 'any' });
const ofKeys = (words: z.ZodRawShape): SchemaPart => schemaOf(z.strictObject(words));
const options = (words: z.ZodType): SchemaPart[] => {
  const { anyOf } = schemaOf(words);
  return Array.isArray(anyOf) ? anyOf.map(part).filter(({ properties }) => properties !== undefined) : [];
};

/** One table of several forms of which one is written; what all of them have and `leftOut` names is said elsewhere. */
const oneOf = (words: z.ZodType, leftOut: readonly string[] = []): string =>
  table({ properties: Object.assign({}, ...options(words).map(({ properties }) => part(properties))) }, leftOut);
/** The table of an object that stands below `path`. */
const within = (of: SchemaPart, ...path: readonly (string | number)[]): string =>
  table(path.reduce<SchemaPart>((here, key) => part(here[key]), of));

/** The table of what is not said elsewhere on the page. */
const without = (words: z.ZodRawShape, elsewhere: z.ZodRawShape): string => {
  const leftOut = Object.keys(words).filter((key) => words[key] === elsewhere[key]);
  return table(ofKeys(words), leftOut);
};

/** Each heading of docs/scenarios.md, and the tables that stand below it. */
const sections: readonly (readonly [heading: string, tables: readonly string[]])[] = [
  ['## The top of the file', [table(schemaOf(topWords))]],
  ['## devices', [table(schemaOf(deviceWords))]],
  ['### mix', [table(schemaOf(groupWords))]],
  ['### users', [oneOf(deviceWords.shape.users)]],
  ['### keys', [oneOf(deviceWords.shape.keys)]],
  ['### Every step', [table(ofKeys(commonWords.phase))]],
  ['### day', [table(schemaOf(dayWords)), without(commonWords.day, commonWords.phase), table(ofKeys(againWords))]],
  ['### repeat', [table(schemaOf(repeatWords))]],
  ['### Pace', [table(ofKeys(recurringWords)), table(schemaOf(onceWords.closed))]],
  [
    '### arrive',
    [
      oneOf(onceWords.arrive),
      within(schemaOf(onceWords.arrive), 'anyOf', 1, 'properties', 'ramp'),
      within(schemaOf(onceWords.arrive), 'anyOf', 4, 'properties', 'stages', 'items'),
    ],
  ],
  ['## Faults', [oneOf(fault)]],
  ['### Distributions', [oneOf(distribution)]],
];

/** What the page says of the pace of a step. */
const paceLine = (words: z.ZodRawShape): string | undefined => {
  const keys = Object.keys(recurringWords).filter((key) => key in words);
  return words['over'] === undefined ? undefined : `Paced by ${keys.map((key) => `\`${key}\``).join(', ')}`;
};

describe('docs/scenarios.md', () => {
  const page = readFileSync(new URL('../../../docs/scenarios.md', import.meta.url), 'utf8');
  const below = sectionsOf(page);

  test.each(sections)('%s says each key, as the description does', (heading, tables) => {
    expect(tables).not.toEqual([]);
    for (const each of tables) expect(below(heading)).toContain(each);
  });

  test.each(stepKindNames)('says what the step %s does, and each of its keys', (word) => {
    const { about, shape, short } = stepKinds[word];
    const said = below(`### ${word}`);
    expect(said).toContain(about);
    const own = without(shape.shape, recurringWords);
    if (own.includes('\n| ')) expect(said).toContain(own);
    else expect(said).not.toContain('|');
    const pace = paceLine(shape.shape);
    if (pace !== undefined) expect(said).toContain(pace);
    if (short !== undefined) expect(said).toContain(`\`${word}: `);
  });

  test('begins with a scenario that can be run', () => {
    const [, example = ''] = page.split('```yaml\n');
    const { name, thresholds } = readScenario(example.split('```')[0] ?? '');
    expect([name, thresholds[0]]).toEqual(['morning', 'enroll.failures < 0.1%']);
  });

  test('says which steps of a day may come again', () => {
    const words = stepKindNames.filter(mayComeAgain).map((word) => `\`${word}\``);
    expect(below('### day')).toContain(`${words.slice(0, -1).join(', ')} and ${words.at(-1)}`);
  });

  test('has no heading of a step that there is not', () => {
    const steps = page.split('\n## Steps\n')[1]?.split('\n## ')[0] ?? '';
    const headings = [...steps.matchAll(/^### (.+)$/gm)].map(([, word]) => word);
    expect(headings).toEqual(stepKindNames);
  });
});
