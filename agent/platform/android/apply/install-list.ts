// Which apps are to be removed and installed, in which order (InstallUtils.generateApplicationsForInstallList). Pure.
import type { Application } from '../../../../protocol/headwind/types.js';
import { compareVersions, type InstalledVersion, isSameVersion } from './versions.js';

/** An app of a configuration that can be acted on. */
export interface ListedApp {
  readonly application: Application;
  readonly pkg: string;
  readonly version: string;
  readonly code?: number;
}

export interface InstallList {
  /** Removals first. */
  readonly apps: readonly ListedApp[];
  /** What the launcher writes into its log while it decides, at level debug. */
  readonly lines: readonly string[];
  /** Apps without a package or a version: launcher 6.36 breaks off with a NullPointerException. */
  readonly broken: readonly Application[];
}

/** `installed`: by package, as the device has it. Web and intent items are passed over. */
export function installList(
  applications: readonly Application[],
  installed: (pkg: string) => InstalledVersion | undefined,
): InstallList {
  const lines: string[] = [];
  const all = applications.filter(({ type }) => type === undefined || type === null || type === 'app');
  const broken = all.filter(({ pkg, version }) => typeof pkg !== 'string' || typeof version !== 'string');
  const whole = all.flatMap((application) => {
    const { pkg, version, code } = application;
    if (typeof pkg !== 'string' || typeof version !== 'string') return [];
    return [{ application, pkg, version, ...(code === undefined ? {} : { code }) }];
  });
  const removals = whole.filter(({ application }) => application.remove === true);
  const others = whole.filter(({ application }) => application.remove !== true);
  const downgradable = new Map<string, boolean>();
  /** Whether the version that is there is to be removed. */
  const canDowngrade = ({ pkg }: ListedApp, present: InstalledVersion): boolean => {
    const known = downgradable.get(pkg);
    if (known !== undefined) return known;
    const can = removals.some((one) => one.pkg.toLowerCase() === pkg.toLowerCase() && isSameVersion(present, one));
    downgradable.set(pkg, can);
    return can;
  };
  const apps = withoutTwins([...removals, ...others]).filter((app) => {
    const present = installed(app.pkg);
    if (app.application.remove === true) return present !== undefined && isRemoved(app, present);
    if ((app.application.url ?? '').trim() === '') return false;
    return present === undefined || isInstalledOver(app, present, canDowngrade, lines);
  });
  return { apps, lines, broken };
}

/** Each package, version and purpose once, whatever their case. */
function withoutTwins(apps: readonly ListedApp[]): ListedApp[] {
  const seen = new Set<string>();
  return apps.filter(({ pkg, version, application }) => {
    const key = JSON.stringify([pkg.toLowerCase(), version.toLowerCase(), application.remove === true]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const isAny = (version: string): boolean => version === '0';

/** Only the version that is named goes; 0 is any. */
const isRemoved = (app: ListedApp, present: InstalledVersion): boolean =>
  isAny(app.version) || isSameVersion(present, app);

function isInstalledOver(
  app: ListedApp,
  present: InstalledVersion,
  canDowngrade: (app: ListedApp, present: InstalledVersion) => boolean,
  lines: string[],
): boolean {
  const { pkg, version, application } = app;
  // The open-source launcher replaces itself by the full one whatever the version: it knows it by the end of the address.
  const isFullLauncher = pkg === 'com.hmdm.launcher' && application.url?.endsWith('master.apk') === true;
  const isLeft = application.skipVersion === true || isAny(version) || isSameVersion(present, app);
  if (isLeft && !isFullLauncher) return false;
  if (compareVersions(present, app) <= 0) return true;
  lines.push(`Downgrade requested for ${pkg}: installed version ${present.version}, required version ${version}`);
  const isRemovedFirst = canDowngrade(app, present);
  lines.push(
    isRemovedFirst
      ? `Current version of ${pkg} will be removed, downgrade allowed`
      : `Ignoring downgrade request for ${pkg}: remove current version first!`,
  );
  return isRemovedFirst;
}
