// Step 10: which files the setting `certificates` names, and what the launcher logs of them (CertInstaller).
import { X509Certificate } from 'node:crypto';
import { logLine } from './device-log.js';
import { launcherSetting } from './identity.js';
import { certificateNames, certificatePaths, mostCertificates } from './paths.js';
import { type ApplyRun, find, shown } from './run.js';

/** Logs and tells what becomes of each file; whether a certificate comes to be held is judged where profiles are. */
export function noteCertificates(run: ApplyRun): void {
  const { context, configuration, files } = run;
  const setting = launcherSetting(context, configuration, 'certificates');
  if (setting === undefined) return;
  const { size } = certificateNames(setting);
  if (size > mostCertificates)
    find(run, 'HEADWIND_FAILED', 'certificates', `${size} files: the first ${mostCertificates} are looked at`);
  for (const resolved of certificatePaths(setting)) {
    if ('why' in resolved) {
      unread(run, setting, resolved.why);
      continue;
    }
    const { path } = resolved;
    const file = files.get(path);
    if (file === undefined) unread(run, path, files.isFolder(path) ? 'Is a directory' : 'No such file or directory');
    else if (file.content === undefined) unread(run, path, `${file.size} bytes are no certificate`);
    else noteInstalled(run, path, file.sha256, file.content);
  }
}

function unread(run: ApplyRun, path: string, why: string): void {
  logLine(run.context, 'warning', `Failed to read certificate ${path}: ${why}`);
  find(run, 'HEADWIND_FAILED', path, `the certificate ${shown(path)} cannot be read: ${why}`);
  run.counts.failed++;
}

function noteInstalled({ context }: ApplyRun, path: string, sha256: string, content: Uint8Array): void {
  const isOwner = context.manners.management !== 'application';
  if (isOwner && isCertificate(sha256, content)) logLine(context, 'info', `Certificate installed: ${path}`);
  else logLine(context, 'warning', `Failed to install certificate ${path}`);
}

/** Whether files of these digests are certificates: a fleet holds few, and looks at each of them in each session. */
const parsed = new Map<string, boolean>();
const mostParsed = 256;

function isCertificate(sha256: string, content: Uint8Array): boolean {
  const known = parsed.get(sha256);
  if (known !== undefined) return known;
  let isOne = true;
  try {
    new X509Certificate(content);
  } catch {
    isOne = false;
  }
  if (parsed.size >= mostParsed) parsed.clear();
  parsed.set(sha256, isOne);
  return isOne;
}
