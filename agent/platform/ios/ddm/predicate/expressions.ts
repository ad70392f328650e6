// The expressions of a predicate: operands, key paths, arithmetic, functions and SUBQUERY.
import { combined, elementsOf } from './collections.js';
import { comparisons } from './compare.js';
import { type Cursor, shown } from './cursor.js';
import { calculate, functions, refusedFunctions } from './functions.js';
import { type Evaluate, evaluatorOf, type Node, predicate, type Test, testOf, value } from './node.js';
import { type Part, walk } from './path.js';
import { unparsable, type Value } from './scope.js';

const constants = new Map<string, Value>([
  ['TRUE', true],
  ['YES', true],
  ['FALSE', false],
  ['NO', false],
  ['NULL', undefined],
  ['NIL', undefined],
]);
/** Words that are no identifiers unless written `#word`. */
const reserved = new Set([
  ...constants.keys(),
  ...Object.keys(comparisons),
  ...['ANY', 'SOME', 'ALL', 'NONE', 'AND', 'OR', 'NOT', 'TRUEPREDICATE', 'FALSEPREDICATE', 'SUBQUERY', 'SELF'],
  ...['UNION', 'INTERSECT', 'MINUS', 'FIRST', 'LAST', 'SIZE', 'TERNARY', ...refusedFunctions],
]);

/** Reads expressions; `predicate` reads what may stand in a bracket: either. */
export class Expressions {
  readonly #words: Cursor;
  readonly #predicate: () => Node;

  constructor(words: Cursor, predicateIn: () => Node) {
    this.#words = words;
    this.#predicate = predicateIn;
  }

  /** The widest expression: sums, and UNION, INTERSECT and MINUS of collections. */
  sum(): Node {
    let node = this.#product();
    for (;;) {
      const sign = this.#words.takes('+', '-', 'UNION', 'INTERSECT', 'MINUS');
      if (sign === undefined) return node;
      const [left, right] = [this.#value(node), this.#value(this.#product())];
      node = value((scope) =>
        sign.length === 1
          ? calculate(sign, left(scope), right(scope))
          : combined(sign, left(scope), right(scope), scope),
      );
    }
  }

  #product(): Node {
    let node = this.#power();
    for (;;) {
      const sign = this.#words.takes('*', '/');
      if (sign === undefined) return node;
      const [left, right] = [this.#value(node), this.#value(this.#power())];
      node = value((scope) => calculate(sign, left(scope), right(scope)));
    }
  }

  #power(): Node {
    const node = this.#signed();
    if (!this.#words.takes('**')) return node;
    const [left, right] = [this.#value(node), this.#words.nested(() => this.#value(this.#power()))];
    return value((scope) => calculate('**', left(scope), right(scope)));
  }

  #signed(): Node {
    if (!this.#words.takes('-')) return this.#path();
    const operand = this.#words.nested(() => this.#value(this.#signed()));
    return value((scope) => calculate('-', 0, operand(scope)));
  }

  /** An operand and what is asked of it: `.name`, `.@key(name)`, `.@count`, `[index]`. */
  #path(): Node {
    const node = this.#operand();
    const parts: Part[] = [];
    for (;;) {
      if (this.#words.takes('.')) parts.push(this.#component());
      else if (this.#words.takes('[')) parts.push(this.#index());
      else break;
    }
    if (parts.length === 0) return node;
    const from = this.#value(node);
    return value((scope) => walk(from(scope), parts, scope));
  }

  #component(): Part {
    const token = this.#words.next();
    if (token.kind === 'name') return { kind: 'key', name: token.word };
    if (token.kind === 'term' && token.term === 'key') return { kind: 'key', name: token.name };
    if (token.kind === 'collection') return { kind: 'collection', name: token.name };
    throw unparsable(`${shown(token)} is no key`);
  }

  #index(): Part {
    const word = this.#words.takes('FIRST', 'LAST', 'SIZE');
    const at = word ?? this.#words.nested(() => this.#value(this.sum()));
    this.#words.expect(']');
    return { kind: 'index', at: at as 'FIRST' | 'LAST' | 'SIZE' | Evaluate };
  }

  #operand(): Node {
    const token = this.#words.next();
    switch (token.kind) {
      case 'text':
        return value(() => token.text);
      case 'number':
        return value(() => token.number);
      case 'variable':
        return value((scope) => scope.variable(token.name));
      case 'term':
        return this.#term(token.term, token.name);
      case 'name':
        return token.isEscaped ? this.#keyPath(token.word) : this.#word(token.word, token.upper);
      case 'sign':
        return this.#bracket(token.sign);
      case 'collection':
        throw unparsable(`@${token.name} stands alone`);
    }
  }

