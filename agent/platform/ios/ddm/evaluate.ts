// What of the declared is active and valid, and bringing the device there.

import type { JsonValue } from '../../../../base/json.js';
import { reason, type StatusReason } from '../../../../protocol/apple-mdm/ddm-status.js';
import type { CommandContext } from '../context.js';
import type { SavedDeclaration, SavedReason } from '../saved.js';
import { configurationsOf, judgeActivation } from './activations.js';
import { type Configuration, leftInEffect, putInEffect, takeOutOfEffect } from './configurations.js';
import { judge } from './judge.js';
import { predicateFacts } from './status-values.js';

/** What becomes of a declaration. */
export type Verdict = Pick<SavedDeclaration, 'active' | 'valid'> & { readonly reasons: readonly StatusReason[] };

export interface Evaluation {
  readonly declarations: readonly SavedDeclaration[];
  /** Something must wait, for the screen to be unlocked or for an answer: the next session looks again. */
  readonly isWaiting: boolean;
}

/** Activations may lean on what became of configurations, and these on activations: how often both are looked at. */
const maxRounds = 4;

/**
 * Judges every declaration and makes the device follow. `before` is what was in effect; a configuration that was active with
 * the same ServerToken and is valid still is left alone. `retries`: what failed is tried again.
 */
export async function evaluate(
  declared: readonly SavedDeclaration[],
  before: readonly SavedDeclaration[],
  context: CommandContext,
  { retries }: { readonly retries: boolean },
): Promise<Evaluation> {
  let isWaiting = false;
  for (const gone of noLongerDeclared(declared, before, context))
    isWaiting = !(await takeOutOfEffect(gone, context)) || isWaiting;
  let held = before;
  for (let round = 1; ; round++) {
    const made = await new Evaluating(declared, held, context, retries && round === 1).run();
    held = made.declarations;
    isWaiting = isWaiting || made.isWaiting;
    if (round === maxRounds || !hasMoved(held, context)) return { declarations: held, isWaiting };
  }
}

/** Configurations that were held before, or whose effect is left from a time when it could not be taken away. */
function noLongerDeclared(
  declared: readonly SavedDeclaration[],
  before: readonly SavedDeclaration[],
  context: CommandContext,
): Configuration[] {
  const present = presentIn(declared);
  const gone = before.filter(({ kind, identifier }) => kind === 'configuration' && !present.has(identifier));
  const known = new Set(gone.map(({ identifier }) => identifier));
  return [
    ...gone,
    ...leftInEffect(context).filter(({ identifier }) => !present.has(identifier) && !known.has(identifier)),
  ];
}

/** True when an activation would be judged otherwise now: a predicate that asks for the state of a declaration, or of what one did. */
export function hasMoved(declarations: readonly SavedDeclaration[], context: CommandContext): boolean {
  const present = presentIn(declarations);
  const facts = predicateFacts(declarations, context);
  return declarations
    .filter(({ kind }) => kind === 'activation')
    .some((each) => {
      const { active, valid } = judgeActivation(each, present, facts);
      return active !== each.active || valid !== each.valid;
    });
}

const presentIn = (declarations: readonly SavedDeclaration[]): ReadonlySet<string> =>
  new Set(declarations.filter(({ kind }) => kind === 'configuration').map(({ identifier }) => identifier));

/** One look at all declarations. */
class Evaluating {
  readonly #declared: readonly SavedDeclaration[];
  readonly #before: ReadonlyMap<string, SavedDeclaration>;
  readonly #context: CommandContext;
  /** What failed may be tried again. */
  readonly #retries: boolean;
  readonly #assets: readonly SavedDeclaration[];
  /** What became of the data of assets that were asked for. */
  readonly #fetched = new Map<string, StatusReason | undefined>();
  #isWaiting = false;

