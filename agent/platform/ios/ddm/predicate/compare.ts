// The comparisons of a predicate, as NSComparisonPredicate has them: what is nil equals nil alone, and types are not converted.
import { elementsOf } from './collections.js';
import { isList, isRecord, kindOf, notEvaluable, type Scope, type Value } from './scope.js';
import { folded, isLike, isMatch, orderOfTexts, type TextOptions } from './text.js';

export type Compare = (left: Value, right: Value, options: TextOptions, scope: Scope) => boolean;

function isEqual(left: Value, right: Value, options: TextOptions, scope: Scope): boolean {
  scope.spend(1);
  if (left === undefined || right === undefined) return left === right;
  if (typeof left === 'string' && typeof right === 'string') {
    const isFolded = options.ignoresCase || options.ignoresDiacritics;
    scope.spend(isFolded ? left.length + right.length : Math.min(left.length, right.length));
    return folded(left, options) === folded(right, options);
  }
  // TRUE is the number 1 (NSNumber).
  if (isNumber(left) && isNumber(right)) return Number(left) === Number(right);
  if (isList(left) && isList(right))
    return left.length === right.length && left.every((each, index) => isEqual(each, right[index], options, scope));
  if (!isRecord(left) || !isRecord(right)) return false;
  const [keys, others] = [Object.keys(left), Object.keys(right)];
  scope.spend(keys.length + others.length);
  return keys.length === others.length && keys.every((key) => isEqual(left[key], right[key], options, scope));
}

const isNumber = (value: Value): value is number | boolean => typeof value === 'number' || typeof value === 'boolean';

/** Undefined where one of them is nil: then no ordering holds. Throws UnableToEvaluatePredicate for a text and a number. */
export function order(left: Value, right: Value, options: TextOptions, scope: Scope): number | undefined {
  scope.spend(1);
  if (left === undefined || right === undefined) return undefined;
  if (isNumber(left) && isNumber(right)) return Number(left) - Number(right);
  if (typeof left === 'string' && typeof right === 'string') {
    scope.spend(left.length + right.length);
    return orderOfTexts(folded(left, options), folded(right, options));
  }
  throw notEvaluable(`${kindOf(left)} and ${kindOf(right)} have no order`);
}

const ordered =
  (test: (difference: number) => boolean): Compare =>
  (left, right, options, scope) => {
    const difference = order(left, right, options, scope);
    return difference !== undefined && test(difference);
  };

const ofTexts =
  (test: (left: string, right: string, scope: Scope, options: TextOptions) => boolean): Compare =>
  (left, right, options, scope) => {
    if (left === undefined || right === undefined) return false;
    if (typeof left !== 'string' || typeof right !== 'string')
      throw notEvaluable(`${kindOf(left)} and ${kindOf(right)} are not compared as texts`);
    scope.spend(left.length + right.length);
    return test(folded(left, options), folded(right, options), scope, options);
  };

/** A text in a text, or an element in a collection; of a dictionary the values count. */
function isIn(element: Value, collection: Value, options: TextOptions, scope: Scope): boolean {
  if (collection === undefined) return false;
  if (typeof collection === 'string') {
    if (element === undefined) return false;
    if (typeof element !== 'string') throw notEvaluable(`${kindOf(element)} is not looked for in a text`);
    scope.spend(element.length + collection.length);
    return folded(collection, options).includes(folded(element, options));
  }
  return elementsOf(collection, scope).some((each) => isEqual(element, each, options, scope));
}

function isBetween(value: Value, bounds: Value, options: TextOptions, scope: Scope): boolean {
  if (!isList(bounds) || bounds.length !== 2) throw notEvaluable('BETWEEN needs two bounds in braces');
  const [low, high] = bounds;
  const [above, below] = [order(value, low, options, scope), order(value, high, options, scope)];
  return above !== undefined && below !== undefined && above >= 0 && below <= 0;
}

const equal: Compare = isEqual;
const atLeast = ordered((difference) => difference >= 0);
const atMost = ordered((difference) => difference <= 0);
const different: Compare = (left, right, options, scope) => !isEqual(left, right, options, scope);

/** By sign or by word in capitals. */
export const comparisons: Readonly<Record<string, Compare>> = {
  '=': equal,
  '==': equal,
  '!=': different,
  '<>': different,
  '>': ordered((difference) => difference > 0),
  '<': ordered((difference) => difference < 0),
  '>=': atLeast,
  '=>': atLeast,
  '<=': atMost,
  '=<': atMost,
  BETWEEN: isBetween,
  IN: isIn,
  CONTAINS: (left, right, options, scope) => isIn(right, left, options, scope),
  BEGINSWITH: ofTexts((left, right) => left.startsWith(right)),
  ENDSWITH: ofTexts((left, right) => left.endsWith(right)),
  LIKE: ofTexts((left, right, scope) => isLike(left, right, scope)),
  MATCHES(left, right, options, scope) {
    if (left === undefined || right === undefined) return false;
    if (typeof left !== 'string' || typeof right !== 'string')
      throw notEvaluable(`${kindOf(left)} is not matched with ${kindOf(right)}`);
    scope.spend(left.length + right.length);
    const { ignoresCase } = options;
    const onlyDiacritics = { ...options, ignoresCase: false };
    return isMatch(folded(left, onlyDiacritics), folded(right, onlyDiacritics), ignoresCase, scope);
  },
};
