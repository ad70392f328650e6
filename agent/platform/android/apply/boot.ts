// What a restart does that a configuration or a push asked for.
import type { AndroidContext } from '../context.js';
import { configurationOf } from './configuration.js';
import { logLine } from './device-log.js';
import { installedApp, launcherVersion } from './installed-apps.js';
import { noteCommand } from './told.js';

/** What the launcher writes down when the device goes off and comes up again, and the apps that it starts then (`runAtBoot`). */
export function noteRestart(context: AndroidContext): void {
  const { LauncherType: type } = context.device.state.facts.native;
  logLine(context, 'info', 'Shutting down the device');
  logLine(context, 'debug', 'Got the BOOT_RECEIVER broadcast');
  logLine(context, 'info', `MDM Launcher ${launcherVersion}-${typeof type === 'string' ? type : 'opensource'} started`);
  for (const { pkg, runAtBoot } of configurationOf(context)?.applications ?? []) {
    if (runAtBoot !== true || typeof pkg !== 'string' || installedApp(context, pkg) === undefined) continue;
    noteCommand(context, { name: 'runAtBoot', about: pkg, status: 'done', said: 'started' });
  }
}
