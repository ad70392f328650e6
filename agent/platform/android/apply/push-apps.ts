// Pushes about apps and their intents: what would be started or broadcast is written down and told, and nothing is executed.
import type { PushMessage } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';
import { configurationOf } from './configuration.js';
import { logLine } from './device-log.js';
import { uninstall } from './install.js';
import { installedApp, isPackageName, launcherPackage } from './installed-apps.js';
import { optionalText, type PushReport, requiredText } from './push-payload.js';

const isOwner = ({ manners }: AndroidContext): boolean => manners.management === 'fully-managed';

/** An intent in words: action, data, names of the extras. */
function intentOf(message: PushMessage): string {
  const extra = message.payload?.['extra'];
  const isObject = typeof extra === 'object' && extra !== null && !Array.isArray(extra);
  const names = isObject ? Object.keys(extra).slice(0, 20).join(', ') : '';
  const parts = [
    optionalText(message, 'action') ?? 'no action',
    optionalText(message, 'data') ?? '',
    names === '' ? '' : `extras ${names}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Starts an app that is installed; the launcher says nothing either way. */
export function runApp(context: AndroidContext, message: PushMessage): PushReport {
  const required = requiredText(message, 'pkg', 'it has no payload');
  if ('failed' in required) return required;
  const { text: about } = required;
  if (installedApp(context, about) === undefined) return { about, failed: 'it is not installed' };
  return { about, said: `started: ${intentOf(message)}` };
}

export function broadcast(_context: AndroidContext, message: PushMessage): PushReport {
  if (message.payload === undefined) return { failed: 'it has no payload' };
  return { about: optionalText(message, 'pkg') ?? 'every app', said: `broadcast: ${intentOf(message)}` };
}

export function callIntent(context: AndroidContext, message: PushMessage): PushReport {
  const required = requiredText(message, 'action', 'no parameters specified');
  if ('failed' in required) {
    logLine(context, 'warning', `Calling intent failed: ${required.failed}`);
    return required;
  }
  return { about: required.text, said: `written down, not executed: ${intentOf(message)}` };
}

/** Only the device's owner removes an app without asking. */
export async function uninstallApp(context: AndroidContext, message: PushMessage): Promise<PushReport | undefined> {
  const required = requiredText(message, 'pkg', 'no package specified');
  const { payload } = message;
  const why = payload !== undefined && !isOwner(context) ? 'no device owner' : undefined;
  if ('failed' in required || why !== undefined) {
    const failed = why ?? ('failed' in required ? required.failed : '');
    logLine(context, 'warning', `Uninstall request failed: ${failed}`);
    return { failed };
  }
  const { text: about } = required;
  const isThere = isPackageName(about) && installedApp(context, about) !== undefined;
  const failed = isThere ? await uninstall(context, about, { isLogged: false }) : 'it is not installed';
  logLine(context, 'info', `Uninstalled application: ${about}`); // whatever came of it
  return failed === undefined ? undefined : { about, failed };
}

const mostPackages = 200;

/** Grants what the apps ask for: to the named ones, else to all that the configuration has an address for. */
export function grantPermissions(context: AndroidContext, message: PushMessage): PushReport {
  if (!isOwner(context)) logLine(context, 'warning', "Can't auto grant permissions: no device owner");
  const named = packagesOf(context, message).slice(0, mostPackages);
  const about = named.join(', ');
  return isOwner(context) ? { about, said: 'granted' } : { about, failed: 'the launcher does not own the device' };
}

function packagesOf(context: AndroidContext, message: PushMessage): readonly string[] {
  const { payload } = message;
  if (payload === undefined) {
    const { applications = [] } = configurationOf(context) ?? {};
    return applications.flatMap(({ type, url, pkg }) =>
      type === 'app' && typeof url === 'string' && typeof pkg === 'string' ? [pkg] : [],
    );
  }
  const { pkg } = payload;
  if (Array.isArray(pkg)) return pkg.map(String);
  return [optionalText(message, 'pkg') ?? ''];
}

/** Android 9 and later, and for the device's owner. */
export function clearAppData(context: AndroidContext, message: PushMessage): PushReport {
  const required = requiredText(message, 'pkg', 'it has no payload');
  if ('failed' in required) {
    if (message.payload !== undefined) logLine(context, 'error', `Failed to clear app data: ${required.failed}`);
    return required;
  }
  const { text: about } = required;
  logLine(context, 'info', `Clearing app data for ${about}`);
  if (!isOwner(context)) {
    logLine(context, 'error', 'Failed to clear app data: no device owner');
    return { about, failed: 'the launcher does not own the device' };
  }
  const isThere = installedApp(context, about) !== undefined;
  if (about === launcherPackage) {
    logLine(context, 'info', `App data for ${about} not cleared`);
    return { about, failed: 'Android keeps the data of an app that administers the device' };
  }
  logLine(context, 'info', `App data for ${about}${isThere ? ' ' : ' not '}cleared`);
  return isThere ? { about, said: 'cleared' } : { about, failed: 'it is not installed' };
}
