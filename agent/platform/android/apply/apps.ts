// Step 11: apps of a configuration are removed, downloaded, installed (ConfigUpdater.loadAndInstallApplications). What is downloaded
// is looked at and dropped: nothing of it is executed.
import { throwIfInterrupted } from '../../../../base/abort.js';
import { shownAddress } from '../../../../base/shown-address.js';
import { logLine } from './device-log.js';
import { fetchContent } from './download.js';
import { heldBack, isGoodNetwork, noteFailure } from './downloads.js';
import { install, uninstall } from './install.js';
import { type InstallList, installList, type ListedApp } from './install-list.js';
import { installedApp, isPackageName, mostApps } from './installed-apps.js';
import { temporaryPath } from './paths.js';
import { type ApplyRun, find, launcherGoesOn, shown } from './run.js';
import { noteCommand } from './told.js';
import { isUpdateTime } from './update-window.js';

const mostBytes = 256 * 1024 * 1024;

/** Brings the apps up to date. `ended`: the launcher's flow ended at one. Throws INTERRUPTED. */
export async function applyApps(run: ApplyRun): Promise<'done' | 'ended'> {
  const { context, configuration, counts } = run;
  const list = installList(configuration.applications, (pkg) => installedApp(context, pkg));
  for (const line of list.lines.slice(0, 2 * mostApps)) logLine(context, 'debug', line);
  if (tellBroken(run, list) === 'ended') return 'ended';
  if (list.apps.length > mostApps)
    find(run, 'HEADWIND_FAILED', 'applications', `${list.apps.length} apps: the first ${mostApps} are looked at`);
  const apps = list.apps.slice(0, mostApps);
  if (apps.length > 0 && isHeldBack(run)) {
    counts.later += apps.length;
    return 'done';
  }
  for (const app of apps) {
    throwIfInterrupted(context.signal);
    const outcome = await applyApp(run, app);
    if (outcome === 'done') continue;
    const { pkg } = app;
    if (context.manners.mode === 'launcher') {
      if (!launcherGoesOn(run)) return 'ended';
      if (outcome === 'not-downloaded') skipApp(run, pkg);
    } else if (!launcherGoesOn(run)) {
      const nothing = 'while it is in the background: no further apps, no sync/info';
      find(run, 'LAUNCHER_DIFFERS', pkg, `launcher 6.36 ends its update at this app, ${nothing}`);
    }
  }
  return 'done';
}

/** The launcher breaks off with a NullPointerException at an app without package or version. */
function tellBroken(run: ApplyRun, { broken }: InstallList): 'done' | 'ended' {
  const [first] = broken;
  if (first === undefined) return 'done';
  const about = first.pkg ?? first.name ?? 'applications';
  const what = `an app without ${typeof first.pkg === 'string' ? 'a version' : 'a package'}`;
  run.counts.failed += broken.length;
  if (run.context.manners.mode === 'launcher') {
    find(run, 'HEADWIND_FAILED', about, `${what}: the update ends here with a NullPointerException`);
    return 'ended';
  }
  find(run, 'LAUNCHER_DIFFERS', about, `${what}: launcher 6.36 ends its update with a NullPointerException`);
  return 'done';
}

/** Outside the time of updates, or in a network that is not to be used for them. */
function isHeldBack(run: ApplyRun): boolean {
  const { context, configuration, isByHand } = run;
  const isTime = isByHand || isUpdateTime(configuration, context.ports.clock.now(), context.memory.data.timeZone);
  if (!isTime)
    logLine(context, 'debug', `Application update not enabled. Scheduled time: ${configuration.appUpdateFrom}`);
  const isNetwork = isGoodNetwork(run);
  if (!isNetwork) logLine(context, 'debug', 'Application update not enabled: waiting for WiFi connection');
  return !isTime || !isNetwork;
}

type Came = 'done' | 'not-downloaded' | 'not-installed';

