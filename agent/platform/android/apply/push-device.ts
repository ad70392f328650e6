// Pushes about the device itself.
import { isRollcallError } from '../../../../base/errors.js';
import type { PushMessage } from '../../../../protocol/headwind/types.js';
import { troubleOf } from '../../trouble.js';
import type { AndroidContext } from '../context.js';
import { noteRestart } from './boot.js';
import { configurationOf } from './configuration.js';
import { logLine } from './device-log.js';
import { type PushReport, requiredText } from './push-payload.js';
import { shown } from './run.js';
import { carryOut } from './told.js';

const permissiveMs = 3 * 60_000;

/** Everything is allowed for three minutes. */
export function permissiveMode({ memory, ports }: AndroidContext): PushReport {
  memory.change({ permissiveUntil: ports.clock.now() + permissiveMs });
  return { said: 'for three minutes' };
}

/** Written down and never executed: no result can be told, and the launcher's line says so much. */
export function runCommand(context: AndroidContext, message: PushMessage): PushReport {
  const required = requiredText(message, 'command', 'no command specified');
  if ('failed' in required) {
    logLine(context, 'warning', `Command failed: ${required.failed}`);
    return required;
  }
  logLine(context, 'debug', `Executed a command: ${required.text}`);
  return { about: required.text, said: 'written down, not executed' };
}

/** An administrator of the device may ask for it, its owner alone may do it. */
export async function reboot(context: AndroidContext): Promise<PushReport | undefined> {
  const { manners } = context;
  logLine(context, 'warning', 'Rebooting by a Push message');
  if (manners.management === 'fully-managed') {
    const outcome = await carryOut(context, { kind: 'restart' }, { name: 'reboot' });
    if (outcome.status === 'done') {
      noteRestart(context);
      context.memory.change({ owesSync: true }); // a launcher that starts fetches its configuration
    } else logLine(context, 'warning', 'Reboot failed');
    return undefined;
  }
  const isAdministrator = manners.management === 'work-profile';
  logLine(context, 'warning', isAdministrator ? 'Reboot failed' : 'Reboot failed: no permissions');
  return { failed: isAdministrator ? 'the launcher does not own the device' : 'no permissions' };
}

/** Until the next configuration. */
export function exitKiosk(context: AndroidContext): PushReport {
  const { memory } = context;
  if (context.manners.ground === 'background' && context.manners.mode === 'launcher')
    return { said: 'unheard: the main activity is not running' };
  const { kioskMode } = configurationOf(context) ?? {};
  logLine(context, 'info', 'Exit kiosk by admin command');
  if (kioskMode !== true) return { said: 'kiosk mode is not on' };
  memory.change({ isKioskLeft: true });
  return { said: 'kiosk mode left until the next configuration' };
}

export function openAdminPanel(context: AndroidContext): PushReport {
  if (context.manners.ground === 'background' && context.manners.mode === 'launcher')
    return { said: 'unheard: the main activity is not running' };
  logLine(context, 'info', 'Administrator panel opened');
  return { said: 'opened' };
}

export function clearDownloadHistory(context: AndroidContext): PushReport {
  const { memory } = context;
  logLine(context, 'warning', 'Clear download history by a Push message');
  const count = Object.keys(memory.data.downloads ?? {}).length;
  memory.forget('downloads');
  return { said: `cleared ${count} entries` };
}

/**
 * A text for the person (the messaging plug-in's app): delivered, and read (convention: at once). The launcher itself only hands
 * it on; the app tells the server.
 */
export async function textMessage(context: AndroidContext, message: PushMessage): Promise<PushReport> {
  const { api, device, signal } = context;
  const id = requiredText(message, 'id', 'it has no payload');
  if ('failed' in id) return id;
  const text = requiredText(message, 'text', 'it has no payload');
  const about = `${id.text}: ${'failed' in text ? '' : shown(text.text)}`;
  if (!/^\d{1,18}$/.test(id.text)) return { about, failed: 'its id is no number' };
  try {
    await api.messageStatus(id.text, 1);
    await api.messageStatus(id.text, 2);
    return { about, said: 'delivered and read' };
  } catch (error) {
    if (signal.aborted || !isRollcallError(error)) throw error;
    device.tell(troubleOf(error, 'messaging'));
    return { about, failed: shown(error.message) };
  }
}
