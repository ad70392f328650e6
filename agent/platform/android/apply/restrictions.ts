// Managed configurations of apps and the profiles that they are (steps 1 and 10), by what profiles/ makes of them.
import { createHash } from 'node:crypto';
import { companionLogLevel, companionPackage, readCompanionLine } from '../../../../protocol/headwind/companion.js';
import type { ApplicationSetting, HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import type { Bundle, BundleRead } from '../../../../protocol/managed-config/bundle.js';
import { bundleOf, bundlesOf, managedConfig, processSettings } from '../../../../protocol/managed-config/read.js';
import type { KnownContext } from '../context.js';
import { applyProfiles, isApplied, type ProfileSources } from '../profiles/apply.js';
import { hashOfPlain } from '../profiles/draft.js';
import { logLine } from './device-log.js';
import { launcherSetting, variablesOf } from './identity.js';
import { launcherPackage } from './installed-apps.js';
import { type ApplyRun, find } from './run.js';

const certificates = 'certificates';

/**
 * Only the device's owner gives apps their settings. `filed`: where the launcher's flow ended at a file, managed configurations are
 * set all the same (they were at step 1), and certificates stay those of the configuration before.
 */
export async function applyRestrictions(run: ApplyRun, filed: 'done' | 'ended'): Promise<void> {
  const { context, configuration, counts } = run;
  const { sources, read, isOwner } = sourcesOf(context, configuration, filed === 'done' ? reached(run) : asBefore(run));
  if (!isApplied(context, sources)) tellBundles(run, read(), isOwner); // of what is as it was nothing is told anew
  const { changed, failures, lines } = await applyProfiles(context, sources);
  counts.commands += changed + failures.length;
  for (const { isLater } of failures) counts[isLater ? 'later' : 'failed']++;
  for (const line of lines) {
    const status = readCompanionLine(line)?.status ?? 'failed';
    logLine(context, companionLogLevel[status] === 1 ? 'error' : 'info', line, companionPackage);
  }
}

/** What profiles are made of; the bundles once they are asked for. */
function sourcesOf(context: KnownContext, configuration: HeadwindConfiguration, from: Sources) {
  const { memory, manners } = context;
  const { provisionedWifi } = memory.data;
  const isOwner = manners.management === 'fully-managed';
  const isGiven = isOwner || manners.mode === 'thorough';
  const variables = variablesOf(context, configuration);
  const settings = isGiven ? configuration.applicationSettings : [];
  let made: ReadonlyMap<string, BundleRead> | undefined;
  const read = (): ReadonlyMap<string, BundleRead> => {
    made ??= bundlesOf(settings, variables);
    return made;
  };
  const sources: ProfileSources = {
    ...from,
    ...(provisionedWifi === undefined ? {} : { wifi: provisionedWifi }),
    bundlesHash: hashOfPlain(settings.map(toHash), { ...variables }, isOwner),
    launcherBundle: bundleOf(processSettings(settings.filter(namesCertificates), variables)).bundle,
    get bundles() {
      return new Map([...read()].map(([name, { bundle }]): [string, Bundle] => [name, bundle]));
    },
  };
  return { sources, read, isOwner };
}

/** The same of a device that took this configuration with all of its files. */
export function keptSources(context: KnownContext, configuration: HeadwindConfiguration): ProfileSources {
  const { files = {} } = context.memory.data;
  return sourcesOf(
    context,
    configuration,
    reachedOf(context, configuration, (path) => files[path]?.content),
  ).sources;
}

const toHash = ({ packageId, name, value, variable }: ApplicationSetting) => [
  packageId,
  name,
  value ?? null,
  variable === true,
];

/** Of the launcher's own settings those that may name certificates, which is all that is looked up in its bundle. */
const namesCertificates = ({ packageId, name }: ApplicationSetting): boolean =>
  packageId === launcherPackage && (name === certificates || name === managedConfig);

type Sources = Pick<ProfileSources, 'configuration' | 'file'>;

function reached(run: ApplyRun): Sources {
  const { context, configuration, files } = run;
  const setting = launcherSetting(context, configuration, certificates);
  const { certificatePaths: before } = context.memory.data;
  if (setting === undefined) context.memory.forget('certificatePaths');
  else if (setting !== before) context.memory.change({ certificatePaths: setting });
  return reachedOf(context, configuration, (path) => files.get(path)?.content);
}

function reachedOf(
  { manners: { mode, management } }: KnownContext,
  configuration: HeadwindConfiguration,
  file: Sources['file'],
): Sources {
  const installsNone = mode === 'launcher' && management === 'application';
  if (!installsNone) return { configuration, file };
  return { configuration: { ...configuration, applicationSettings: withoutCertificates({ configuration }) }, file };
}

const withoutCertificates = ({
  configuration: { applicationSettings },
}: Pick<ApplyRun, 'configuration'>): readonly ApplicationSetting[] =>
  applicationSettings.filter(({ packageId, name }) => packageId !== launcherPackage || name !== certificates);

/** As if the setting `certificates` and the files that it names had not changed. */
function asBefore(run: ApplyRun): Sources {
  const { context, configuration, before } = run;
  const { certificatePaths: value } = context.memory.data;
  const others = withoutCertificates(run);
  const setting = { packageId: launcherPackage, name: certificates, type: 1, value: value ?? '' };
  const applicationSettings = value === undefined ? others : [...others, setting];
  return { configuration: { ...configuration, applicationSettings }, file: (path) => before[path]?.content };
}

/** Whether certificates are named that Android lets an app like any other not install. */
const mayInstallNone = ({ context, configuration }: ApplyRun): boolean =>
  context.manners.management === 'application' &&
  context.manners.mode === 'thorough' &&
  launcherSetting(context, configuration, certificates) !== undefined;

/** What comes to something else than its sender meant is told once, and again when it is another. */
function tellBundles(run: ApplyRun, bundles: ReadonlyMap<string, BundleRead>, isOwner: boolean): void {
  const { memory } = run.context;
  const findings = [...bundles].flatMap(([name, { findings: ofOne }]) => ofOne.map((one) => ({ name, ...one })));
  const isAgainstLauncher = !isOwner && [...bundles.keys()].some((name) => name !== launcherPackage);
  const installsAgainstLauncher = mayInstallNone(run);
  if (findings.length === 0 && !isAgainstLauncher && !installsAgainstLauncher) {
    memory.forget('toldBundles');
    return;
  }
  const told = JSON.stringify([isAgainstLauncher, findings, installsAgainstLauncher]);
  const hash = createHash('sha256').update(told).digest('base64');
  if (memory.data.toldBundles === hash) return;
  memory.change({ toldBundles: hash });
  const nothing = 'launcher 6.36 gives apps no settings: it does not own the device';
  if (isAgainstLauncher) find(run, 'LAUNCHER_DIFFERS', 'applicationSettings', nothing);
  const noneInstalled = 'launcher 6.36 installs no certificate: it owns neither the device nor a profile';
  if (installsAgainstLauncher) find(run, 'LAUNCHER_DIFFERS', certificates, noneInstalled);
  for (const { name, key, message } of findings) find(run, 'HEADWIND_SERVER', `${name}.${key}`, message);
}
