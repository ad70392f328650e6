// What a push does on the device (PushNotificationProcessor). Nothing of it is executed: commands, intents and starts of apps are
// written down and told.
import type { PushMessage } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';
import { configurationOf } from './configuration.js';
import { logLine } from './device-log.js';
import { isPackageName } from './installed-apps.js';
import { uninstall } from './install.js';
import { deleteDirectory, deleteFile, purgeDirectory } from './push-files.js';
import { isIntentAction, optionalText, type PushReport, requiredText } from './push-payload.js';
import { sendStatus } from './push-text.js';
import { shown } from './run.js';
import { beginCommands, carryOut, noteCommand, tellCommands } from './told.js';

/** What a push leaves to be done: `sync` fetches the configuration, `done` nothing. */
export type PushEffect = 'sync' | 'done';

/** By type. What a handler gives is told; `undefined`: it has told by itself. */
const handlers: Readonly<Record<string, (context: AndroidContext, message: PushMessage) => Handled | Promise<Handled>>> = {
  runApp,
  broadcast,
  uninstallApp,
  deleteFile,
  deleteDir: deleteDirectory,
  purgeDir: purgeDirectory,
  permissiveMode,
  runCommand,
  reboot,
  exitKiosk,
  adminPanel: (context) => {
    logLine(context, 'info', 'Administrator panel opened');
    return { said: 'opened' };
  },
  clearDownloadHistory,
  intent,
  grantPermissions,
  clearAppData,
  textMessage: sendStatus,
};
type Handled = PushReport | undefined;

/**
 * Acts on the device as launcher 6.36 does (specs/android.md §1.5). What was changed is saved, and told as a command with the id
 * `p<number>.<n>`. Throws what `context.save` throws, and INTERRUPTED.
 */
export async function handlePush(context: AndroidContext, message: PushMessage): Promise<PushEffect> {
  const { memory } = context;
  const { messageType } = message;
  const pushes = (memory.data.pushes ?? 0) + 1;
  memory.change({ pushes });
  beginCommands(context, `p${pushes}`);
  logLine(context, 'info', `Got Push Message, type ${messageType}`);
  const isSync = messageType === 'configUpdated';
  const handler = Object.hasOwn(handlers, messageType) ? handlers[messageType] : undefined;
  const report = isSync ? { said: 'to be fetched' } : await (handler ?? forPlugins)(context, message);
  if (report !== undefined) {
    const { failed, later, about, said } = report;
    const why = failed ?? later;
    noteCommand(context, {
      name: shown(messageType),
      ...(about === undefined ? {} : { about: shown(about) }),
      status: failed !== undefined ? 'failed' : later !== undefined ? 'later' : 'done',
      said: said ?? (failed !== undefined ? 'failed' : later !== undefined ? 'later' : 'done'),
      ...(why === undefined ? {} : { reason: shown(why) }),
    });
  }
  await tellCommands(context);
  return isSync ? 'sync' : 'done';
}

/** What the launcher does not know goes to apps on the device: appConfigUpdated, and whatever a plug-in's app listens to. */
function forPlugins({ device }: AndroidContext, { messageType }: PushMessage): Handled {
  const action = `com.hmdm.push.${shown(messageType)}`;
  if (messageType !== 'appConfigUpdated')
    device.tell({
      type: 'trouble',
      code: 'HEADWIND_IGNORED',
      message: `the launcher has nothing to do for “${shown(messageType)}”: it broadcasts ${action}`,
      about: 'push',
    });
  return { said: `broadcast as ${action}` };
}

function runApp(context: AndroidContext, message: PushMessage): Handled {
  const { pkg, ...fault } = requiredText(message, 'pkg');
  if (pkg === undefined) return fault; // the launcher says nothing
  return { about: pkg, said: 'started' };
}

function broadcast(_context: AndroidContext, message: PushMessage): Handled {
  if (message.payload === undefined) return { failed: 'it has no payload' };
  const pkg = optionalText(message, 'pkg');
  return { about: pkg ?? 'every app', said: `broadcast ${optionalText(message, 'action') ?? 'without an action'}` };
}
