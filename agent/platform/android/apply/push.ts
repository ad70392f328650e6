// What a push does on the device (PushNotificationProcessor). Nothing of it is executed: commands, intents and starts of apps are
// written down and told.
import type { PushMessage } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';
import { logLine } from './device-log.js';
import { broadcast, callIntent, clearAppData, grantPermissions, runApp, uninstallApp } from './push-apps.js';
import {
  clearDownloadHistory,
  exitKiosk,
  openAdminPanel,
  permissiveMode,
  reboot,
  runCommand,
  textMessage,
} from './push-device.js';
import { deleteDirectory, deleteFile, purgeDirectory } from './push-files.js';
import type { PushReport } from './push-payload.js';
import { shown } from './run.js';
import { beginCommands, noteCommand, tellCommands } from './told.js';

/** What a push leaves to be done: `sync` fetches the configuration, `done` nothing. */
type PushEffect = 'sync' | 'done';

/** What is to be told; undefined: it has been noted already. */
type Report = PushReport | undefined;
type Handler = (context: AndroidContext, message: PushMessage) => Report | Promise<Report>;

const handlers: Readonly<Record<string, Handler>> = {
  configUpdated: () => ({ said: 'to be fetched' }),
  appConfigUpdated: forPlugins,
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
  adminPanel: openAdminPanel,
  clearDownloadHistory,
  intent: callIntent,
  grantPermissions,
  clearAppData,
  textMessage,
};

/**
 * Acts on the device as launcher 6.36 does (specs/android.md §1.5). What was changed is saved, and told as a command with the id
 * `p<number>.<n>`. Throws what `context.save` throws, and INTERRUPTED.
 */
export async function handlePush(context: AndroidContext, message: PushMessage): Promise<PushEffect> {
  const { memory, device } = context;
  const { messageType } = message;
  const pushes = (memory.data.pushes ?? 0) + 1;
  memory.change({ pushes });
  beginCommands(context, `p${pushes}`);
  logLine(context, 'info', `Got Push Message, type ${messageType}`);
  const handler = Object.hasOwn(handlers, messageType) ? handlers[messageType] : undefined;
  if (handler === undefined)
    device.tell({
      type: 'trouble',
      code: 'HEADWIND_IGNORED',
      message: `the launcher knows no push “${shown(messageType)}”: it hands it on to apps that may`,
      about: 'push',
    });
  const report = await (handler ?? forPlugins)(context, message);
  if (report !== undefined) note(context, messageType, report);
  await tellCommands(context);
  return messageType === 'configUpdated' ? 'sync' : 'done';
}

/** What the launcher does not act on goes to the apps that listen to it. */
function forPlugins(_context: AndroidContext, { messageType }: PushMessage): Report {
  return { said: `broadcast as com.hmdm.push.${shown(messageType)}` };
}

function note(context: AndroidContext, messageType: string, { failed, about, said }: PushReport): void {
  noteCommand(context, {
    name: shown(messageType),
    ...(about === undefined ? {} : { about: shown(about) }),
    ...(failed === undefined
      ? { status: 'done', said: shown(said ?? 'done') }
      : { status: 'failed', said: 'failed', reason: shown(failed) }),
  });
}
