// Activations: the configurations they name, and the predicate that decides whether those are in effect.
import type { JsonValue } from '../../../../base/json.js';
import { reason, type StatusReason } from '../../../../protocol/apple-mdm/ddm-status.js';
import type { SavedDeclaration } from '../saved.js';
import { judge, stringsAt, textAt } from './judge.js';
import { PredicateError, type PredicateFacts, readPredicate } from './predicate.js';

/** Names in one reason of a report: somebody looks for the first of them. */
const mostNamed = 100;

const namedBy = new WeakMap<object, ReadonlySet<string>>();

/** The configurations that an activation names. It may name a hundred thousand, and is asked once for each configuration. */
export function configurationsOf({ payload }: SavedDeclaration): ReadonlySet<string> {
  const before = namedBy.get(payload);
  if (before !== undefined) return before;
  const names = new Set(stringsAt(payload, 'StandardConfigurations'));
  namedBy.set(payload, names);
  return names;
}

/** Whether an activation is active, and why not. `present`: the configurations that are there. */
export function judgeActivation(
  activation: SavedDeclaration,
  present: ReadonlySet<string>,
  facts: PredicateFacts,
): Pick<SavedDeclaration, 'active' | 'valid'> & { readonly reasons: readonly StatusReason[] } {
  const problems = judge(activation);
  if (problems.length > 0) return { active: false, valid: 'invalid', reasons: problems };
  const about = { Identifier: activation.identifier, ServerToken: activation.serverToken };
  const missing = [...configurationsOf(activation)].filter((name) => !present.has(name)).slice(0, mostNamed);
  if (missing.length > 0) {
    const details: Record<'Identifier' | 'ServerToken' | 'ConfigurationIdentifiers', JsonValue> = {
      ...about,
      ConfigurationIdentifiers: missing,
    };
    const why = reason('Error.MissingConfigurations', 'Configurations of the activation are not present.', details);
    return { active: false, valid: 'invalid', reasons: [why] };
  }
  const predicate = textAt(activation.payload, 'Predicate');
  if (predicate === undefined) return { active: true, valid: 'valid', reasons: [] };
  const details = { ...about, Predicate: predicate };
  try {
    if (readPredicate(predicate, activation.payload)(facts)) return { active: true, valid: 'valid', reasons: [] };
    const why = reason('Info.Predicate', 'The predicate of the activation is false.', details);
    return { active: false, valid: 'valid', reasons: [why] };
  } catch (error) {
    if (!(error instanceof PredicateError)) throw error;
    return { active: false, valid: 'invalid', reasons: [reason(error.code, error.message, details)] };
  }
}
