// Installing and removing one app on the device, as Android's package installer does it for the launcher.
import type { AndroidContext } from '../context.js';
import { logLine } from './device-log.js';
import type { ListedApp } from './install-list.js';
import { installedApp, keepCode, mostApps, withApp, withoutApp } from './installed-apps.js';
import { carryOut } from './told.js';
import { compareVersions } from './versions.js';

/** By convention: what is written where a configuration names any version. */
const someVersion = '1.0';

/** An app that a configuration may name, for its size: by convention the same for all, as nothing is unpacked. */
const usualBytes = 20_000_000;

const isOwner = ({ manners }: AndroidContext): boolean => manners.management === 'fully-managed';

/**
 * Installs the app with the version that the configuration names: the file itself is not unpacked (convention). Where the launcher
 * does not own the device a person is asked, and says yes (convention). Gives the reason where it was not installed.
 */
export async function install(context: AndroidContext, app: ListedApp, said: string): Promise<string | undefined> {
  const { device } = context;
  const { pkg, version, code = 0, application } = app;
  const present = installedApp(context, pkg);
  const shownVersion = version === '0' ? '' : ` ${version}`;
  logLine(
    context,
    'info',
    `${isOwner(context) ? 'Silently installing' : 'Asking user to install'} app ${pkg}${shownVersion}`,
  );
  const refused = refusalOf(context, app);
  if (refused !== undefined) {
    logLine(context, 'error', `${pkg} Install failed: ${refused}`);
    return refused;
  }
  const own = device.state.apps.find(({ id }) => id === pkg);
  const apps = withApp(device.state, {
    sizeBytes: usualBytes,
    ...own,
    id: pkg,
    name: application.name ?? pkg,
    version: version === '0' ? (present?.version ?? someVersion) : version,
    managed: true,
  });
  const body = { package: pkg, version, said, change: { apps } };
  const outcome = await carryOut(
    context,
    { kind: 'native', platform: 'android', name: 'InstallApp', body },
    { name: 'app', about: pkg, said: `installed: ${said}` },
  );
  if (outcome.status !== 'done') {
    logLine(context, 'error', `${pkg} Install failed: ABORTED, extra: ${outcome.reason}`);
    return outcome.reason;
  }
  keepCode(context, pkg, code);
  logLine(context, 'debug', `App ${pkg} installed successfully`);
  return undefined;
}

/** What the package installer refuses. */
function refusalOf(context: AndroidContext, app: ListedApp): string | undefined {
  const present = installedApp(context, app.pkg);
  if (present !== undefined && app.version !== '0' && compareVersions(present, app) > 0)
    return 'CONFLICT, extra: INSTALL_FAILED_VERSION_DOWNGRADE';
  const { apps } = context.device.state;
  if (apps.length >= mostApps && !apps.some(({ id }) => id === app.pkg))
    return `STORAGE, extra: the device has ${mostApps} apps already`;
  return undefined;
}

/** Removes an app; one that is not there, or came with the device, stays as it is. Gives the reason where it was not removed. */
export async function uninstall(
  context: AndroidContext,
  pkg: string,
  { isLogged = true }: { readonly isLogged?: boolean } = {},
): Promise<string | undefined> {
  const { device } = context;
  if (isLogged)
    logLine(context, 'info', `${isOwner(context) ? 'Silently uninstall' : 'Asking user to uninstall'} app ${pkg}`);
  const present = installedApp(context, pkg);
  if (present === undefined) return 'it is not installed';
  if (present.isSystem && !device.state.apps.some(({ id }) => id === pkg)) {
    if (isLogged) logLine(context, 'error', 'Install failed: FAILURE_UNKNOWN, extra: DELETE_FAILED_INTERNAL_ERROR');
    return 'it came with the device';
  }
  const body = { package: pkg, change: { apps: withoutApp(device.state, pkg) } };
  const outcome = await carryOut(
    context,
    { kind: 'native', platform: 'android', name: 'UninstallApp', body },
    { name: 'app', about: pkg, said: 'removed' },
  );
  if (outcome.status !== 'done') return outcome.reason;
  keepCode(context, pkg, 0);
  if (isLogged) logLine(context, 'debug', 'App installed successfully'); // its own words: it hears of no package
  return undefined;
}