  constructor(
    declared: readonly SavedDeclaration[],
    before: readonly SavedDeclaration[],
    context: CommandContext,
    retries: boolean,
  ) {
    this.#declared = declared;
    this.#before = new Map(before.map((each) => [nameOf(each), each]));
    this.#context = context;
    this.#retries = retries;
    this.#assets = this.#of('asset');
  }

  async run(): Promise<Evaluation> {
    const present = presentIn(this.#declared);
    const facts = predicateFacts(this.#withState(), this.#context);
    const activations = this.#of('activation').map((each) => settled(each, judgeActivation(each, present, facts)));
    const configurations: SavedDeclaration[] = [];
    for (const each of this.#of('configuration'))
      configurations.push(settled(each, await this.#follow(each, activations)));
    const naming = namingOf(configurations);
    const assets = this.#assets.map((each) => settled(each, this.#judgeAsset(each, naming.get(each.identifier) ?? [])));
    const management = this.#of('management').map((each) => settled(each, judgeManagement(each)));
    return {
      declarations: [...activations, ...configurations, ...assets, ...management],
      isWaiting: this.#isWaiting,
    };
  }

  #of(kind: SavedDeclaration['kind']): SavedDeclaration[] {
    return this.#declared.filter((each) => each.kind === kind);
  }

  #old(declaration: SavedDeclaration): SavedDeclaration | undefined {
    return this.#before.get(nameOf(declaration));
  }

  /** The declarations with what was last said of them, for predicates that ask. */
  #withState(): SavedDeclaration[] {
    return this.#declared.map((each) => {
      const old = this.#old(each);
      return old?.serverToken === each.serverToken
        ? { ...each, active: old.active, valid: old.valid, reasons: old.reasons }
        : each;
    });
  }

