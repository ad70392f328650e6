import type { PlatformName } from '../../protocol/vocabulary.js';
import { platformNames } from '../../protocol/vocabulary.js';
import { Mistaken, meant, type Piece, readBound, readWindow, splitTail, trimmed } from './grammar-values.js';
import type { Window } from './key.js';
import { knownMeasures, type Measure, measureOf, seriesWords } from './measures.js';
import { operationNames } from './operations.js';

export const operators = {
  '<=': (a: number, b: number) => a <= b,
  '>=': (a: number, b: number) => a >= b,
  '==': (a: number, b: number) => a === b,
  '<': (a: number, b: number) => a < b,
  '>': (a: number, b: number) => a > b,
} as const;

/** One demand on a run: `NAME[{label=value,...}].MEASURE OP VALUE [after D] [within D]`. */
export interface Threshold {
  /** As it was written. */
  readonly text: string;
  /** What it is about; of all steps, of all platforms, of the step itself where absent. */
  readonly of: {
    readonly step?: string;
    readonly platform?: PlatformName;
    readonly operation?: string;
    /** Failures with this error code. */
    readonly code?: string;
  };
  readonly measure: Measure;
  readonly operator: keyof typeof operators;
  /** Milliseconds, bytes, per second, a number, or of 1 where `isShare`. */
  readonly bound: number;
  readonly isShare: boolean;
  readonly window: Window;
}

/** What a threshold may name. */
export interface Names {
  readonly steps: readonly { readonly name: string }[];
  /** Default: every platform. */
  readonly platforms?: readonly PlatformName[];
}

/** What is wrong with a threshold. `column`: counted from 1, in its text. */
interface Mistake {
  readonly column: number;
  readonly problem: string;
}

export const example = 'enroll.p99 < 2s, or check-in{platform=windows}.failures < 0.1% after 1h';

/**
 * The threshold, or what is wrong with the text.
 *
 * @example
 * readThreshold('switch.moved == 100% within 8h', { steps: plan.phases.flatMap((phase) => phase.steps) });
 */
export function readThreshold(text: string, names: Names): Threshold | Mistake {
  try {
    return read(text, names);
  } catch (error) {
    if (error instanceof Mistaken) return { column: error.at + 1, problem: error.problem };
    throw error;
  }
}

export const isMistake = (read: Threshold | Mistake): read is Mistake => 'problem' in read;

const longest = 300;

function read(text: string, names: Names): Threshold {
  if (text.length > longest) throw new Mistaken(longest, `a threshold has at most ${longest} characters`);
  const operatorAt = findOperator(text);
  const operator = (Object.keys(operators) as (keyof typeof operators)[]).find((each) =>
    text.startsWith(each, operatorAt),
  );
  if (operator === undefined)
    throw new Mistaken(operatorAt, `expected ${Object.keys(operators).join(', ')}; write ${example}`);
  const { of, measure } = readSubject(trimmed({ text: text.slice(0, operatorAt), at: 0 }), names);
  const tail = { text: text.slice(operatorAt + operator.length), at: operatorAt + operator.length };
  const [value, parts] = splitTail(tail);
  const { bound, isShare } = readBound(value, measure);
  return { text: text.trim(), of, measure, operator, bound, isShare, window: readWindow(parts) };
}

/** Where the first of <, >, = stands that is in no braces and no quotes; the end where there is none. */
function findOperator(text: string): number {
  let isInside = false;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') isQuoted = !isQuoted;
    else if (!isQuoted && sign === '{') isInside = true;
    else if (!isQuoted && sign === '}') isInside = false;
    else if (!isQuoted && !isInside && (sign === '<' || sign === '>' || sign === '=')) return at;
  }
  return text.length;
}

function readSubject(head: Piece, names: Names): Pick<Threshold, 'of' | 'measure'> {
  const open = head.text.indexOf('{');
  if (open < 0) {
    const { name, measure } = splitMeasure(head, names);
    return { of: resolve(name, {}, names), measure };
  }
  const close = head.text.lastIndexOf('}');
  if (close < open) throw new Mistaken(head.at + open, 'this "{" is not closed');
  const labels = readLabels({ text: head.text.slice(open + 1, close), at: head.at + open + 1 }, names);
  const rest = { text: head.text.slice(close + 1), at: head.at + close + 1 };
  const name = trimmed({ text: head.text.slice(0, open), at: head.at });
  const { name: between, measure } = splitMeasure(rest, names);
  if (between.text !== '' || !rest.text.startsWith('.')) throw new Mistaken(rest.at, 'expected .MEASURE after "}"');
  const of = resolve(name, labels, names);
  if (of.code !== undefined && !('counter' in measure && measure.counter === 'failures'))
    throw new Mistaken(rest.at + 1, 'with a code only failures are counted');
  return { of, measure };
}

