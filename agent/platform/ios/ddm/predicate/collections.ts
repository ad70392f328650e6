// Values with elements.
import { isList, isRecord, kindOf, notEvaluable, type Scope, type Value } from './scope.js';

/** Nil has no elements. Throws UnableToEvaluatePredicate for what is no collection. */
export function elementsOf(collection: Value, scope: Scope): readonly Value[] {
  if (collection === undefined) return [];
  if (isList(collection)) return collection;
  if (isRecord(collection)) {
    const elements = Object.values(collection);
    scope.spend(elements.length);
    return elements;
  }
  throw notEvaluable(`${kindOf(collection)} is no collection`);
}

/** The same text for equal values, as long as the value is. */
export function keyOf(value: Value, scope: Scope): string {
  const key = JSON.stringify(value) ?? 'nil';
  scope.spend(Math.ceil(key.length / 8));
  return key;
}

/** UNION, INTERSECT and MINUS. */
export function combined(sign: string, left: Value, right: Value, scope: Scope): Value {
  const [a, b] = [elementsOf(left, scope), elementsOf(right, scope)];
  scope.spend(a.length + b.length);
  const key = (each: Value) => keyOf(each, scope);
  const [inLeft, inRight] = [new Set(a.map(key)), new Set(b.map(key))];
  if (sign === 'UNION') return [...a, ...b.filter((each) => !inLeft.has(key(each)))];
  return a.filter((each) => inRight.has(key(each)) === (sign === 'INTERSECT'));
}
