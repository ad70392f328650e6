// What a predicate is evaluated against, and the bound on the work it may ask for.

/** A value of a predicate: JSON's, with null and what is absent as undefined (nil). */
export type Value = undefined | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** The reason codes of Apple's declarationbase.yaml for a predicate that cannot be used. */
type PredicateErrorCode =
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
  /** What is left of the work that all predicates of one look may ask for together. */
  readonly budget?: { steps: number };
}

/** Bound of ours on comparisons, elements and characters looked at: SUBQUERY inside SUBQUERY multiplies. */
const mostSteps = 2_000_000;
const deepest = 64;

/** A regular expression that was compiled: how much work it is depends on how large it became. */
export interface Pattern {
  programSize(): number;
  matches(text: string): boolean;
}

const mostPatterns = 64;

/** What the scopes of one evaluation share. */
export interface Shared {
  readonly facts: PredicateFacts;
  /** What was read already, by term and name. */
  readonly read: Map<string, Value>;
  /** What was compiled already. */
  readonly patterns: Map<string, Pattern>;
  steps: number;
}

/** Facts, the variables of the SUBQUERYs around, and the steps that are left. */
export class Scope {
  readonly #shared: Shared;
  readonly #variables: ReadonlyMap<string, Value>;

  constructor(shared: Shared, variables: ReadonlyMap<string, Value> = new Map()) {
    this.#shared = shared;
    this.#variables = variables;
  }

  status(name: string): Value {
    return this.#fact(`status ${name}`, name, (facts) => facts.status(name));
  }

  property(name: string): Value {
    return this.#fact(`property ${name}`, name, (facts) => facts.property(name));
  }

  /** Throws UnableToEvaluatePredicate for a variable that no SUBQUERY around defines. */
  variable(name: string): Value {
    if (!this.#variables.has(name)) throw notEvaluable(`$${name} has no value`);
    return this.#variables.get(name);
  }

  with(name: string, value: Value): Scope {
    return new Scope(this.#shared, new Map([...this.#variables, [name, value]]));
  }

  /** Throws UnableToEvaluatePredicate when the predicate has asked for too much. */
  spend(steps: number): void {
    const { facts } = this.#shared;
    this.#shared.steps -= steps;
    if (facts.budget !== undefined) facts.budget.steps -= steps;
    if (this.#shared.steps < 0) throw notEvaluable('the predicate asks for more work than is done for one');
  }

  /** A pattern by its name, compiled once. Throws what `compile` does. */
  pattern(name: string, compile: () => Pattern): Pattern {
    const { patterns } = this.#shared;
    const before = patterns.get(name);
    if (before !== undefined) return before;
    const made = compile();
    if (patterns.size >= mostPatterns) patterns.clear();
    patterns.set(name, made);
    return made;
  }

  #fact(key: string, name: string, read: (facts: PredicateFacts) => unknown): Value {
    this.spend(1);
    const known = this.#shared.read;
    if (!known.has(key)) this.spend(stepsOfName(name));
    if (!known.has(key)) known.set(key, toValue(read(this.#shared.facts), 0, this));
    return known.get(key);
  }
}

/** A scope without variables, for one evaluation. */
export function scopeOf(facts: PredicateFacts): Scope {
  const steps = Math.min(mostSteps, facts.budget?.steps ?? mostSteps);
  return new Scope({ facts, read: new Map(), patterns: new Map(), steps });
}

/** A name is looked for by each of its beginnings up to a dot. */
export const stepsOfName = (name: string): number => Math.ceil((name.split('.').length * name.length) / 16);

/** JSON as a predicate sees it; deeper than 64 is nil. */
function toValue(fact: unknown, depth: number, scope: Scope): Value {
  if (typeof fact === 'boolean' || typeof fact === 'number' || typeof fact === 'string') return fact;
  if (typeof fact !== 'object' || fact === null || depth > deepest) return undefined;
  if (Array.isArray(fact)) {
    scope.spend(fact.length + 1);
    return fact.map((each) => toValue(each, depth + 1, scope));
  }
  const made: Record<string, Value> = Object.create(null);
  const entries = Object.entries(fact);
  scope.spend(entries.length + 1);
  for (const [key, each] of entries) made[key] = toValue(each, depth + 1, scope);
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
