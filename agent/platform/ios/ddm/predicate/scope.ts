// What a predicate is evaluated against, and the bound on the work it may ask for.

/** A value of a predicate: JSON's, with null and what is absent as undefined (nil). */
export type Value = undefined | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** The reason codes of Apple's declarationbase.yaml for a predicate that cannot be used. */
export type PredicateErrorCode =
  | 'Error.UnableToParsePredicate'
  | 'Error.UnableToParsePredicateWithCustomOperator'
  | 'Error.UnableToEvaluatePredicate';

/** A predicate that cannot be parsed or evaluated; `code` is what the status report says of it. */
export class PredicateError extends Error {
  override readonly name = 'PredicateError';

  constructor(
    readonly code: PredicateErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export const unparsable = (why: string): PredicateError => new PredicateError('Error.UnableToParsePredicate', why);
export const unparsableTerm = (why: string): PredicateError =>
  new PredicateError('Error.UnableToParsePredicateWithCustomOperator', why);
export const notEvaluable = (why: string): PredicateError => new PredicateError('Error.UnableToEvaluatePredicate', why);

/** What the device knows: undefined for a status item or a management property that it does not have. */
export interface PredicateFacts {
  /** `@status(name)`: a status item, or what lies below it in the value of one. */
  status(name: string): unknown;
  /** `@property(name)`: what a com.apple.management.properties declaration set. */
  property(name: string): unknown;
}

/** Bound of ours on comparisons, elements and characters looked at: SUBQUERY inside SUBQUERY multiplies. */
const mostSteps = 2_000_000;
const deepest = 64;

/** Facts, the variables of the SUBQUERYs around, and the steps that are left. */
export class Scope {
  readonly #facts: PredicateFacts;
  readonly #variables: ReadonlyMap<string, Value>;
  readonly #left: { steps: number };

  constructor(facts: PredicateFacts, variables: ReadonlyMap<string, Value> = new Map(), left = { steps: mostSteps }) {
    this.#facts = facts;
    this.#variables = variables;
    this.#left = left;
  }

  status(name: string): Value {
    return this.#known(this.#facts.status(name));
  }

  property(name: string): Value {
    return this.#known(this.#facts.property(name));
  }

  /** Throws UnableToEvaluatePredicate for a variable that no SUBQUERY around defines. */
  variable(name: string): Value {
    if (!this.#variables.has(name)) throw notEvaluable(`$${name} has no value`);
    return this.#variables.get(name);
  }

  with(name: string, value: Value): Scope {
    return new Scope(this.#facts, new Map([...this.#variables, [name, value]]), this.#left);
  }

  /** Throws UnableToEvaluatePredicate when the predicate has asked for too much. */
  spend(steps: number): void {
    this.#left.steps -= steps;
    if (this.#left.steps < 0) throw notEvaluable('the predicate asks for more work than is done for one');
  }

  #known(fact: unknown): Value {
    return toValue(fact, 0, this);
  }
}

/** JSON as a predicate sees it; deeper than 64 is nil. */
function toValue(fact: unknown, depth: number, scope: Scope): Value {
  if (typeof fact === 'boolean' || typeof fact === 'number' || typeof fact === 'string') return fact;
  if (typeof fact !== 'object' || fact === null || depth > deepest) return undefined;
  scope.spend(1);
  if (Array.isArray(fact)) return fact.map((each) => toValue(each, depth + 1, scope));
  const made: Record<string, Value> = Object.create(null);
  for (const [key, each] of Object.entries(fact)) made[key] = toValue(each, depth + 1, scope);
  return made;
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isRecord = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === 'object' && !Array.isArray(value);

/** A value as messages name it. */
export function kindOf(value: Value): string {
  if (value === undefined) return 'nil';
  if (isList(value)) return 'an array';
  return isRecord(value) ? 'a dictionary' : `a ${typeof value}`;
}
