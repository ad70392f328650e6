// A value against its description: every issue becomes a mistake with its place, and a word that was nearly right is told.
import { z } from 'zod';
import { nearest } from './nearest.js';
import type { Path, Report } from './placed-text.js';

/** What a word is that the description does not have: of which keys there are, what is told. */
export type Unknown = (path: Path, key: string, known: readonly string[]) => string;

/** What the value says, or undefined once its mistakes are reported. */
export function judge<S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: Path,
  report: Report,
  unknown: Unknown,
): z.output<S> | undefined {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) tell(schema, issue, [], { at, report, unknown });
  return undefined;
}

interface Judging {
  readonly at: Path;
  readonly report: Report;
  readonly unknown: Unknown;
}

/** `inside`: the path within the schema of the union whose option this issue is of. */
function tell(schema: z.ZodType, issue: z.core.$ZodIssue, inside: Path, judging: Judging): void {
  const { at, report, unknown } = judging;
  const within = [...inside, ...issue.path];
  const path = [...at, ...within];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, within);
    for (const key of issue.keys) report([...path, key], unknown([...path, key], key, known), 'key');
    return;
  }
  if (issue.code === 'invalid_union') {
    const meant = meantOption(issue.errors);
    if (meant !== undefined) {
      for (const each of meant) tell(schema, each, within, judging);
      return;
    }
  }
  report(path, messageOf(issue));
}

/** `; did you mean that?`, or nothing where no word is near. */
export const meaning = (given: string, known: readonly string[]): string => {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean ${name}?`;
};

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value' && issue.values.length > 1) {
    const words = issue.values.map(String);
    const guess = typeof issue.input === 'string' ? meaning(issue.input, words) : '';
    return `expected one of ${words.join(', ')}${guess}`;
  }
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  return isMissing ? `is missing: expected ${issue.expected}` : issue.message.replace(/^Invalid input: /, '');
}

/** The option of a union that was meant: the one with the fewest mistakes that are not about its kind. Undefined: none. */
function meantOption(options: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  let meant: readonly z.core.$ZodIssue[] | undefined;
  let least = otherKind;
  for (const issues of options) {
    const weight = issues.reduce((sum, issue) => sum + weightOf(issue), 0);
    if (weight >= least) continue;
    meant = issues;
    least = weight;
  }
  return meant;
}

const otherKind = 1000;

function weightOf(issue: z.core.$ZodIssue): number {
  if (issue.code === 'unrecognized_keys') return issue.keys.length;
  if (issue.code === 'invalid_union' && issue.errors.length === 0) return otherKind; // its discriminator is none of them
  return issue.path.length === 0 && issue.code !== 'custom' ? otherKind : 1;
}

/** The keys that an object may have at this place, of all options where there are several. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let here = [schema];
  for (const part of path) here = here.flatMap(plainly).flatMap((each) => stepInto(each, part));
  return here.flatMap(plainly).flatMap((each) => (each instanceof z.ZodObject ? Object.keys(each.shape) : []));
}

function stepInto(schema: z.ZodType, part: PropertyKey): z.ZodType[] {
  if (schema instanceof z.ZodObject) {
    const field: z.core.$ZodType | undefined = schema.shape[String(part)];
    return field === undefined ? [] : [asType(field)];
  }
  if (schema instanceof z.ZodArray) return [asType(schema.element)];
  return schema instanceof z.ZodRecord ? [asType(schema.valueType)] : [];
}

/** What is inside of optional fields, transformed values and unions. */
function plainly(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodExactOptional) return plainly(asType(schema.unwrap()));
  if (schema instanceof z.ZodPipe) return plainly(asType(schema.in));
  if (schema instanceof z.ZodUnion) return schema.options.map(asType).flatMap(plainly);
  return [schema];
}

/** The parts of a schema are typed as what zod's core knows of them; those of a description are whole ones. */
function asType(part: z.core.$ZodType): z.ZodType {
  if (part instanceof z.ZodType) return part;
  throw new TypeError('a description is made of whole zod schemas');
}
