// Managed configurations of apps and the profiles that they are (steps 1 and 10), by what profiles/ makes of them.
import { createHash } from 'node:crypto';
import { companionLogLevel, companionPackage, readCompanionLine } from '../../../../protocol/headwind/companion.js';
import type { ApplicationSetting } from '../../../../protocol/headwind/types.js';
import type { Bundle, BundleRead } from '../../../../protocol/managed-config/bundle.js';
import { bundleOf, bundlesOf, processSettings } from '../../../../protocol/managed-config/read.js';
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
    ...(filed === 'done' ? reached(run) : asBefore(run)),
    ...(provisionedWifi === undefined ? {} : { wifi: provisionedWifi }),
    bundlesHash: hashOfPlain(settings.map(toHash), { ...variables }, isOwner),
    launcherBundle: bundleOf(processSettings(settings.filter(isLauncher), variables)).bundle,
    get bundles() {
      return new Map([...read()].map(([name, { bundle }]): [string, Bundle] => [name, bundle]));
    },
  };
  if (!isApplied(context, sources)) tellBundles(run, read(), isOwner); // of what is as it was nothing is told anew
  const { changed, failures, lines } = await applyProfiles(context, sources);
  counts.commands += changed + failures.length;
  for (const { isLater } of failures) counts[isLater ? 'later' : 'failed']++;
  for (const line of lines) {
    const status = readCompanionLine(line)?.status ?? 'failed';
    logLine(context, companionLogLevel[status] === 1 ? 'error' : 'info', line, companionPackage);
  }
}

const toHash = ({ packageId, name, value, variable }: ApplicationSetting) => [
  packageId,
  name,
  value ?? null,
  variable === true,
];

const isLauncher = ({ packageId }: ApplicationSetting): boolean => packageId === launcherPackage;

type Sources = Pick<ProfileSources, 'configuration' | 'file'>;

function reached({ context, configuration, files }: ApplyRun): Sources {
  const setting = launcherSetting(context, configuration, certificates);
  if (setting === undefined) context.memory.forget('certificatePaths');
  else context.memory.change({ certificatePaths: setting });
  return { configuration, file: (path) => files.get(path)?.content };
}

/** As if the setting `certificates` and the files that it names had not changed. */
function asBefore({ context, configuration, before }: ApplyRun): Sources {
  const { certificatePaths: value } = context.memory.data;
  const others = configuration.applicationSettings.filter(
    ({ packageId, name }) => packageId !== launcherPackage || name !== certificates,
  );
  const setting = { packageId: launcherPackage, name: certificates, type: 1, value: value ?? '' };
  const applicationSettings = value === undefined ? others : [...others, setting];
  return { configuration: { ...configuration, applicationSettings }, file: (path) => before[path]?.content };
}

/** What comes to something else than its sender meant is told once, and again when it is another. */
function tellBundles(run: ApplyRun, bundles: ReadonlyMap<string, BundleRead>, isOwner: boolean): void {
  const { memory } = run.context;
  const findings = [...bundles].flatMap(([name, { findings: ofOne }]) => ofOne.map((one) => ({ name, ...one })));
  const isAgainstLauncher = !isOwner && [...bundles.keys()].some((name) => name !== launcherPackage);
  if (findings.length === 0 && !isAgainstLauncher) {
    memory.forget('toldBundles');
    return;
  }
  const told = JSON.stringify([isAgainstLauncher, findings]);
  const hash = createHash('sha256').update(told).digest('base64');
  if (memory.data.toldBundles === hash) return;
  memory.change({ toldBundles: hash });
  const nothing = 'launcher 6.36 gives apps no settings: it does not own the device';
  if (isAgainstLauncher) find(run, 'LAUNCHER_DIFFERS', 'applicationSettings', nothing);
  for (const { name, key, message } of findings) find(run, 'HEADWIND_SERVER', `${name}.${key}`, message);
}
