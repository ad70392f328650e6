// The words of a predicate, one after the other.

import { unparsable } from './scope.js';
import type { Token } from './tokens.js';

const deepest = 64;

/** Goes along the words of a predicate. What it misses it throws UnableToParsePredicate for. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw unparsable('the predicate ends too early');
    return token;
  }

  /** The word that comes after so many. */
  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** Tries to read something; where that is undefined, nothing was taken. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const start = this.#at;
    const made = read();
    if (made === undefined) this.#at = start;
    return made;
  }

  /** Takes a sign, or a keyword in whatever case, and gives it back in capitals. */
  takes(...words: readonly string[]): string | undefined {
    const word = keyword(this.peek());
    if (word === '' || !words.includes(word)) return undefined;
    this.#at++;
    return word;
  }

  expect(sign: string): void {
    if (this.takes(sign) === undefined) throw unparsable(`"${sign}" is expected before ${this.here()}`);
  }

  /** A name of whatever spelling, at the end of a dot. */
  name(): string {
    const token = this.next();
    if (token.kind !== 'name') throw unparsable(`${shown(token)} is no key`);
    return token.word;
  }

  /** One level deeper, and back. */
  nested<T>(read: () => T): T {
    if (++this.#depth > deepest) throw unparsable(`the predicate is nested deeper than ${deepest}`);
    const made = read();
    this.#depth--;
    return made;
  }

  /** What stands here, for messages. */
  here(): string {
    const token = this.peek();
    return token === undefined ? 'the end' : shown(token);
  }
}

/** A sign, or a name in capitals; "" for what can be neither operator nor keyword. */
function keyword(token: Token | undefined): string {
  if (token?.kind === 'sign') return token.sign;
  return token?.kind === 'name' && !token.isEscaped ? token.upper : '';
}

/** A word as messages quote it. */
export function shown(token: Token): string {
  const [, ...texts] = Object.values(token);
  return `"${String(texts[0]).slice(0, 40)}"`;
}
