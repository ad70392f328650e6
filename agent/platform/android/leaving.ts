// What ends an enrollment, or changes the device at a word of the server's that is confirmed before (specs/android.md §1.7), and how a
// device is released, by convention.
import type { ApplicationSetting, HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import { boolAt } from '../../../protocol/managed-config/bundle.js';
import { bundleOf, managedConfig } from '../../../protocol/managed-config/read.js';
import type { Outcome } from '../../../protocol/vocabulary.js';
import type { LinkReport } from '../driver.js';
import { noteRestart } from './apply/boot.js';
import { deviceInfoOf } from './apply/device-info.js';
import { logLine } from './apply/device-log.js';
import { carryOut, noteCommand, tellCommands } from './apply/told.js';
import type { AndroidContext } from './context.js';

/** By convention: the package of an app that stands for what the launcher cannot do. */
export const companionPackage = 'com.rollcall.companion';

/** How a session ended the enrollment. */
export type Left = NonNullable<LinkReport['left']>;

/** Whether the document releases the device: `retire` in the companion's managed configuration, by convention. */
export function isReleased({ applicationSettings }: HeadwindConfiguration): boolean {
  const settings = applicationSettings.filter(({ packageId }) => packageId === companionPackage);
  return settings.some(mayRetire) && boolAt(bundleOf(settings).bundle, retire) === true;
}

const retire = 'retire';

/** Whether the key may be in a setting: in plain letters, or where an escape may hide it. To read a whole bundle for it costs more. */
const mayRetire = ({ name, value }: ApplicationSetting): boolean =>
  name === retire ||
  (name === managedConfig && typeof value === 'string' && (value.includes(retire) || value.includes('\\')));

/** Whether a configuration asks for what ends an enrollment or is confirmed: an enrollment leaves that to the first session. */
export const asksForMore = (configuration: HeadwindConfiguration): boolean =>
  configuration.factoryReset === true ||
  configuration.reboot === true ||
  configuration.passwordReset !== undefined ||
  isReleased(configuration);

/** What came of what is confirmed. `later`: the server did not confirm it, and the next configuration asks for it again. */
export interface Confirmed {
  readonly left?: Left;
  readonly commands: number;
  readonly later: number;
}

/** Steps 5 to 7: reset, reboot, password, each confirmed by the server. */
export async function doConfirmed(context: AndroidContext, configuration: HeadwindConfiguration): Promise<Confirmed> {
  const counts = { commands: 0, later: 0 };
  const count = (status: 'done' | 'failed' | 'later'): void => {
    if (status === 'later') counts.later++;
    else counts.commands++;
  };
  if (configuration.factoryReset === true) {
    const came = await reset(context);
    if (came === 'wiped' || came === 'removed') return { left: came, commands: 1, later: 0 };
    count(came);
  }
  if (configuration.reboot === true) count(await reboot(context));
  if (configuration.passwordReset !== undefined) count(await resetPassword(context, configuration.passwordReset));
  return counts;
}

const isAdmin = ({ manners }: AndroidContext): boolean => manners.management !== 'application';

async function reset(context: AndroidContext): Promise<Left | 'failed' | 'later'> {
  const { api, memory, save } = context;
  logLine(context, 'info', 'Device reset by server request');
  const isAble = isAdmin(context);
  if (isAble) {
    memory.change({ leaving: 'confirming' }); // the server may take it that the device is gone before the device hears so
    await save();
  }
  const came = await api.confirm('reset', { ...deviceInfoOf(context), factoryReset: isAble });
  if (came !== 'confirmed') {
    if (came === 'refused') memory.forget('leaving');
    return unconfirmed(context, 'factoryReset', 'Failed to confirm device reset on server');
  }
  if (!isAble) return refused(context, 'factoryReset', 'Device reset failed: no permissions');
  memory.change({ leaving: 'wipe' });
  await save();
  return (await wipe(context)) ?? 'failed';
}

/** Erases the device; of a work profile, the profile. Undefined where `decide` did not let it. */
async function wipe(context: AndroidContext): Promise<Left | undefined> {
  const isProfile = context.manners.management === 'work-profile';
  const outcome = await carryOut(context, { kind: isProfile ? 'retire' : 'wipe' }, { name: 'factoryReset' });
  await tellCommands(context);
  if (outcome.status === 'done') return isProfile ? 'removed' : 'wiped';
  context.memory.forget('leaving');
  logLine(context, 'warning', 'Device reset failed');
  return undefined;
}

async function reboot(context: AndroidContext): Promise<'done' | 'failed' | 'later'> {
  const { api, memory, save, manners } = context;
  logLine(context, 'info', 'Rebooting by server request');
  if (manners.management === 'fully-managed') {
    memory.change({ isRestarting: true }); // the server may take it that the device restarts before the device hears so
    await save();
  }
  const came = await api.confirm('reboot', deviceInfoOf(context));
  if (came !== 'confirmed') {
    if (came === 'refused') memory.forget('isRestarting');
    return unconfirmed(context, 'reboot', 'Failed to confirm reboot on server');
  }
  if (!isAdmin(context)) return refused(context, 'reboot', 'Reboot failed: no permissions');
  if (manners.management === 'work-profile') return refused(context, 'reboot', 'Reboot failed'); // the owner of a profile may not
  const { status } = await carryOut(context, { kind: 'restart' }, { name: 'reboot' });
  if (status === 'done') noteRestart(context);
  memory.forget('isRestarting');
  await tellCommands(context);
  return status;
}

/** The one of the three that is done first and confirmed then. An empty password takes the passcode off. */
async function resetPassword(context: AndroidContext, password: string): Promise<Outcome['status']> {
  const outcome = await setPassword(context, password);
  const isDone = outcome.status === 'done';
  logLine(context, isDone ? 'info' : 'warning', isDone ? 'Password successfully changed' : 'Failed to reset password');
  await tellCommands(context); // a change is kept before anybody hears of it
  await context.api.confirm('password', deviceInfoOf(context));
  return outcome.status;
}

async function setPassword(context: AndroidContext, password: string): Promise<Outcome> {
  const name = { name: 'passwordReset' };
  if (context.manners.management === 'application') {
    refused(context, 'passwordReset', 'the launcher owns neither the device nor a profile');
    return { status: 'failed', reason: 'no permissions' };
  }
  if (password === '') return await carryOut(context, { kind: 'clear-passcode' }, name);
  const passcodeSetAt = context.ports.clock.now();
  const body = { change: { condition: { passcode: password, passcodeSetAt } } };
  return await carryOut(context, { kind: 'native', platform: 'android', name: 'passwordReset', body }, name);
}

function unconfirmed(context: AndroidContext, name: string, reason: string): 'later' {
  logLine(context, 'warning', reason);
  noteCommand(context, { name, status: 'later', said: 'later', reason });
  return 'later';
}

function refused(context: AndroidContext, name: string, reason: string): 'failed' {
  logLine(context, 'warning', reason);
  noteCommand(context, { name, status: 'failed', said: 'failed', reason });
  return 'failed';
}

/** Removes all that management brought, and says so in a last sync/info: by convention. */
export async function release(context: AndroidContext): Promise<Left | undefined> {
  const { memory, save, api } = context;
  memory.change({ leaving: 'retire' });
  await save();
  const outcome = await carryOut(context, { kind: 'retire' }, { name: 'retire' });
  await tellCommands(context);
  if (outcome.status === 'done') {
    await api.sendInfo(deviceInfoOf(context));
    return 'removed';
  }
  memory.forget('leaving');
  return undefined;
}

/** A restart that an earlier session was about to confirm, or had confirmed: the confirmation is said again, and it is done once. */
export async function restartIfBegun(context: AndroidContext): Promise<Omit<Confirmed, 'left'>> {
  const counts = { commands: 0, later: 0 };
  if (context.memory.data.isRestarting !== true) return counts;
  if ((await reboot(context)) === 'later') counts.later++;
  else counts.commands++;
  return counts;
}

/** What an earlier session has begun: the process ended before the device had gone. */
export async function leaveIfBegun(context: AndroidContext): Promise<Left | undefined> {
  const { leaving } = context.memory.data;
  if (leaving === undefined) return undefined;
  if (leaving === 'retire') return await release(context);
  if (leaving === 'wipe') return await wipe(context);
  const came = await reset(context); // the confirmation is said again, which a server may have taken already
  return came === 'wiped' || came === 'removed' ? came : undefined;
}
