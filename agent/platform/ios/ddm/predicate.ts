// Predicates of activations: Apple's "Predicate Format String Syntax" with the terms @status, @property and @key.
import { parse } from './predicate/parser.js';
import { type PredicateFacts, scopeOf } from './predicate/scope.js';
import { tokenize } from './predicate/tokens.js';

export { PredicateError, type PredicateFacts } from './predicate/scope.js';

/** True or false for what the device knows at that moment. Throws PredicateError where it cannot be evaluated. */
export type Predicate = (facts: PredicateFacts) => boolean;

const read = new WeakMap<object, Predicate>();

/**
 * Reads a predicate. Throws PredicateError. `of`: the payload that it stands in, by which it is found again.
 *
 *     readPredicate('@property(age) >= 18')({ status: () => undefined, property: () => 20 }) // true
 */
export function readPredicate(text: string, of?: object): Predicate {
  const before = of === undefined ? undefined : read.get(of);
  if (before !== undefined) return before;
  const test = parse(tokenize(text));
  const made: Predicate = (facts) => test(scopeOf(facts));
  if (of !== undefined) read.set(of, made);
  return made;
}