/** The measure at the end, and what stands before it. */
function splitMeasure(head: Piece, names: Names): { readonly name: Piece; readonly measure: Measure } {
  const match = /(?:^|\.)(p\d[\d.]*|[^.]*)$/.exec(head.text);
  const word = match?.[1] ?? '';
  const wordAt = head.at + head.text.length - word.length;
  const before = head.text.slice(0, match?.index ?? 0);
  const series = /(?:^|\.)(response|service|lasted)$/.exec(before);
  const isNamed = series !== null && !isName(before, names);
  const measure = measureOf(word, isNamed ? seriesWords[series[1] ?? ''] : undefined);
  if (measure === undefined) throw new Mistaken(wordAt, noMeasure(word, head.text, names));
  return { name: trimmed({ text: isNamed ? before.slice(0, series.index) : before, at: head.at }), measure };
}

const isName = (text: string, { steps }: Names): boolean =>
  steps.some(({ name }) => name === text) || operationNames.includes(text);

function noMeasure(word: string, head: string, names: Names): string {
  if (isName(head, names)) return `a measure is missing: "${head}.failures", "${head}.p99"`;
  return `"${word}" is no measure${meant(word, knownMeasures)}; there are ${knownMeasures.join(', ')}`;
}

type Labels = { -readonly [name in keyof Threshold['of']]?: string };
const labelNames = ['step', 'platform', 'operation', 'code'] as const;

function readLabels({ text, at }: Piece, names: Names): Labels {
  const labels: Labels = {};
  const shape = /\s*([A-Za-z]*)\s*(=?)\s*(?:"([^"]*)"|([^,"]*?))\s*(,|$)/y;
  let from = 0;
  for (;;) {
    shape.lastIndex = from;
    const match = shape.exec(text);
    const word = trimmed({ text: text.slice(from), at: at + from });
    const label = labelNames.find((each) => each === match?.[1]);
    if (match === null || label === undefined || match[2] === '')
      throw new Mistaken(
        word.at,
        `expected LABEL=VALUE${meant(match?.[1] ?? '', labelNames)}; labels are ${labelNames.join(', ')}`,
      );
    const value = match[3] ?? match[4] ?? '';
    if (labels[label] !== undefined) throw new Mistaken(word.at, `${label} is given twice`);
    assertLabel(label, value, word.at + word.text.indexOf(value, word.text.indexOf('=') + 1), names);
    labels[label] = value;
    if (match[5] === '') return labels;
    from = shape.lastIndex;
  }
}

function assertLabel(label: (typeof labelNames)[number], value: string, at: number, names: Names): void {
  if (label === 'code') {
    if (!/^[A-Z][A-Z0-9_]{1,60}$/.test(value))
      throw new Mistaken(at, `"${value}" is no error code; see docs/errors.md`);
    return;
  }
  const known =
    label === 'step'
      ? names.steps.map(({ name }) => name)
      : label === 'platform'
        ? (names.platforms ?? platformNames)
        : operationNames;
  if (known.includes(value)) return;
  const listed = label === 'operation' ? '; docs/metrics.md lists them' : `; there is ${known.join(', ')}`;
  throw new Mistaken(at, `"${value}" is no ${label} of this run${meant(value, known)}${listed}`);
}

/** What a name and labels together are about. */
function resolve({ text: name, at }: Piece, labels: Labels, names: Names): Threshold['of'] {
  const isStep = names.steps.some((each) => each.name === name);
  const isOperation = operationNames.includes(name);
  const named: Labels = name === '' ? {} : isStep ? { step: name } : { operation: name };
  if (name !== '' && !isStep && !isOperation) {
    const steps = names.steps.map((each) => each.name);
    const there = `there is ${steps.map((each) => `"${each}"`).join(', ')}`;
    throw new Mistaken(
      at,
      `"${name}" is no step and no operation${meant(name, [...steps, ...operationNames])}; ${there}, and docs/metrics.md lists operations`,
    );
  }
  for (const label of ['step', 'operation'] as const)
    if (named[label] !== undefined && labels[label] !== undefined && named[label] !== labels[label])
      throw new Mistaken(at, `"${name}" is a ${label} already; another is given as a label`);
  const platform = platformNames.find((each) => each === labels.platform);
  const { platform: _, ...rest } = { ...labels, ...named };
  return { ...rest, ...(platform === undefined ? {} : { platform }) };
}
