// Putting configurations into effect and taking them back.
import { isRollcallError } from '../../../../base/errors.js';
import { shownAddress } from '../../../../base/shown-address.js';
import { reason, type StatusReason } from '../../../../protocol/apple-mdm/ddm-status.js';
import { chainOf, errorDomains } from '../../../../protocol/apple-mdm/error-chain.js';
import { profileLimits } from '../../../../protocol/plist/value.js';
import type { CommandContext } from '../context.js';
import { isLocked } from '../context.js';
import { declaredPolicy } from '../passcode.js';
import { installProfile, removeProfile } from '../profiles.js';
import type { SavedDeclaration } from '../saved.js';
import { troubleOf } from '../told.js';
import { fetchAsset } from './assets.js';
import { textAt } from './judge.js';
import { types } from './types.js';

/** `valid` with reasons that inform, `invalid` with those that prevent it; `unknown` when the device must come back to it. */
export interface Effect {
  readonly valid: SavedDeclaration['valid'];
  readonly reasons: readonly StatusReason[];
  /** What prevents it may pass by itself: the next session tries again. */
  readonly again?: true;
  /** The assets whose data was asked for: none is no reason against it. */
  readonly assets?: ReadonlyMap<string, StatusReason | undefined>;
}

/** As much of a configuration as is needed to bring it into effect and out of it. */
export type Configuration = Pick<SavedDeclaration, 'identifier' | 'type' | 'payload' | 'serverToken'>;

const works: Effect = { valid: 'valid', reasons: [] };
const waits: Effect = { valid: 'unknown', reasons: [], again: true };
const cannot = (why: string): Effect => ({
  valid: 'invalid',
  reasons: [reason('Error.ConfigurationCannotBeApplied', 'The configuration cannot be applied.', { Error: why })],
});

/** Brings a configuration into effect. `assets` are the declarations that it may refer to. */
export async function putInEffect(
  configuration: Configuration,
  assets: readonly SavedDeclaration[],
  context: CommandContext,
): Promise<Effect> {
  switch (configuration.type) {
    case types.legacy:
      return await installLegacy(configuration, context);
    case types.passcode:
      return await installPasscode(configuration, context);
    case types.test:
      return await runTest(configuration, assets, context);
    default:
      return works; // status-subscriptions: the report reads them
  }
}

/**
 * Takes a configuration out of effect; one that never was in effect is nothing to do. False when it must wait, or the device
 * refuses: then it is told, and the others are not kept back.
 */
export async function takeOutOfEffect(configuration: Configuration, context: CommandContext): Promise<boolean> {
  try {
    return await takeOut(configuration, context);
  } catch (error) {
    if (!isRollcallError(error, 'PROFILE_REFUSED')) throw error;
    context.device.tell(troubleOf(error, `configuration ${configuration.identifier}`));
    return false;
  }
}

/** What declarations have left on the device, by the declaration that brought it. */
export function leftInEffect({ memory, device }: Pick<CommandContext, 'memory' | 'device'>): Configuration[] {
  const of = (type: string, identifier: string): Configuration => ({ identifier, type, payload: {}, serverToken: '' });
  const profiles = memory.data.profiles.flatMap(({ declaration }) =>
    declaration === undefined ? [] : [of(types.legacy, declaration)],
  );
  const policies = device.state.holdings.flatMap(({ profile }) =>
    profile.name.startsWith(policyPrefix) ? [of(types.passcode, profile.name.slice(policyPrefix.length))] : [],
  );
  return [...profiles, ...policies];
}

async function takeOut(configuration: Configuration, context: CommandContext): Promise<boolean> {
  if (configuration.type === types.legacy) {
    const held = context.memory.data.profiles.find(({ declaration }) => declaration === configuration.identifier);
    return held === undefined || (await removeProfile(held, context)).status === 'Acknowledged';
  }
  if (configuration.type === types.passcode) {
    const name = passcodeName(configuration);
    if (!context.device.state.holdings.some(({ profile }) => profile.name === name)) return true;
    return (await context.apply({ kind: 'remove-profile', name })).status === 'done';
  }
  return true;
}

async function installLegacy(configuration: Configuration, context: CommandContext): Promise<Effect> {
  const url = textAt(configuration.payload, 'ProfileURL') ?? '';
  if (!context.exchange.isOwn(url)) return cannot(`the MDM server does not host ${shownAddress(url).slice(0, 200)}`); // legacy.yaml
  try {
    const { body } = await context.exchange.download(url, profileLimits.maxBytes, context.signal);
    const before = context.memory.data.profiles.find(({ declaration }) => declaration === configuration.identifier);
    const answer = await installProfile(body, context, { declaration: configuration.identifier });
    if (answer.status !== 'Acknowledged') return waits;
    // A new profile of another identifier takes the old one's place.
    const after = context.memory.data.profiles.filter(({ declaration }) => declaration === configuration.identifier);
    if (before !== undefined && after.length > 1) await removeProfile(before, context);
    return works;
  } catch (error) {
    if (!isRollcallError(error) || (error.code !== 'FETCH_FAILED' && chainOf(error) === undefined)) throw error;
    const why = cannot(error.message);
    return error.code === 'FETCH_FAILED' || isUnreachable(error) ? { ...why, again: true } : why;
  }
}

/** A SCEP server that the profile names did not answer. */
const isUnreachable = (error: unknown): boolean =>
  chainOf(error)?.some(({ ErrorDomain, ErrorCode }) => ErrorDomain === errorDomains.scep && ErrorCode === 22005) ===
  true;

const policyPrefix = 'declaration/';
const passcodeName = ({ identifier }: Configuration): string => `${policyPrefix}${identifier}`;

async function installPasscode(configuration: Configuration, context: CommandContext): Promise<Effect> {
  const outcome = await context.apply({
    kind: 'install-profile',
    profile: {
      kind: 'configuration',
      name: passcodeName(configuration),
      type: configuration.type,
      passcode: declaredPolicy(configuration.payload),
      settings: configuration.payload,
    },
  });
  if (outcome.status === 'failed') return cannot(outcome.reason);
  return outcome.status === 'later' ? waits : works;
}

/** The configuration that Apple made for tests: it says what it was told to say. */
async function runTest(
  { payload }: Configuration,
  assets: readonly SavedDeclaration[],
  context: CommandContext,
): Promise<Effect> {
  const reference = textAt(payload, 'EchoDataAssetReference');
  const asset = assets.find(({ identifier }) => identifier === reference);
  const echo: StatusReason = { code: 'Info.Echo', description: textAt(payload, 'Echo') ?? '' };
  if (asset !== undefined) {
    const fetched = await fetchAsset(asset, context);
    if ('reason' in fetched) {
      const assets = new Map([[asset.identifier, fetched.reason]]);
      const failure: Effect = { valid: 'invalid', reasons: [fetched.reason], assets };
      return fetched.mayCome === true ? { ...failure, again: true } : failure;
    }
    const data: StatusReason = { code: 'Info.EchoData', description: fetched.data.toString('utf8') };
    return { valid: 'valid', reasons: [echo, data], assets: new Map([[asset.identifier, undefined]]) };
  }
  const status = textAt(payload, 'ReturnStatus') ?? 'Installed';
  if (status === 'Unlocked' && isLocked(context.device.state)) return waits;
  if (status !== 'Failed') return { valid: 'valid', reasons: [echo] };
  const failure = cannot(echo.description ?? '');
  return { ...failure, reasons: [...failure.reasons, echo] };
}
