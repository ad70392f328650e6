// Key paths: `$app.@key(identifier)`, `@status(mdm.app).@count`, `device.model.family`, `list[FIRST]`.
import { keyOf } from './collections.js';
import { order } from './compare.js';
import { isList, isRecord, kindOf, notEvaluable, type Scope, stepsOfName, type Value } from './scope.js';

export type Part =
  | { readonly kind: 'key'; readonly name: string }
  /** `@count`, `@sum` and their like; what follows is read of each element first. */
  | { readonly kind: 'collection'; readonly name: string }
  | { readonly kind: 'index'; readonly at: 'FIRST' | 'LAST' | 'SIZE' | ((scope: Scope) => Value) };

/** What lies at the end of a path. Of an array each element is asked, as in key-value coding. */
export function walk(from: Value, parts: readonly Part[], scope: Scope): Value {
  let value = from;
  for (const [index, part] of parts.entries()) {
    scope.spend(1);
    if (part.kind === 'collection') return aggregate(value, part.name, parts.slice(index + 1), scope);
    value = part.kind === 'key' ? valueAt(value, part.name, scope) : elementAt(value, part.at, scope);
  }
  return value;
}

function valueAt(value: Value, name: string, scope: Scope): Value {
  if (value === undefined) return undefined;
  if (isList(value)) {
    scope.spend(value.length);
    return value.map((each) => valueAt(each, name, scope));
  }
  if (isRecord(value)) return inRecord(value, name, scope);
  const read = Object.hasOwn(scalarKeys, name) ? scalarKeys[name] : undefined;
  if (read === undefined) throw notEvaluable(`${kindOf(value)} has no key ${name}`);
  if (typeof value === 'string') scope.spend(Math.ceil(value.length / 8));
  return read(value);
}

/** `a.b` is the key of that name, or else b of a. */
function inRecord(record: { readonly [key: string]: Value }, name: string, scope: Scope): Value {
  if (Object.hasOwn(record, name)) return record[name];
  scope.spend(stepsOfName(name));
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const outer = Object.hasOwn(record, name.slice(0, dot)) ? record[name.slice(0, dot)] : undefined;
    if (outer !== undefined && isRecord(outer)) return inRecord(outer, name.slice(dot + 1), scope);
  }
  return undefined;
}

/** The keys of NSString and NSNumber that take no argument. */
const scalarKeys: Readonly<Record<string, (value: string | number | boolean) => Value>> = {
  length(value) {
    if (typeof value !== 'string') throw notEvaluable(`${kindOf(value)} has no key length`);
    return value.length;
  },
  lowercaseString: (value) => String(value).toLowerCase(),
  uppercaseString: (value) => String(value).toUpperCase(),
  stringValue: (value) => (typeof value === 'boolean' ? String(Number(value)) : String(value)),
  intValue: (value) => leadingNumber(value, /^\s*[+-]?\d+/),
  integerValue: (value) => leadingNumber(value, /^\s*[+-]?\d+/),
  doubleValue: (value) => leadingNumber(value, /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/),
  boolValue: (value) => (typeof value === 'string' ? /^\s*[+-]?0*[YyTt1-9]/.test(value) : Number(value) !== 0),
};

const leadingNumber = (value: string | number | boolean, pattern: RegExp): number =>
  typeof value === 'string' ? Number(pattern.exec(value)?.[0] ?? 0) : Math.trunc(Number(value) * 1e9) / 1e9;

function elementAt(value: Value, at: Extract<Part, { kind: 'index' }>['at'], scope: Scope): Value {
  if (typeof at !== 'string') {
    const key = at(scope);
    if (isRecord(value) && typeof key === 'string') return inRecord(value, key, scope);
    if (value === undefined) return undefined;
    if (!isList(value) || typeof key !== 'number') throw notEvaluable(`${kindOf(value)} has no element ${kindOf(key)}`);
    return value[key];
  }
  if (value === undefined) return undefined;
  if (!isList(value)) throw notEvaluable(`${kindOf(value)} is no array`);
  return at === 'SIZE' ? value.length : at === 'FIRST' ? value[0] : value.at(-1);
}

const plain = { ignoresCase: false, ignoresDiacritics: false };

function aggregate(value: Value, name: string, rest: readonly Part[], scope: Scope): Value {
  if (value === undefined) return name === 'count' ? 0 : undefined;
  if (!isList(value)) throw notEvaluable(`@${name} needs an array, not ${kindOf(value)}`);
  if (name === 'count') return value.length;
  const elements = value.map((each) => walk(each, rest, scope)).filter((each) => each !== undefined);
  const collect = Object.hasOwn(aggregates, name) ? aggregates[name] : undefined;
  if (collect === undefined) throw notEvaluable(`@${name} is no collection operator`);
  scope.spend(elements.length);
  return collect(elements, scope);
}

/** Of the elements without those that are nil. */
export const aggregates: Readonly<Record<string, (elements: readonly Value[], scope: Scope) => Value>> = {
  sum: (elements) => numbersOf(elements).reduce((sum, each) => sum + each, 0),
  avg: (elements) => averageOf(numbersOf(elements)),
  min: (elements, scope) => extreme(elements, scope, -1),
  max: (elements, scope) => extreme(elements, scope, 1),
  unionOfObjects: (elements) => elements,
  distinctUnionOfObjects: (elements, scope) => {
    scope.spend(elements.length * 4);
    const seen = new Map(elements.map((each) => [keyOf(each, scope), each]));
    return [...seen.values()];
  },
};

export function numbersOf(elements: readonly Value[]): number[] {
  return elements.map((each) => {
    if (typeof each !== 'number' && typeof each !== 'boolean') throw notEvaluable(`${kindOf(each)} is no number`);
    return Number(each);
  });
}

export const averageOf = (numbers: readonly number[]): Value =>
  numbers.length === 0 ? 0 : numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

function extreme(elements: readonly Value[], scope: Scope, sign: 1 | -1): Value {
  let best: Value;
  for (const each of elements) if (best === undefined || (order(each, best, plain, scope) ?? 0) * sign > 0) best = each;
  return best;
}
