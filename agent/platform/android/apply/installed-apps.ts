// What is installed: what the device holds as its apps, and by convention what an Android device has out of the box.
import type { App, DeviceState } from '../../../model/state.js';
import type { AndroidContext } from '../context.js';
import type { InstalledVersion } from './versions.js';

/** Version of the launcher that is emulated. */
export const launcherVersion = '6.36';
export const launcherPackage = 'com.hmdm.launcher';

/** By convention: what every emulated device has and cannot lose, with its version. */
const preinstalled: Readonly<Record<string, string>> = {
  [launcherPackage]: launcherVersion,
  'com.rollcall.companion': '1.0',
  'com.android.settings': '15',
  'com.android.systemui': '15',
  'com.android.vending': '43.2.17',
  'com.android.chrome': '131.0.6778.104',
  'com.android.camera2': '2.0.002',
  'com.android.contacts': '1.7.34',
  'com.android.phone': '15',
  'com.android.packageinstaller': '15',
  'com.android.providers.downloads': '15',
  'com.google.android.gm': '2024.11.24',
  'com.google.android.gms': '24.47.33',
  'com.google.android.apps.maps': '11.155.0300',
  'com.google.android.calculator': '8.7',
  'com.google.android.calendar': '2024.46.0',
  'com.google.android.contacts': '4.44.22',
  'com.google.android.deskclock': '7.10',
  'com.google.android.dialer': '151.0',
  'com.google.android.documentsui': '15',
  'com.google.android.GoogleCamera': '9.6.080',
  'com.google.android.packageinstaller': '15',
  'com.google.android.youtube': '19.45.38',
};

/** An installed app; `isSystem`: it came with the device. */
export interface InstalledApp extends InstalledVersion {
  readonly pkg: string;
  readonly isSystem: boolean;
}

/** What is installed under this package; undefined where nothing is. */
export function installedApp(
  { device, memory }: Pick<AndroidContext, 'device' | 'memory'>,
  pkg: string,
): InstalledApp | undefined {
  const code = memory.data.appCodes?.[pkg] ?? 0;
  const isSystem = Object.hasOwn(preinstalled, pkg);
  const own = device.state.apps.find(({ id }) => id === pkg);
  if (own !== undefined) return { pkg, version: own.version, code, isSystem };
  return isSystem ? { pkg, version: preinstalled[pkg] ?? '', code: 0, isSystem } : undefined;
}

/** A name that Android takes for a package. */
export const isPackageName = (pkg: string): boolean =>
  pkg.length <= 255 && /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/i.test(pkg);

/** Apps that one authority may put on a device. */
export const mostApps = 1000;

export const withApp = ({ apps }: DeviceState, app: App): App[] => [...apps.filter(({ id }) => id !== app.id), app];
export const withoutApp = ({ apps }: DeviceState, pkg: string): App[] => apps.filter(({ id }) => id !== pkg);

/** Keeps the version code of an app, which the device's list of apps has no place for; 0 is none. */
export function keepCode({ memory }: Pick<AndroidContext, 'memory'>, pkg: string, code: number): void {
  const { [pkg]: before = 0, ...others } = memory.data.appCodes ?? {};
  if (before === code) return;
  const appCodes = code === 0 ? others : { ...others, [pkg]: code };
  if (Object.keys(appCodes).length === 0) memory.forget('appCodes');
  else memory.change({ appCodes });
}
