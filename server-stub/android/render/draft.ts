// A document while its parts are put together.
import { createHash } from 'node:crypto';
import type { CompanionCertificate } from '../../../protocol/app-config/companion.js';
import { gmailPackage } from '../../../protocol/app-config/gmail.js';
import { outlookPackage } from '../../../protocol/app-config/outlook.js';
import { strongswanPackage } from '../../../protocol/app-config/strongswan.js';
import { companionPackage } from '../../../protocol/headwind/companion.js';
import { launcherPackage } from '../../../protocol/headwind/labels.js';
import type { Application, ApplicationSetting, RemoteFile } from '../../../protocol/headwind/types.js';
import type { PlainBundle, PlainValue } from '../../../protocol/managed-config/bundle.js';
import { writeManagedConfig } from '../../../protocol/managed-config/write.js';
import type { AwaitedFile, RenderContext, Stamp } from './rendered.js';

export const launcher = launcherPackage;

const appNames: Readonly<Record<string, string>> = {
  [gmailPackage]: 'Gmail',
  [outlookPackage]: 'Microsoft Outlook',
  [strongswanPackage]: 'strongSwan VPN Client',
  [companionPackage]: 'Rollcall companion',
};

/** What is the same for equal contents, whatever their order of keys was made by. */
export const hashOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('base64url').slice(0, 16);
};

/** Something that the device is to have as a file. */
interface DraftFile {
  readonly path: string;
  readonly url: string;
  /** Hash of its content. */
  readonly hash: string;
  readonly varContent?: boolean;
  /** When an administrator put it there; absent: when it was sent first. */
  readonly at?: number;
}

/** Collects what the items of a document come to, and gives each part its `lastUpdate`. */
export class Draft {
  readonly #before: Readonly<Record<string, Stamp>>;
  readonly #now: number;
  readonly #stamps = new Map<string, Stamp>();
  readonly #bundles = new Map<string, Record<string, PlainValue>>();
  readonly #rows = new Map<string, string>();
  readonly #files = new Map<string, RemoteFile>();
  readonly #applications = new Map<string, Application>();
  /** Keys of the document itself. */
  readonly keys: Record<string, string | number | boolean | null> = {};
  /** Android's UserManager keys. */
  readonly restrictions = new Set<string>();
  /** Networks of the companion's ONC, and the authorities that they name, by name. */
  readonly networks: PlainBundle[] = [];
  readonly authorities = new Map<string, PlainBundle>();
  /** Client certificates of the companion's. */
  readonly certificates: CompanionCertificate[] = [];
  /** The companion is to end the management. */
  isRetiring = false;
  /** The companion is to tell whether a passcode is set. */
  tellsPasscode = false;
  /** `managed_profiles` of strongSwan. */
  readonly connections: PlainBundle[] = [];
  /** Paths of authorities' certificates, as `certificates` of the launcher lists them. */
  readonly certificatePaths: string[] = [];

  constructor({ memory, now }: Pick<RenderContext, 'memory' | 'now'>) {
    this.#before = memory.stamps ?? {};
    this.#now = now;
  }

  /** The app's managed configuration, to put keys in. */
  bundle(packageId: string): Record<string, PlainValue> {
    const known = this.#bundles.get(packageId);
    if (known !== undefined) return known;
    const bundle: Record<string, PlainValue> = {};
    this.#bundles.set(packageId, bundle);
    return bundle;
  }

  /** Those that have a managed configuration. */
  get packages(): readonly string[] {
    return [...this.#bundles.keys()];
  }

  hasBundle(packageId: string): boolean {
    return this.#bundles.has(packageId);
  }

  /** One setting of the launcher's own. */
  launcherSetting(name: string, value: string): void {
    this.#rows.set(name, value);
  }

  /** An app that carries settings is listed, as one that is there in any version, so that the device says whether it has it. */
  carrierApp(pkg: string): void {
    const name = appNames[pkg] ?? pkg;
    if (!this.#applications.has(pkg)) this.application({ type: 'app', name, pkg, version: '0', system: true });
  }

  /** A file of this setting. */
  file(file: DraftFile, of?: string): AwaitedFile {
    const { path, url, hash, varContent, at } = file;
    const key = `file ${path}`;
    const lastUpdate = at ?? this.#stampedAt(key, hash, of);
    this.#stamps.set(key, { hash, at: lastUpdate, ...(of !== undefined && { of }) });
    this.#files.set(path, { path, url, lastUpdate, ...(varContent && { varContent }) });
    return { path, lastUpdate };
  }

  application(application: Application): void {
    if (application.pkg) this.#applications.set(application.pkg, application);
  }

  #stampedAt(key: string, hash: string, of?: string): number {
    const before = this.#before[key];
    const isSame = before !== undefined && before.hash === hash && before.isWithdrawn !== true;
    const at = isSame ? before.at : Math.max(this.#now, (before?.at ?? 0) + 1); // newer than what the device has
    this.#stamps.set(key, { hash, at, ...(of !== undefined && { of }) });
    return at;
  }

  /** The rows of all apps in their order, those of apps that lost theirs emptied: the launcher clears no others. */
  settings(): ApplicationSetting[] {
    const ofLauncher = [...this.#rows].map(([name, value]) => this.#row(launcher, name, value));
    const ofApps = [...this.#bundles].map(([packageId, bundle]) =>
      this.#row(packageId, 'managedConfig', writeManagedConfig(bundle)),
    );
    const withdrawn = this.#withdrawn('setting ').flatMap(([rest, stamp]) => {
      const [packageId = '', name = ''] = rest.split(' ');
      if (packageId === launcher || name !== 'managedConfig') return [];
      return [{ packageId, name, type: 1, value: '{}', lastUpdate: stamp.at }];
    });
    return [...ofLauncher, ...ofApps, ...withdrawn];
  }

  #row(packageId: string, name: string, value: string): ApplicationSetting {
    const lastUpdate = this.#stampedAt(`setting ${packageId} ${name}`, hashOf(value));
    return { packageId, name, type: 1, value, lastUpdate };
  }

  /** The files in their order, those that were sent before to be removed. */
  files(): RemoteFile[] {
    const withdrawn = this.#withdrawn('file ').map(([path, { at }]) => ({ path, lastUpdate: at, remove: true }));
    return [...withdrawn, ...this.#files.values()];
  }

  applications(): Application[] {
    return [...this.#applications.values()].map((application, index) => ({ id: index + 1, ...application }));
  }

  /** What is to be removed of this setting. Asked for after `files`. */
  withdrawnFilesOf(name: string): AwaitedFile[] {
    return [...this.#stamps].flatMap(([key, { of, at, isWithdrawn }]) =>
      isWithdrawn === true && of === name && key.startsWith('file ')
        ? [{ path: key.slice(5), lastUpdate: at, remove: true }]
        : [],
    );
  }

  /** What was sent and is not wanted any more, by the rest of its key. */
  #withdrawn(prefix: string): [string, Stamp][] {
    const gone = Object.entries(this.#before).filter(([key]) => key.startsWith(prefix) && !this.#stamps.has(key));
    return gone.map(([key, stamp]) => {
      const withdrawn: Stamp = stamp.isWithdrawn ? stamp : { ...stamp, at: this.#now, isWithdrawn: true };
      this.#stamps.set(key, withdrawn);
      return [key.slice(prefix.length), withdrawn];
    });
  }

  /** To be remembered. Asked for last. */
  stamps(): Readonly<Record<string, Stamp>> {
    return Object.fromEntries(this.#stamps);
  }
}
