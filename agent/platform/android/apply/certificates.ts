// Step 10: which files the setting `certificates` names, and what the launcher logs of them (CertInstaller).
import { X509Certificate } from 'node:crypto';
import { logLine } from './device-log.js';
import { launcherSetting } from './identity.js';
import { certificatePaths } from './paths.js';
import { type ApplyRun, find, shown } from './run.js';

/** A certificate file to be installed as a CA's. */
export interface CertificateFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** The files that can be read, in the order of the setting; what cannot be read is logged and told. */
export function certificateFiles(run: ApplyRun): readonly CertificateFile[] {
  const { context, configuration, files } = run;
  const setting = launcherSetting(context, configuration, 'certificates');
  if (setting === undefined) return [];
  return certificatePaths(setting).flatMap((resolved) => {
    if ('why' in resolved) return unread(run, setting, resolved.why);
    const { path } = resolved;
    const file = files.get(path);
    if (file === undefined)
      return unread(run, path, files.isFolder(path) ? 'Is a directory' : 'No such file or directory');
    if (file.content === undefined) return unread(run, path, `${file.size} bytes are no certificate`);
    noteInstalled(run, path, file.content);
    return [{ path, content: file.content }];
  });
}

function unread(run: ApplyRun, path: string, why: string): [] {
  logLine(run.context, 'warning', `Failed to read certificate ${path}: ${why}`);
  find(run, 'HEADWIND_FAILED', path, `the certificate ${shown(path)} cannot be read: ${why}`);
  run.counts.failed++;
  return [];
}

/** What the launcher logs; whether the certificate comes to be held is judged where profiles are. */
function noteInstalled({ context }: ApplyRun, path: string, content: Uint8Array): void {
  const isOwner = context.manners.management !== 'application';
  if (isOwner && isCertificate(content)) logLine(context, 'info', `Certificate installed: ${path}`);
  else logLine(context, 'warning', `Failed to install certificate ${path}`);
}

function isCertificate(content: Uint8Array): boolean {
  try {
    return new X509Certificate(content).raw.length > 0;
  } catch {
    return false;
  }
}
