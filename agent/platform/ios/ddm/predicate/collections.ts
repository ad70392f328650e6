// Values with elements.
import { isList, isRecord, kindOf, notEvaluable, type Scope, type Value } from './scope.js';

/** Nil has no elements. Throws UnableToEvaluatePredicate for what is no collection. */
export function elementsOf(collection: Value): readonly Value[] {
  if (collection === undefined) return [];
  if (isList(collection)) return collection;
  if (isRecord(collection)) return Object.values(collection);
  throw notEvaluable(`${kindOf(collection)} is no collection`);
}

/** UNION, INTERSECT and MINUS. */
export function combined(sign: string, left: Value, right: Value, scope: Scope): Value {
  const [a, b] = [elementsOf(left), elementsOf(right)];
  scope.spend(a.length + b.length);
  const key = (each: Value) => JSON.stringify(each) ?? 'nil';
  const [inLeft, inRight] = [new Set(a.map(key)), new Set(b.map(key))];
  if (sign === 'UNION') return [...a, ...b.filter((each) => !inLeft.has(key(each)))];
  return a.filter((each) => inRight.has(key(each)) === (sign === 'INTERSECT'));
}
