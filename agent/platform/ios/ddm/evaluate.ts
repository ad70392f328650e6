// What of the declared is active and valid, and bringing the device there.

import type { JsonValue } from '../../../../base/json.js';
import { reason, type StatusReason } from '../../../../protocol/apple-mdm/ddm-status.js';
import type { CommandContext } from '../context.js';
import type { SavedDeclaration, SavedReason } from '../saved.js';
import { putInEffect, takeOutOfEffect } from './configurations.js';
import { judge, stringsAt, textAt } from './judge.js';
import { PredicateError, readPredicate } from './predicate.js';
import { readStatusItem } from './status-items.js';

type Verdict = Pick<SavedDeclaration, 'active' | 'valid'> & { readonly reasons: readonly StatusReason[] };

export interface Evaluation {
  readonly declarations: SavedDeclaration[];
  /** Something must wait, for the screen to be unlocked: the next session looks again. */
  readonly isWaiting: boolean;
}

/**
 * Judges every declaration and makes the device follow. `before` is what was in effect; a configuration that was active with
 * the same ServerToken and is valid still is left alone.
 */
export async function evaluate(
  declared: readonly SavedDeclaration[],
  before: readonly SavedDeclaration[],
  context: CommandContext,
): Promise<Evaluation> {
  let isWaiting = false;
  for (const old of before) {
    const isGone = !declared.some((each) => each.kind === old.kind && each.identifier === old.identifier);
    if (old.kind === 'configuration' && isGone) isWaiting = !(await takeOutOfEffect(old, context)) || isWaiting;
  }
  const of = (kind: SavedDeclaration['kind']) => declared.filter((each) => each.kind === kind);
  const assets = of('asset');
  const present = new Set(of('configuration').map(({ identifier }) => identifier));
  const activations = of('activation').map((each) => settled(each, judgeActivation(each, present, context)));
  const configurations: SavedDeclaration[] = [];
  for (const each of of('configuration')) {
    const old = before.find((one) => one.kind === 'configuration' && one.identifier === each.identifier);
    const made = settled(each, await followConfiguration(each, old, activations, assets, context));
    isWaiting = isWaiting || (made.valid === 'unknown' && isActivated(made, activations));
    configurations.push(made);
  }
  const references = new Set(configurations.flatMap(({ payload }) => assetReferences(payload)));
  const judgedAssets = assets.map((each) => settled(each, judgeAsset(each, references)));
  const management = of('management').map((each) => settled(each, judgeAlone(each)));
  return { declarations: [...activations, ...configurations, ...judgedAssets, ...management], isWaiting };
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

const about = ({ identifier, serverToken }: SavedDeclaration) => ({ Identifier: identifier, ServerToken: serverToken });
/** Names in one reason of a report: somebody looks for the first of them. */
const mostNamed = 100;

const namedBy = new WeakMap<object, ReadonlySet<string>>();

/** The configurations that an activation names. It may name a hundred thousand, and is asked once for each configuration. */
function configurationsOf({ payload }: SavedDeclaration): ReadonlySet<string> {
  const before = namedBy.get(payload);
  if (before !== undefined) return before;
  const names = new Set(stringsAt(payload, 'StandardConfigurations'));
  namedBy.set(payload, names);
  return names;
}

function judgeActivation(activation: SavedDeclaration, present: ReadonlySet<string>, context: CommandContext): Verdict {
  const problems = judge(activation);
  if (problems.length > 0) return { active: false, valid: 'invalid', reasons: problems };
  const missing = [...configurationsOf(activation)].filter((name) => !present.has(name)).slice(0, mostNamed);
  if (missing.length > 0) {
    const details: Record<'Identifier' | 'ServerToken' | 'ConfigurationIdentifiers', JsonValue> = {
      ...about(activation),
      ConfigurationIdentifiers: missing,
    };
    const why = reason('Error.MissingConfigurations', 'Configurations of the activation are not present.', details);
    return { active: false, valid: 'invalid', reasons: [why] };
  }
  const predicate = textAt(activation.payload, 'Predicate');
  if (predicate === undefined) return { active: true, valid: 'valid', reasons: [] };
  const details = { ...about(activation), Predicate: predicate };
  try {
    const test = readPredicate(predicate);
    const source = { state: context.device.state, data: context.memory.data };
    if (test((name) => readStatusItem(name, source))) return { active: true, valid: 'valid', reasons: [] };
    const why = reason('Info.Predicate', 'The predicate of the activation is false.', details);
    return { active: false, valid: 'valid', reasons: [why] };
  } catch (error) {
    if (!(error instanceof PredicateError)) throw error;
    return {
      active: false,
      valid: 'invalid',
      reasons: [reason('Error.UnableToParsePredicate', error.message, details)],
    };
  }
}

const isActivated = ({ identifier }: SavedDeclaration, activations: readonly SavedDeclaration[]): boolean =>
  activations.some((each) => each.active && configurationsOf(each).has(identifier));

async function followConfiguration(
  configuration: SavedDeclaration,
  old: SavedDeclaration | undefined,
  activations: readonly SavedDeclaration[],
  assets: readonly SavedDeclaration[],
  context: CommandContext,
): Promise<Verdict> {
  const problems = [...judge(configuration), ...missingAssets(configuration, assets)];
  if (problems.length > 0 || !isActivated(configuration, activations)) {
    if (old !== undefined) await takeOutOfEffect(old, context);
    if (problems.length > 0) return { active: false, valid: 'invalid', reasons: problems };
    return { active: false, valid: 'unknown', reasons: whyInactive(configuration, activations) };
  }
  const isSame = old !== undefined && old.serverToken === configuration.serverToken && old.type === configuration.type;
  if (isSame && old.active && old.valid === 'valid')
    return { active: true, valid: 'valid', reasons: old.reasons.map(readReason) };
  if (old !== undefined && old.type !== configuration.type) await takeOutOfEffect(old, context);
  const { valid, reasons } = await putInEffect(configuration, assets, context);
  return { active: valid === 'valid', valid, reasons };
}

/** Back from storage, where details are plain values; they were JSON when they were made. */
function readReason({ code, description, details }: SavedReason): StatusReason {
  const made: StatusReason = { code, ...(description === undefined ? {} : { description }) };
  return details === undefined ? made : { ...made, details: JSON.parse(JSON.stringify(details)) };
}

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

function judgeAsset(asset: SavedDeclaration, references: ReadonlySet<string>): Verdict {
  const problems = judge(asset);
  if (problems.length > 0) return { active: false, valid: 'invalid', reasons: problems };
  if (references.has(asset.identifier)) return { active: true, valid: 'valid', reasons: [] };
  const why = reason('Info.NotReferencedByConfiguration', 'No configuration names the asset.', about(asset));
  return { active: false, valid: 'unknown', reasons: [why] };
}

function judgeAlone(declaration: SavedDeclaration): Verdict {
  const problems = judge(declaration);
  return problems.length > 0
    ? { active: false, valid: 'invalid', reasons: problems }
    : { active: true, valid: 'valid', reasons: [] };
}
