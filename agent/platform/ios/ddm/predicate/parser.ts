// The grammar of a predicate: OR, AND, NOT and comparisons. A bracket may hold a predicate or an expression.
import { elementsOf } from './collections.js';
import { comparisons } from './compare.js';
import { Cursor } from './cursor.js';
import { Expressions } from './expressions.js';
import { type Evaluate, evaluatorOf, type Node, predicate, type Test, testOf } from './node.js';
import { type Scope, unparsable, type Value } from './scope.js';
import type { TextOptions } from './text.js';
import type { Token } from './tokens.js';

const quantifiers = ['ANY', 'SOME', 'ALL', 'NONE'];

/** Reads the words of a whole predicate. Throws PredicateError. */
export function parse(tokens: readonly Token[]): Test {
  return new Parser(tokens).whole();
}

class Parser {
  readonly #words: Cursor;
  readonly #expressions: Expressions;

  constructor(tokens: readonly Token[]) {
    this.#words = new Cursor(tokens);
    this.#expressions = new Expressions(this.#words, () => this.#either());
  }

  whole(): Test {
    const node = this.#either();
    if (!this.#words.isAtEnd) throw unparsable(`${this.#words.here()} is out of place`);
    return this.#test(node);
  }

  #either(): Node {
    return this.#words.nested(() => {
      let node = this.#both();
      while (this.#words.takes('OR', '||')) {
        const [left, right] = [this.#test(node), this.#test(this.#both())];
        node = predicate((scope) => left(scope) || right(scope));
      }
      return node;
    });
  }

  #both(): Node {
    let node = this.#not();
    while (this.#words.takes('AND', '&&')) {
      const [left, right] = [this.#test(node), this.#test(this.#not())];
      node = predicate((scope) => left(scope) && right(scope));
    }
    return node;
  }

  #not(): Node {
    if (!this.#words.takes('NOT', '!')) return this.#comparison();
    const test = this.#words.nested(() => this.#test(this.#not()));
    return predicate((scope) => !test(scope));
  }

  #comparison(): Node {
    const quantifier = this.#words.takes(...quantifiers);
    const node = this.#expressions.sum();
    const operator = this.#operator();
    if (operator === undefined) {
      if (quantifier !== undefined) throw unparsable(`${quantifier} needs a comparison`);
      return node;
    }
    const left = this.#value(node);
    const compare = comparisons[operator] ?? comparisons['=='];
    const options = this.#options();
    const right = this.#value(this.#expressions.sum());
    if (compare === undefined) throw unparsable(`${operator} is no operator`);
    const holds = (element: Value, scope: Scope): boolean => {
      scope.spend(1);
      return compare(element, right(scope), options, scope);
    };
    switch (quantifier) {
      case undefined:
        return predicate((scope) => holds(left(scope), scope));
      case 'ALL':
        return predicate((scope) => elementsOf(left(scope), scope).every((each) => holds(each, scope)));
      case 'NONE':
        return predicate((scope) => !elementsOf(left(scope), scope).some((each) => holds(each, scope)));
      default:
        return predicate((scope) => elementsOf(left(scope), scope).some((each) => holds(each, scope)));
    }
  }

  #operator(): string | undefined {
    return this.#words.takes(...Object.keys(comparisons));
  }

  /** `[cd]` after an operator; n and l are taken as they are. */
  #options(): TextOptions {
    if (!this.#words.takes('[')) return { ignoresCase: false, ignoresDiacritics: false };
    const token = this.#words.next();
    const letters = token.kind === 'name' ? token.word.toLowerCase() : '';
    if (!/^[cdnl]{1,4}$/.test(letters)) throw unparsable(`[${letters}] is no option of an operator`);
    this.#words.expect(']');
    return { ignoresCase: letters.includes('c'), ignoresDiacritics: letters.includes('d') };
  }

  #test(node: Node): Test {
    return testOf(node, this.#words);
  }

  #value(node: Node): Evaluate {
    return evaluatorOf(node, this.#words);
  }
}
