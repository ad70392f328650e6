// Texts of a predicate: how they are compared, and LIKE and MATCHES.
import { RE2JS } from 're2js';
import { notEvaluable, type Scope } from './scope.js';

/** `[c]`, `[d]`, `[n]`, `[l]` after an operator. */
export interface TextOptions {
  readonly ignoresCase: boolean;
  readonly ignoresDiacritics: boolean;
}

/** Without what the options say does not count. */
export function folded(text: string, { ignoresCase, ignoresDiacritics }: TextOptions): string {
  const plain = ignoresDiacritics
    ? text
        .normalize('NFD')
        .replace(/\p{M}+/gu, '')
        .normalize('NFC')
    : text;
  return ignoresCase ? plain.toLowerCase() : plain;
}

/** As NSString's `compare:` has it, by characters and not by the numbers in them: "9.0" comes after "18.1". */
export function orderOfTexts(left: string, right: string): number {
  const [a, b] = [left.normalize('NFC'), right.normalize('NFC')];
  return a === b ? 0 : a < b ? -1 : 1;
}

/** `*` is any characters, `?` is one, a backslash takes the next as it is. */
export function isLike(text: string, pattern: string, scope: Scope): boolean {
  const wanted = readWildcards(pattern);
  const characters = [...text];
  let [at, to] = [0, 0];
  let [star, retry] = [-1, 0];
  while (at < characters.length) {
    scope.spend(1);
    const each = wanted[to];
    if (each === '?' || (typeof each === 'object' && each.is === characters[at])) {
      at++;
      to++;
    } else if (each === '*') {
      star = to++;
      retry = at;
    } else if (star >= 0) {
      to = star + 1;
      at = ++retry;
    } else return false;
  }
  return wanted.slice(to).every((each) => each === '*');
}

type Wildcard = '*' | '?' | { readonly is: string };

function readWildcards(pattern: string): Wildcard[] {
  const made: Wildcard[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const each = characters[at] ?? '';
    if (each === '*' || each === '?') made.push(each);
    else made.push({ is: each === '\\' ? (characters[++at] ?? '\\') : each });
  }
  return made;
}

const maxPattern = 2048;
/** What it takes to make one instruction of a regular expression, measured in the steps that are counted elsewhere. */
const stepsOfAnInstruction = 80;

/**
 * The whole text, by a regular expression whose time is linear in it. ICU's look-around and back references are not
 * understood there. Throws UnableToEvaluatePredicate for a pattern that cannot be used.
 */
export function isMatch(text: string, pattern: string, ignoresCase: boolean, scope: Scope): boolean {
  if (pattern.length > maxPattern) throw notEvaluable(`the pattern has more than ${maxPattern} characters`);
  const expression = scope.pattern(`${ignoresCase} ${pattern}`, () => {
    scope.spend(instructionsOf(pattern) * stepsOfAnInstruction);
    return compiled(pattern, ignoresCase);
  });
  scope.spend(Math.ceil((text.length * expression.programSize()) / 4) + pattern.length);
  return expression.matches(text);
}

/** An escape, a class of characters, a repetition with its numbers, or one character. */
const parts = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|./gsu;

/** About as many instructions as a pattern will have, before they are made: what is repeated is there so many times. */
export function instructionsOf(pattern: string): number {
  const groups: number[] = [];
  let [all, last] = [0, 0];
  for (const [part, least, most = ''] of pattern.matchAll(parts)) {
    if (least !== undefined) {
      const times = Math.max(Number(least), Number(most), 1);
      all += last * (times - 1);
      last *= times;
    } else if (part === '(') {
      groups.push(all);
      all = 1;
    } else if (part === ')') {
      last = all;
      all += groups.pop() ?? 0;
    } else {
      last = 1;
      all++;
    }
  }
  return groups.reduce((sum, each) => sum + each, all);
}

function compiled(pattern: string, ignoresCase: boolean): RE2JS {
  try {
    return RE2JS.compile(pattern, ignoresCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw notEvaluable(`the pattern cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
