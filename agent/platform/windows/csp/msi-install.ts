// The installation of an MSI package as a walk of its Status, carried out after the session that ordered it.
import { z } from 'zod';
import type { MsiInstallJob } from '../../../../protocol/csp/msi-install-job.js';
import type { Work } from '../saved.js';
import type { CspContext } from './module.js';

/** Values of the node Status (Learn). 25, 30 and 55 belong to downloads and installers, of which there are none here. */
export const installStatus = {
  initialized: '10',
  downloading: '20',
  downloaded: '40',
  pendingUser: '48',
  enforcing: '50',
  failed: '60',
  installed: '70',
} as const;
type Status = (typeof installStatus)[keyof typeof installStatus];

/** What follows a Status and how much later, in milliseconds: by convention. */
const next: Readonly<Partial<Record<Status, { readonly status: Status; readonly afterMs: number }>>> = {
  [installStatus.downloading]: { status: installStatus.downloaded, afterMs: 60_000 },
  [installStatus.downloaded]: { status: installStatus.enforcing, afterMs: 10_000 },
  [installStatus.enforcing]: { status: installStatus.installed, afterMs: 60_000 },
};
/** A package of the user's waits for the user's session, and looks so often, by convention. */
const userPauseMs = 15 * 60_000;

/** ERROR_INSTALL_FAILURE (1603) as an HRESULT. */
const installFailure = 0x80070643;
/** As many as a device has (agent/model/state.ts). */
const mostApps = 10_000;

const workData = z.object({
  /** Canonical address of {ProductID}. */
  uri: z.string(),
  id: z.string(),
  isUsers: z.boolean(),
  version: z.string(),
  name: z.string(),
  publisher: z.string(),
  /** The Status that this work brings. */
  status: z.enum(installStatus),
});
type WorkData = z.infer<typeof workData>;

/** The walk from its start. `module`: canonical root; `uri` and `id` of the product. */
export function installWork(module: string, uri: string, id: string, isUsers: boolean, job: MsiInstallJob): Work {
  const [url = ''] = job.contentUrls;
  const data: WorkData = {
    uri,
    id,
    isUsers,
    version: job.version,
    name: nameIn(url) ?? id,
    publisher: new URL(url).hostname,
    status: installStatus.downloading,
  };
  return { module, name: `MSI/${id}`, tries: 0, data };
}

/** Name and Publisher stand in the package, which nobody opens: by convention the file's name, and the host that it comes from. */
function nameIn(url: string): string | undefined {
  const file =
    new URL(url).pathname
      .split('/')
      .at(-1)
      ?.replace(/\.msi$/i, '') ?? '';
  try {
    return decodeURIComponent(file).slice(0, 256) || undefined;
  } catch {
    return file.slice(0, 256);
  }
}

/** One step of the walk; the next one waits as work of the same name. */
export async function doInstallWork(work: Work, context: CspContext): Promise<void> {
  const read = workData.safeParse(work.data);
  if (!read.success || !context.tree.has(`${read.data.uri}/DownloadInstall`)) return; // deleted since
  const { data } = read;
  const { tree, device, ports, effect } = context;
  const later = (status: Status, afterMs: number): void =>
    effect({ kind: 'work', work: { ...work, at: ports.clock.now() + afterMs, data: { ...data, status } } });
  const isWaiting = data.isUsers && (device.state.condition.signedIn ?? 'user') !== 'user';
  if (data.status === installStatus.enforcing && isWaiting) {
    tree.set(`${data.uri}/Status`, installStatus.pendingUser);
    return later(data.status, userPauseMs);
  }
  if (data.status === installStatus.installed) return finish(data, context);
  tree.set(`${data.uri}/Status`, data.status);
  const following = next[data.status];
  if (following !== undefined) later(following.status, following.afterMs);
}

/** The app is on the device, and the server hears of it in a session of its own. */
function finish(data: WorkData, { tree, device, ports, effect }: CspContext): void {
  const { id, name, version, publisher } = data;
  const set = (leaf: string, value: string): void => tree.set(`${data.uri}/${leaf}`, value);
  const { apps } = device.state;
  const hasRoom = apps.length < mostApps || apps.some((app) => app.id === id);
  const hresult = hasRoom ? 0 : installFailure;
  set('Status', hasRoom ? installStatus.installed : installStatus.failed);
  set('LastError', String(hresult));
  if (hasRoom) {
    set('Version', version);
    set('Name', name);
    set('Publisher', publisher);
    set('InstallPath', `C:\\Program Files\\${name}\\`); // by convention
    set('InstallDate', dateOf(ports.clock.now()));
    effect({ kind: 'install-app', app: { id, name, version, sizeBytes: 0, managed: true } });
  }
  effect({ kind: 'alert', alert: alertOf(data.uri, hresult) });
}

/** As MSI has InstallDate: YYYYMMDD. */
const dateOf = (now: number): string => new Date(now).toISOString().slice(0, 10).replaceAll('-', '');

/** Learn's sample: braces as they are, the HRESULT as a whole number (without sign, as in case D2). */
const alertOf = (uri: string, hresult: number) => ({
  code: '1224' as const,
  type: 'Reversed-Domain-Name:com.microsoft.mdm.win32csp_install',
  source: `${uri.replace(/%7B/gi, '{').replace(/%7D/gi, '}')}/DownloadInstall`,
  format: 'int',
  mark: 'informational',
  data: String(hresult),
});
