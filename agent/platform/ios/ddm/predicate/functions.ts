// Arithmetic and the functions that an expression may name (NSExpression's predefined functions).
import { aggregates, averageOf, numbersOf } from './path.js';
import { isList, kindOf, notEvaluable, type Scope, type Value } from './scope.js';

/** Nil in, nil out; throws UnableToEvaluatePredicate for what is no number, and for a quotient by zero. */
export function calculate(sign: string, left: Value, right: Value): Value {
  if (left === undefined || right === undefined) return undefined;
  const [a = 0, b = 0] = numbersOf([left, right]);
  const made = arithmetic[sign]?.(a, b);
  if (made === undefined || !Number.isFinite(made)) throw notEvaluable(`${a} ${sign} ${b} has no value`);
  return made;
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '**': (a, b) => a ** b,
};

type Call = (parameters: readonly Value[], scope: Scope) => Value;
interface Callable {
  readonly takes: number;
  readonly call: Call;
}

const ofNumber = (call: (number: number) => number): Callable => ({
  takes: 1,
  call: ([value]) => {
    if (value === undefined) return undefined;
    const made = call(numbersOf([value])[0] ?? 0);
    if (!Number.isFinite(made)) throw notEvaluable('a function has no value there');
    return made;
  },
});
const ofTwo = (sign: string): Callable => ({ takes: 2, call: ([left, right]) => calculate(sign, left, right) });
const ofText = (call: (text: string) => string): Callable => ({
  takes: 1,
  call: ([value], scope) => {
    if (value !== undefined && typeof value !== 'string') throw notEvaluable(`${kindOf(value)} is no text`);
    scope.spend(Math.ceil((value?.length ?? 0) / 8));
    return value === undefined ? undefined : call(value);
  },
});
const ofList = (call: (elements: readonly Value[], scope: Scope) => Value): Callable => ({
  takes: 1,
  call: ([value], scope) => {
    if (value === undefined) return undefined;
    if (!isList(value)) throw notEvaluable(`${kindOf(value)} is no collection`);
    scope.spend(value.length);
    return call(value, scope);
  },
});

/** By name in lower case, as a format string writes them. */
export const functions: Readonly<Record<string, Callable>> = {
  count: ofList((elements) => elements.length),
  sum: ofList((elements, scope) => aggregates['sum']?.(elements, scope)),
  min: ofList((elements, scope) => aggregates['min']?.(elements, scope)),
  max: ofList((elements, scope) => aggregates['max']?.(elements, scope)),
  average: ofList((elements) => averageOf(numbersOf(elements))),
  abs: ofNumber(Math.abs),
  sqrt: ofNumber(Math.sqrt),
  log: ofNumber(Math.log10),
  ln: ofNumber(Math.log),
  exp: ofNumber(Math.exp),
  floor: ofNumber(Math.floor),
  ceiling: ofNumber(Math.ceil),
  trunc: ofNumber(Math.trunc),
  lowercase: ofText((text) => text.toLowerCase()),
  uppercase: ofText((text) => text.toUpperCase()),
  'add:to': ofTwo('+'),
  'from:subtract': ofTwo('-'),
  'multiply:by': ofTwo('*'),
  'divide:by': ofTwo('/'),
  'raise:topower': ofTwo('**'),
  'modulus:by': {
    takes: 2,
    call: ([left, right]) => {
      if (left === undefined || right === undefined) return undefined;
      const [a = 0, b = 0] = numbersOf([left, right]);
      if (b === 0) throw notEvaluable('a remainder by zero has no value');
      return a % b;
    },
  },
};

/** What a format string can name, and no predicate from outside may: it calls methods of its choosing. */
export const refusedFunctions = ['FUNCTION', 'CAST', 'BLOCK', 'UTI-CONFORMS-TO'];
