// From a document to neutral profiles: what is new, changed and gone, in the order in which one needs the other.
import { companionLogLevel, companionPackage, readCompanionLine } from '../../../../protocol/headwind/companion.js';
import { logLine } from '../apply/device-log.js';
import { filePath } from '../apply/paths.js';
import { beginCommands, tellCommands } from '../apply/told.js';
import type { AndroidContext } from '../context.js';
import { authorityPaths, certificatesSetting } from './authorities.js';
import { digestOf, hashOfPlain } from './draft.js';
import { Installer } from './installer.js';
import { isDue } from './orders.js';
import { planOf } from './plan.js';
import type { ProfileSources, ProfilesApplied } from './sources.js';

export type { ProfileFailure, ProfileSources, ProfilesApplied, ProvisionedWifi } from './sources.js';

/**
 * Makes the device hold what the document says: profiles are judged before anything is installed, certificates come first, what
 * waits for one is healed when it is there, what is gone is removed. Client certificates are fetched by SCEP within it. An
 * unchanged document costs a hash. What was done is noted as commands (apply/told.ts). Throws INTERRUPTED, and what saving throws.
 */
export async function applyProfiles(context: AndroidContext, sources: ProfileSources): Promise<ProfilesApplied> {
  const { memory, ports } = context;
  const hash = sourceHash(sources);
  const isKnown = isApplied(context, sources, hash);
  if (isKnown && !isDue(memory.data, ports.clock.now())) return { changed: 0, failures: [], lines: [] };
  const installer = new Installer(context);
  if (!isKnown) {
    const { planned, findings } = planOf(sources);
    await installer.follow(planned, new Set(sources.bundles.keys()));
    for (const finding of findings) context.device.tell({ type: 'trouble', ...finding });
    memory.change({ profilesHash: hash });
  }
  await installer.fetch();
  return installer.report;
}

/**
 * What has come due without a new document: certificates that could not be fetched, renewals, and what waits for them. What was
 * changed is saved and told when it returns; its lines are in the companion's log.
 */
export async function doProfileWork(context: AndroidContext): Promise<ProfilesApplied> {
  const { memory, ports } = context;
  const installer = new Installer(context);
  if (!isDue(memory.data, ports.clock.now())) return installer.report;
  beginCommands(context, `w${ports.clock.now()}`);
  await installer.fetch();
  for (const line of installer.report.lines) {
    const status = readCompanionLine(line)?.status ?? 'failed';
    logLine(context, companionLogLevel[status] === 1 ? 'error' : 'info', line, companionPackage);
  }
  await tellCommands(context);
  return installer.report;
}

/** Whether the device holds, as far as it can, what the document says. */
export const isApplied = (
  { memory }: Pick<AndroidContext, 'memory'>,
  sources: ProfileSources,
  hash = sourceHash(sources),
): boolean => memory.data.profilesHash === hash;

const hashes = new WeakMap<ProfileSources, string>();

/** Of all that profiles are made of. */
function sourceHash(sources: ProfileSources): string {
  const hash = hashes.get(sources) ?? hashedSources(sources);
  hashes.set(sources, hash);
  return hash;
}

/** Of what a device holds that has applied all of this: the hash of the whole, and that of each setting by its carrier. */
export function hashesOf(sources: ProfileSources): {
  readonly profilesHash: string;
  readonly hashes: ReadonlyMap<string, string>;
} {
  const { planned } = planOf(sources);
  return { profilesHash: sourceHash(sources), hashes: new Map(planned.map(({ carrier, hash }) => [carrier, hash])) };
}

function hashedSources(sources: ProfileSources): string {
  const { configuration, bundlesHash, file, wifi } = sources;
  const { applicationSettings, applications, files } = configuration;
  const labels = applicationSettings.filter(({ packageId }) => packageId === 'com.hmdm.launcher');
  const contentAt = (path: string): string | null => {
    const content = file(path);
    return content === undefined ? null : digestOf(content);
  };
  const paths = authorityPaths(certificatesSetting(sources)).map(({ path }) => contentAt(path));
  const own = files.map(({ path, remove }) => {
    const resolved = filePath(path);
    return [path, remove === true, 'path' in resolved ? contentAt(resolved.path) : null];
  });
  return hashOfPlain(
    bundlesHash ?? [...sources.bundles],
    labels.map(({ name, value }) => [name, value ?? null]),
    applications.map(({ pkg, remove }) => [pkg ?? '', remove === true]),
    paths,
    own,
    wifi === undefined ? null : { ...wifi },
  );
}