async function applyApp(run: ApplyRun, app: ListedApp): Promise<Came> {
  const { context, counts } = run;
  const { pkg, application } = app;
  counts.commands++;
  if (!isPackageName(pkg)) return failed(run, pkg, `${shown(pkg)} is no name of a package`, 'not-installed');
  if (application.remove === true) {
    logLine(context, 'debug', `Removing app: ${pkg}`);
    const why = await uninstall(context, pkg);
    return why === undefined ? 'done' : failed(run, pkg, why, 'not-installed');
  }
  const url = application.url ?? '';
  if (url.startsWith('market://details')) {
    logLine(context, 'info', `Installing app ${pkg} from Google Play`);
    logLine(context, 'debug', `Asking user to install app ${pkg}`);
    return installed(run, app, 'asked for at Google Play');
  }
  if (url.startsWith('file:///')) {
    logLine(context, 'info', `Installing app ${pkg} from SD card`);
    const file = run.files.get(filePathOf(url));
    if (file === undefined)
      return failed(run, pkg, `${shown(shownAddress(url))}: No such file or directory`, 'not-installed');
    return installed(run, app, `${file.size} bytes, SHA-256 ${file.sha256}`);
  }
  return downloadAndInstall(run, app, url);
}

async function downloadAndInstall(run: ApplyRun, app: ListedApp, url: string): Promise<Came> {
  const { context } = run;
  const { pkg } = app;
  const path = temporaryPath(url);
  const held = heldBack(run, path);
  if (held !== undefined) {
    logLine(context, 'info', `${held}: ${pkg}`);
    return failed(run, pkg, held, 'not-downloaded', 'The push clearDownloadHistory makes it be tried again.');
  }
  logLine(context, 'debug', `Downloading app: ${pkg}`);
  const downloaded = await fetchContent(run, url, { maxBytes: mostBytes, heldBytes: 0 });
  if ('why' in downloaded) {
    logLine(context, 'warning', `Failed to download app ${pkg}: ${downloaded.why}`);
    noteFailure(run, path, 'not-downloaded');
    return failed(run, pkg, `failed to download: ${downloaded.why}`, 'not-downloaded', downloaded.hint);
  }
  const { size, sha256, start } = downloaded.received;
  if (!isArchive(start)) {
    const what = `what ${shown(shownAddress(url))} sends is no APK (${size} bytes, SHA-256 ${sha256})`;
    if (context.manners.mode === 'launcher') {
      logLine(context, 'error', `${pkg} Install failed: INVALID`);
      noteFailure(run, path, 'not-installed');
      return failed(run, pkg, what, 'not-installed');
    }
    find(run, 'LAUNCHER_DIFFERS', pkg, `${what}: Android would not install it`);
  }
  const came = await installed(run, app, `${size} bytes, SHA-256 ${sha256}`);
  if (came === 'done') run.downloads.delete(path);
  else noteFailure(run, path, 'not-installed');
  return came;
}

/** An APK and an XAPK are ZIP archives. */
const isArchive = (start: Buffer): boolean => start.subarray(0, 4).toString('latin1') === 'PK\x03\x04';

async function installed(run: ApplyRun, app: ListedApp, said: string): Promise<Came> {
  const { context, ground } = run;
  const why = await install(context, app, said);
  if (why !== undefined) return failed(run, app.pkg, why, 'not-installed');
  if (app.application.runAfterInstall === true) {
    if (ground === 'background') logLine(context, 'info', `Launched app after install: ${app.pkg}`);
    noteCommand(context, { name: 'runAfterInstall', about: app.pkg, status: 'done', said: 'started' });
  }
  return 'done';
}

function failed<T extends Came>(run: ApplyRun, pkg: string, why: string, came: T, hint?: string): T {
  run.counts.failed++;
  find(run, 'HEADWIND_FAILED', pkg, `app ${shown(pkg)}: ${shown(why)}`, hint);
  noteCommand(run.context, { name: 'app', about: shown(pkg), status: 'failed', said: 'failed', reason: shown(why) });
  return came;
}

/** "Continue" on the launcher's error screen: the app loses its address until the next configuration. */
function skipApp({ context: { memory } }: ApplyRun, pkg: string): void {
  memory.change({ skippedApps: [...(memory.data.skippedApps ?? []), pkg] });
}

/** The path of a `file:` address; one that cannot be read is no file's. */
function filePathOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return '';
  }
}
