// What stands behind the operator of a threshold, and what both halves of the grammar need.
import { readDuration } from '../../base/duration.js';
import { nearest } from '../../base/nearest.js';
import type { Window } from './key.js';
import type { Measure } from './measures.js';

/** A text and where it begins. */
export interface Piece {
  readonly text: string;
  readonly at: number;
}

/** What is wrong, and where: counted from 0. */
export class Mistaken extends Error {
  constructor(
    readonly at: number,
    readonly problem: string,
  ) {
    super(problem);
  }
}

export function trimmed({ text, at }: Piece): Piece {
  return { text: text.trim(), at: at + text.length - text.trimStart().length };
}

/** `, did you mean "x"?`, where something is near. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? '' : `, did you mean "${near}"?`;
}

/** The value, and `after D` and `within D` in pieces. */
export function splitTail(tail: Piece): [Piece, readonly Piece[]] {
  const match = /^\s*(\S+(?:\s+(?!after\b|within\b)[A-Za-z%/]+)?)/.exec(tail.text);
  if (match === null) throw new Mistaken(tail.at, 'a value is missing');
  const value = trimmed({ text: match[0], at: tail.at });
  const pieces = [...tail.text.slice(match[0].length).matchAll(/\S+/g)].map((each) => ({
    text: each[0],
    at: tail.at + match[0].length + each.index,
  }));
  return [value, pieces];
}

const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** A bound as its measure is written. Throws Mistaken. */
export function readBound(
  { text, at }: Piece,
  measure: Measure,
): { readonly bound: number; readonly isShare: boolean } {
  const share = /^(\d{1,3}(?:\.\d{1,6})?)\s?%$/.exec(text)?.[1];
  if (share !== undefined && 'base' in measure) {
    if (Number(share) > 100) throw new Mistaken(at, `"${text}" is more than all`);
    return { bound: Number(share) / 100, isShare: true };
  }
  const bound = numberIn(text, measure);
  if (bound !== undefined) return { bound, isShare: false };
  const wanted = {
    time: 'duration such as 800ms or 2s',
    number: 'base' in measure ? 'whole number and no share such as 0.1%' : 'whole number',
    bytes: 'number of bytes such as 500kB',
    rate: 'number per second such as 100/s',
  }[measure.unit];
  throw new Mistaken(at, `"${text}" is no ${wanted}`);
}

function numberIn(text: string, { unit }: Measure): number | undefined {
  if (unit === 'time') return readDuration(text);
  if (unit === 'number') return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  if (unit === 'rate') {
    const rate = /^(\d{1,9}(?:\.\d{1,6})?)(?:\s?\/s)?$/.exec(text)?.[1];
    return rate === undefined ? undefined : Number(rate);
  }
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s?([A-Za-z]*)$/.exec(text);
  const scale = byteUnits[match?.[2] || 'B'];
  return match === null || scale === undefined ? undefined : Number(match[1]) * scale;
}

/** `after D` and `within D`, in any order. Throws Mistaken. */
export function readWindow(pieces: readonly Piece[]): Window {
  let afterMs = 0;
  let withinMs = Number.POSITIVE_INFINITY;
  const seen = new Set<string>();
  for (let k = 0; k < pieces.length; k += 2) {
    const [word, given] = [pieces[k], pieces[k + 1]];
    if (word === undefined) break;
    if (word.text !== 'after' && word.text !== 'within')
      throw new Mistaken(word.at, `"${word.text}" is not expected here${meant(word.text, ['after', 'within'])}`);
    if (seen.has(word.text)) throw new Mistaken(word.at, `"${word.text}" stands twice`);
    seen.add(word.text);
    const ms = given === undefined ? undefined : readDuration(given.text);
    if (ms === undefined)
      throw new Mistaken(
        given?.at ?? word.at + word.text.length,
        `expected a duration such as 1h after "${word.text}"`,
      );
    if (word.text === 'after') afterMs = ms;
    else withinMs = ms;
  }
  const last = pieces[0];
  if (last !== undefined && withinMs <= afterMs) throw new Mistaken(last.at, 'the time ends before it begins');
  return { afterMs, withinMs };
}
