// Step 9: the files of a configuration (ConfigUpdater.loadAndInstallFiles, InstallUtils.generateFilesForInstallList).
import { throwIfInterrupted } from '../../../../base/abort.js';
import type { RemoteFile } from '../../../../protocol/headwind/types.js';
import { logLine } from './device-log.js';
import { fetchContent } from './download.js';
import { heldBack, isGoodNetwork, noteFailure } from './downloads.js';
import { mostContent, mostFiles } from './file-system.js';
import { launcherSetting, variablesOf } from './identity.js';
import { certificatePaths, filePath } from './paths.js';
import { type Received, receivedOf } from './received.js';
import { type ApplyRun, find, launcherGoesOn, shown } from './run.js';
import { noteCommand } from './told.js';
import { fillTemplate } from './variables.js';

const mostBytes = 64 * 1024 * 1024;
/** The launcher reads such a file whole into its memory. */
const mostTemplate = 4 * 1024 * 1024;

/** A file of the list with the place where it belongs. */
interface WantedFile {
  readonly file: RemoteFile;
  readonly path: string;
  /** The configuration itself says that it is read. */
  readonly isNamed: boolean;
}

/** Brings the files up to date. `ended`: a failure ended the launcher's flow. Throws INTERRUPTED. */
export async function applyFiles(run: ApplyRun): Promise<'done' | 'ended'> {
  const { context } = run;
  const wanted = wantedFiles(run);
  if (wanted.length > 0 && !isGoodNetwork(run)) {
    logLine(context, 'debug', 'Updating files not enabled: waiting for WiFi connection');
    run.counts.later += wanted.length;
    return 'done';
  }
  for (const one of wanted) {
    throwIfInterrupted(context.signal);
    if (one.file.remove === true) removeFile(run, one);
    else if (typeof one.file.url === 'string' && !(await bringFile(run, one, one.file.url))) {
      if (context.manners.mode === 'launcher') {
        if (!launcherGoesOn(run)) return 'ended';
        skipFile(run, one.file.path);
      } else if (!launcherGoesOn(run)) {
        const nothing = 'while it is in the background: no certificates, no apps, no sync/info';
        find(run, 'LAUNCHER_DIFFERS', one.file.path, `launcher 6.36 ends its update at the failed file, ${nothing}`);
      }
    }
  }
  return 'done';
}

/** What is missing, older than the server's, or to be removed. Contents are not compared. */
function wantedFiles(run: ApplyRun): WantedFile[] {
  const { configuration, files } = run;
  const all = configuration.files;
  if (all.length > mostFiles)
    find(run, 'HEADWIND_FAILED', 'files', `${all.length} files: the first ${mostFiles} are looked at`);
  const read = readPaths(run);
  return all.slice(0, mostFiles).flatMap((file) => {
    const resolved = filePath(file.path);
    if ('why' in resolved) {
      if (file.remove !== true) failed(run, file, 'Failed to create file', resolved.why);
      return [];
    }
    const { path } = resolved;
    const isNamed = read.has(path);
    if (file.remove === true) return files.exists(path) ? [{ file, path, isNamed }] : [];
    const known = files.get(path);
    const recorded = known?.records.find(([name]) => name === file.path)?.[1];
    const isThere = known !== undefined && recorded !== undefined && recorded >= (file.lastUpdate ?? 0);
    const lacksContent = known?.content === undefined && (known?.size ?? 0) <= mostContent && isNamed;
    return isThere && !lacksContent ? [] : [{ file, path, isNamed }];
  });
}

/** Paths of files that the configuration itself says are read. */
function readPaths({ context, configuration }: ApplyRun): ReadonlySet<string> {
  const named = certificatePaths(launcherSetting(context, configuration, 'certificates') ?? '');
  return new Set(named.flatMap((resolved) => ('path' in resolved ? [resolved.path] : [])));
}

