import { isRollcallError } from '../../../../base/errors.js';
import type { MdmCommand } from '../../../../protocol/apple-mdm/command.js';
import { chainOf, link } from '../../../../protocol/apple-mdm/error-chain.js';
import { hasRights, isSince, requirementOf } from '../../../../protocol/apple-mdm/request-types.js';
import { protocolCatalogue } from '../../../../protocol/errors.js';
import { type Answer, failed, later, malformed } from '../answer.js';
import { type CommandContext, type HandlerTable, isLocked } from '../context.js';
import { FormatError, Parameters } from '../parameters.js';
import { whyFull } from '../room.js';
import { appCommands } from './apps.js';
import { declarativeCommands } from './declarative.js';
import { deviceCommands } from './device.js';
import { informationCommands } from './information.js';
import { leftOutCommands } from './left-out.js';
import { lostModeCommands } from './lost-mode.js';
import { profileCommands } from './profiles.js';
import { provisioningCommands } from './provisioning.js';
import { restrictionCommands } from './restrictions.js';
import { settingsCommands } from './settings.js';
import { updateCommands } from './updates.js';

/** Every command that the device has an answer to. What is not here it does not know. */
export const handlers: HandlerTable = {
  ...informationCommands,
  ...profileCommands,
  ...provisioningCommands,
  ...appCommands,
  ...deviceCommands,
  ...lostModeCommands,
  ...settingsCommands,
  ...restrictionCommands,
  ...updateCommands,
  ...declarativeCommands,
  ...leftOutCommands,
};

/**
 * What iOS puts off while its screen is locked, as seen on devices (specs/apple.md §1.6). CertificateList is put off only
 * before the first unlock after a restart, which is not modelled. `createIos({ notNowWhileLocked })` replaces the list.
 */
export const notNowWhileLocked: readonly string[] = [
  'InstallProfile',
  'InstallProvisioningProfile',
  'SecurityInfo',
  'InstallApplication',
  'ManagedMediaList',
];

/** What puts something on the device that stays there. */
const bringing: ReadonlySet<string> = new Set([
  'InstallProfile',
  'InstallProvisioningProfile',
  'InstallApplication',
  'Settings',
]);

/**
 * Judges and carries out one command. In the order of the checks: a type unknown, or known to a later iOS only, 12021; a right
 * that the profile does not give 12007, supervised only 29000, a tether wanted 12081, locked NotNow, no room 12010, parameters
 * CommandFormatError.
 */
export async function answerCommand(
  command: MdmCommand,
  context: CommandContext,
  putOff: ReadonlySet<string>,
): Promise<Answer> {
  const type = command.RequestType;
  const needed = requirementOf(type);
  const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  const { facts } = context.device.state;
  if (needed === undefined || handler === undefined || !isSince(facts.osVersion, needed.since)) {
    return failed(link('mdm', 12021, `“${type}” is not a valid request type.`));
  }
  if (!hasRights(context.memory.data.management.accessRights, needed.rights)) {
    return failed(link('mdm', 12007, `The authority is not authorized to use “${type}”.`));
  }
  const state = context.device.state;
  if (needed.isSupervisedOnly && !state.facts.supervised) {
    return failed(link('chaperone', 29000, 'The device is not supervised.'));
  }
  // Of a phone on a cable that shares its computer's network; this one has its own (IsNetworkTethered).
  if (command.body['RequestRequiresNetworkTether'] === true)
    return failed(link('mdm', 12081, 'The device has no tethered network connection.'));
  if (putOff.has(type) && isLocked(state)) return { ...later, reason: 'the screen is locked' };
  const full = bringing.has(type) ? whyFull(state, context.memory.data) : undefined;
  if (full !== undefined) return failed(link('mdm', 12010, full));
  try {
    return await handler(new Parameters(command.body), context);
  } catch (error) {
    if (error instanceof FormatError) {
      context.ports.log.debug('COMMAND_FORMAT', { command: type, problem: error.message });
      return malformed(error.message);
    }
    if (!isRollcallError(error) || !Object.hasOwn(protocolCatalogue, error.code)) throw error;
    // Bytes that a command brought, or led to, and that no handler has a better word for: they end the command alone.
    context.ports.log.warn(error.code, { command: type, problem: error.message });
    return failed(...(chainOf(error) ?? [link('mdm', 12010, error.message)]));
  }
}