  #term(term: 'status' | 'property' | 'key', name: string): Node {
    if (term === 'status') return value((scope) => scope.status(name));
    if (term === 'property') return value((scope) => scope.property(name));
    throw unparsable(`@key(${name}) stands alone: write $variable.@key(${name})`);
  }

  #bracket(sign: string): Node {
    if (sign === '(') {
      const node = this.#predicate();
      this.#words.expect(')');
      return node;
    }
    if (sign === '{') {
      const entries = this.#list('}');
      return value((scope) => entries.map((each) => each(scope)));
    }
    throw unparsable(`"${sign}" is out of place`);
  }

  #word(word: string, upper: string): Node {
    if (constants.has(upper)) return value(() => constants.get(upper));
    if (upper === 'TRUEPREDICATE') return predicate(() => true);
    if (upper === 'FALSEPREDICATE') return predicate(() => false);
    if (upper === 'SUBQUERY') return this.#subquery();
    if (upper === 'TERNARY') return this.#ternary();
    if (upper === 'SELF') return this.#self();
    if (refusedFunctions.includes(upper)) throw unparsable(`${upper} is not allowed in a predicate of a declaration`);
    const call = this.#call(word);
    if (call !== undefined) return call;
    if (reserved.has(upper)) throw unparsable(`${word} is out of place`);
    return this.#keyPath(word);
  }

  /** A bare key path is read as the name of a status item, as before `@status` (deprecated by Apple in iOS 16). */
  #keyPath(first: string): Node {
    const names = [first];
    while (this.#isName()) {
      this.#words.takes('.');
      names.push(this.#words.name());
    }
    const name = names.join('.');
    return value((scope) => scope.status(name));
  }

  /** True before a dot and a name. */
  #isName(): boolean {
    const [dot, name] = [this.#words.peek(), this.#words.peek(1)];
    return dot?.kind === 'sign' && dot.sign === '.' && name?.kind === 'name';
  }

  /** What a predicate is evaluated against: all status items. */
  #self(): Node {
    if (!this.#isName()) return this.#keyPath('');
    this.#words.takes('.');
    return this.#keyPath(this.#words.name());
  }

  #call(word: string): Node | undefined {
    const name = this.#words.attempt(() => this.#functionName(word));
    if (name === undefined) return undefined;
    const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (known === undefined) throw unparsable(`${name}() is no function of a predicate`);
    const parameters = this.#list(')');
    if (parameters.length !== known.takes) throw unparsable(`${name}() takes ${known.takes}, not ${parameters.length}`);
    return value((scope) => {
      scope.spend(1);
      return known.call(
        parameters.map((each) => each(scope)),
        scope,
      );
    });
  }

  /** `sum(` or `modulus:by:(`, without the bracket; undefined where no bracket follows. */
  #functionName(word: string): string | undefined {
    let name = word.toLowerCase();
    while (this.#words.takes(':') !== undefined && this.#words.peek()?.kind === 'name')
      name += `:${this.#words.name().toLowerCase()}`;
    return this.#words.takes('(') === undefined ? undefined : name;
  }

  /** `SUBQUERY(collection, $element, predicate)`: the elements for which it holds. */
  #subquery(): Node {
    this.#words.expect('(');
    const collection = this.#words.nested(() => this.#value(this.sum()));
    this.#words.expect(',');
    const variable = this.#words.next();
    if (variable.kind !== 'variable') throw unparsable(`SUBQUERY needs a variable, not ${shown(variable)}`);
    this.#words.expect(',');
    const test = this.#test(this.#predicate());
    this.#words.expect(')');
    return value((scope) =>
      elementsOf(collection(scope), scope).filter((each) => {
        scope.spend(1);
        return test(scope.with(variable.name, each));
      }),
    );
  }

  #ternary(): Node {
    this.#words.expect('(');
    const test = this.#test(this.#predicate());
    this.#words.expect(',');
    const [yes, no, ...more] = this.#list(')');
    if (yes === undefined || no === undefined || more.length > 0)
      throw unparsable('TERNARY takes a predicate and two values');
    return value((scope) => (test(scope) ? yes(scope) : no(scope)));
  }

  /** Values up to the closing sign, with commas between them. */
  #list(closing: string): Evaluate[] {
    const entries: Evaluate[] = [];
    if (this.#words.takes(closing)) return entries;
    do entries.push(this.#words.nested(() => this.#value(this.sum())));
    while (this.#words.takes(','));
    this.#words.expect(closing);
    return entries;
  }

  #test(node: Node): Test {
    return testOf(node, this.#words);
  }

  #value(node: Node): Evaluate {
    return evaluatorOf(node, this.#words);
  }
}