function removeFile({ context, files, counts }: ApplyRun, { file, path }: WantedFile): void {
  logLine(context, 'debug', `Removing file: ${file.path}`);
  const isGone = files.remove(path);
  counts.commands++;
  noteCommand(context, { name: 'file', about: shown(file.path), status: 'done', said: isGone ? 'removed' : 'kept' });
}

/** True where the file is in its place. */
async function bringFile(run: ApplyRun, { file, path, isNamed }: WantedFile, url: string): Promise<boolean> {
  const { context, files, counts } = run;
  const held = heldBack(run, path);
  if (held !== undefined) {
    logLine(context, 'info', `${held}: ${file.path}`);
    return failed(run, file, 'Nothing was done about', held, 'The push clearDownloadHistory makes it be tried again.');
  }
  logLine(context, 'debug', `Downloading file: ${file.path}`);
  const downloaded = await fetchContent(run, url, {
    maxBytes: mostBytes,
    heldBytes: file.varContent === true ? mostTemplate : mostContent,
  });
  if ('why' in downloaded) {
    noteFailure(run, path, 'not-downloaded');
    const what = 'Failed to download file';
    logLine(context, 'warning', `${what} ${file.path}: ${downloaded.why}`);
    return failed(run, file, what, downloaded.why, downloaded.hint);
  }
  const received = file.varContent === true ? fillIn(run, downloaded.received) : downloaded.received;
  const why =
    received === undefined
      ? `a file with variables is read whole, and this one is larger than ${mostTemplate} bytes`
      : files.write(path, {
          received,
          isRead: isNamed || isReadable(path, received),
          record: [file.path, file.lastUpdate ?? 0],
        });
  if (why !== undefined || received === undefined) {
    noteFailure(run, path, 'not-installed');
    const what = 'Failed to create file';
    logLine(context, 'warning', `${what} ${file.path}: ${why}`);
    return failed(run, file, what, why ?? '');
  }
  run.downloads.delete(path);
  counts.commands++;
  const said = `stored ${received.size} bytes, SHA-256 ${received.sha256}`;
  noteCommand(context, { name: 'file', about: shown(file.path), status: 'done', said });
  if (context.manners.mode === 'thorough' && file.path.startsWith('//'))
    find(run, 'LAUNCHER_DIFFERS', file.path, 'launcher 6.36 never lists it: it looks for it below shared storage');
  return true;
}

/** `varContent`: the text with DEVICE_NUMBER, IMEI and CUSTOM1 to 3 replaced; undefined where it is too large. */
function fillIn({ context, configuration }: ApplyRun, { content }: Received): Received | undefined {
  if (content === undefined) return undefined;
  const text = content.toString('utf8');
  const filled = fillTemplate(text, variablesOf(context, configuration), mostTemplate);
  return filled === undefined ? undefined : receivedOf(Buffer.from(filled));
}

const readNames = /\.(?:pem|crt|cer|der|p12|pfx|ovpn|conf|onc|json)$/i;

/** Whether somebody on the device may read the file: by its name, or by how it begins. */
function isReadable(path: string, received: Received): boolean {
  if (readNames.test(path)) return true;
  const start = received.start.toString('latin1');
  return start.includes('-----BEGIN ') || start.includes('[Interface]') || start.startsWith('\x30\x82');
}

function failed(run: ApplyRun, file: RemoteFile, what: string, why: string, hint?: string): false {
  const { context, counts } = run;
  counts.commands++;
  counts.failed++;
  const message = `${what} ${shown(file.path)}: ${shown(why)}`;
  find(run, 'HEADWIND_FAILED', file.path, message, hint);
  noteCommand(context, {
    name: 'file',
    about: shown(file.path),
    status: 'failed',
    said: 'failed',
    reason: message,
  });
  return false;
}

/** "Continue" on the launcher's error screen, or no screen at all: the file is none of this configuration's any more. */
function skipFile({ context: { memory } }: ApplyRun, path: string): void {
  memory.change({ skippedFiles: [...(memory.data.skippedFiles ?? []), path] });
}