  async #follow(configuration: SavedDeclaration, activations: readonly SavedDeclaration[]): Promise<Verdict> {
    const old = this.#old(configuration);
    const problems = [...judge(configuration), ...missingAssets(configuration, this.#assets)];
    const isActive = activations.some((each) => each.active && configurationsOf(each).has(configuration.identifier));
    if (problems.length > 0 || !isActive) {
      if (old !== undefined && !(await takeOutOfEffect(old, this.#context))) this.#isWaiting = true;
      if (problems.length > 0) return { active: false, valid: 'invalid', reasons: problems };
      return { active: false, valid: 'unknown', reasons: whyInactive(configuration, activations) };
    }
    if (old?.active && this.#isSame(old, configuration) && this.#isSettled(old))
      return { active: true, valid: old.valid, reasons: old.reasons.map(readReason) };
    if (old !== undefined && old.type !== configuration.type) await takeOutOfEffect(old, this.#context);
    const { valid, reasons, again, assets } = await putInEffect(configuration, this.#assets, this.#context);
    if (again) this.#isWaiting = true;
    for (const [identifier, why] of assets ?? []) this.#fetched.set(identifier, why);
    return { active: true, valid, reasons };
  }

  /** Neither the configuration nor an asset of it has changed. */
  #isSame(old: SavedDeclaration, configuration: SavedDeclaration): boolean {
    const isOfBefore = (asset: SavedDeclaration) => this.#old(asset)?.serverToken === asset.serverToken;
    return (
      old.serverToken === configuration.serverToken &&
      old.type === configuration.type &&
      assetReferences(configuration.payload).every((name) =>
        this.#assets.some((asset) => asset.identifier === name && isOfBefore(asset)),
      )
    );
  }

  /** Valid, or invalid for a reason that only another declaration mends. */
  #isSettled({ valid }: SavedDeclaration): boolean {
    return valid === 'valid' || (valid === 'invalid' && !this.#retries);
  }

  /** Active when an active configuration names it; valid once its data has been had. */
  #judgeAsset(asset: SavedDeclaration, naming: readonly SavedDeclaration[]): Verdict {
    const problems = judge(asset);
    if (problems.length > 0) return { active: false, valid: 'invalid', reasons: problems };
    if (naming.length === 0) {
      const why = reason('Info.NotReferencedByConfiguration', 'No configuration names the asset.', about(asset));
      return { active: false, valid: 'unknown', reasons: [why] };
    }
    if (!naming.some(({ active }) => active)) {
      const failed = naming.find(({ valid }) => valid === 'invalid');
      const why = failed && reason('Error.ConfigurationFailed', 'The configuration failed.', about(failed));
      return { active: false, valid: 'unknown', reasons: why === undefined ? [] : [why] };
    }
    const why = this.#fetched.get(asset.identifier);
    if (why !== undefined) return { active: true, valid: 'invalid', reasons: [why] };
    const old = this.#old(asset);
    const isKnown = !this.#fetched.has(asset.identifier) && old?.serverToken === asset.serverToken && old.active;
    if (isKnown) return { active: true, valid: old.valid, reasons: old.reasons.map(readReason) };
    return { active: true, valid: 'valid', reasons: [] };
  }
}

const nameOf = ({ kind, identifier }: SavedDeclaration): string => `${kind} ${identifier}`;

/** The configurations that name an asset, by its identifier. */
function namingOf(configurations: readonly SavedDeclaration[]): ReadonlyMap<string, readonly SavedDeclaration[]> {
  const naming = new Map<string, SavedDeclaration[]>();
  for (const each of configurations)
    for (const name of assetReferences(each.payload)) naming.set(name, [...(naming.get(name) ?? []), each]);
  return naming;
}

function settled(declaration: SavedDeclaration, { active, valid, reasons }: Verdict): SavedDeclaration {
  return { ...declaration, active, valid, reasons: reasons.map(savedReason) };
}

function savedReason({ code, description, details }: StatusReason): SavedReason {
  return {
    code,
    ...(description === undefined ? {} : { description }),
    ...(details === undefined ? {} : { details }),
  };
}

/** Back from storage, where details are plain values; they were JSON when they were made. */
function readReason({ code, description, details }: SavedReason): StatusReason {
  const made: StatusReason = { code, ...(description === undefined ? {} : { description }) };
  return details === undefined ? made : { ...made, details: JSON.parse(JSON.stringify(details)) };
}

const about = ({ identifier, serverToken }: SavedDeclaration): Record<'Identifier' | 'ServerToken', JsonValue> => ({
  Identifier: identifier,
  ServerToken: serverToken,
});
/** Names in one reason of a report: somebody looks for the first of them. */
const mostNamed = 100;

function whyInactive(configuration: SavedDeclaration, activations: readonly SavedDeclaration[]): StatusReason[] {
  const naming = activations.filter((each) => configurationsOf(each).has(configuration.identifier));
  if (naming.length === 0) {
    return [reason('Info.NotReferencedByActivation', 'No activation names the configuration.', about(configuration))];
  }
  const failed = naming.find((each) => each.valid === 'invalid');
  return failed === undefined ? [] : [reason('Error.ActivationFailed', 'The activation failed.', about(failed))];
}

/** Keys ending in AssetReference hold the identifier of an asset. */
const assetReferences = (payload: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(payload).flatMap(([key, value]) =>
    key.endsWith('AssetReference') && typeof value === 'string' ? [value] : [],
  );

function missingAssets(configuration: SavedDeclaration, assets: readonly SavedDeclaration[]): StatusReason[] {
  const present = new Set(assets.map(({ identifier }) => identifier));
  const missing = assetReferences(configuration.payload)
    .filter((name) => !present.has(name))
    .slice(0, mostNamed);
  if (missing.length === 0) return [];
  const details = { ...about(configuration), AssetIdentifiers: missing };
  return [reason('Error.MissingAssets', 'Assets of the configuration are not present.', details)];
}

/** A management declaration is never active: nothing activates it (Apple's article, and reports of devices). */
function judgeManagement(declaration: SavedDeclaration): Verdict {
  const problems = judge(declaration);
  return { active: false, valid: problems.length > 0 ? 'invalid' : 'valid', reasons: problems };
}
