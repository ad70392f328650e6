// A value with blanks: made from an example in which certain words stand, and filled with others in their places.

/** Text, or bytes that are found whole. */
export type Word = string | Uint8Array;

/** A word of the example. Nothing is looked for where it is empty. */
export interface Blank {
  readonly word: Word;
  /** Found where it is all of a string, and not within others: a name that is a usual word. */
  readonly isWhole?: boolean;
  /** Not found in keys: a name that may be the name of a field too. */
  readonly isValue?: boolean;
}

/** So long a word is found anywhere; a shorter one only where neither a letter nor a digit stands beside it. */
const longWord = 10;

type Fill = (words: readonly Word[]) => unknown;

/**
 * Plain values (objects, arrays, strings, bytes; all else stays as it is) with the words of `blanks` left open, in keys too. Where two
 * blanks have the same word the first counts; longer words are looked for before shorter ones. What has no blank in it is the example's
 * own object in all that is filled.
 *
 * @example
 * const letter = new Template({ to: 'ann', text: 'Dear ann' }, [{ word: 'ann' }]);
 * letter.fill(['bob']); // { to: 'bob', text: 'Dear bob' }
 */
export class Template<T> {
  readonly #example: T;
  readonly #texts = new Map<string, number>();
  readonly #bytes = new Map<string, number>();
  readonly #within: RegExp | undefined;
  readonly #valuesOnly = new Set<string>();
  readonly #fill: Fill | undefined;

  constructor(example: T, blanks: readonly Blank[]) {
    const within: string[] = [];
    for (const [at, { word, isWhole, isValue }] of blanks.entries()) {
      if (word.length === 0) continue;
      const [known, key] = typeof word === 'string' ? [this.#texts, word] : [this.#bytes, keyOf(word)];
      if (known.has(key)) continue;
      known.set(key, at);
      if (isValue === true) this.#valuesOnly.add(key);
      if (typeof word === 'string' && isWhole !== true) within.push(word);
    }
    within.sort((one, other) => other.length - one.length);
    this.#within = within.length === 0 ? undefined : new RegExp(within.map(patternOf).join('|'), 'g');
    this.#example = example;
    this.#fill = this.#made(example);
  }

  /** As many words as there were blanks, in their order. */
  fill(words: readonly Word[]): T {
    return this.#fill === undefined ? this.#example : (this.#fill(words) as T);
  }

  #made(value: unknown): Fill | undefined {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null) return undefined;
    if (value instanceof Uint8Array) {
      const at = this.#bytes.get(keyOf(value));
      return at === undefined ? undefined : (words) => words[at];
    }
    if (Array.isArray(value)) return this.#list(value);
    return Object.getPrototypeOf(value) === Object.prototype ? this.#record(value) : undefined;
  }

  #text(text: string, isKey = false): Fill | undefined {
    const isOpen = (word: string): boolean => !isKey || !this.#valuesOnly.has(word);
    const whole = this.#texts.get(text);
    if (whole !== undefined && isOpen(text)) return (words) => words[whole];
    if (this.#within === undefined) return undefined;
    const parts: (string | number)[] = [];
    let end = 0;
    for (const { 0: word, index } of text.matchAll(this.#within)) {
      if (!isOpen(word)) continue;
      parts.push(text.slice(end, index), this.#texts.get(word) ?? 0);
      end = index + word.length;
    }
    if (parts.length === 0) return undefined;
    parts.push(text.slice(end));
    return (words) => parts.map((part) => (typeof part === 'number' ? String(words[part]) : part)).join('');
  }

  #list(values: readonly unknown[]): Fill | undefined {
    const fills = values.map((value) => this.#made(value));
    if (fills.every((fill) => fill === undefined)) return undefined;
    return (words) => values.map((value, at) => fills[at]?.(words) ?? value);
  }

  #record(record: object): Fill | undefined {
    const entries = Object.entries(record).map(([key, value]) => ({
      key,
      value: value as unknown,
      name: this.#text(key, true),
      fill: this.#made(value),
    }));
    if (entries.every(({ name, fill }) => name === undefined && fill === undefined)) return undefined;
    return (words) =>
      Object.fromEntries(
        entries.map(({ key, value, name, fill }) => [name?.(words) ?? key, fill === undefined ? value : fill(words)]),
      );
  }
}

/** Whether the word would be found in the text by a template that looks for it within others. */
export const standsIn = (text: string, word: string): boolean =>
  word !== '' && text.includes(word) && (word.length >= longWord || new RegExp(patternOf(word)).test(text));

/** All that is a text in plain values, keys too. */
export function* textsIn(value: unknown): Generator<string, void> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, each] of Object.entries(value)) {
    if (!Array.isArray(value)) yield key;
    yield* textsIn(each);
  }
}

const keyOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function patternOf(word: string): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return word.length >= longWord ? escaped : `(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`;
}
