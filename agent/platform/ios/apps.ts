import type { DeviceState } from '../../model/state.js';
import type { IosData, ManagedApp } from './saved.js';

export interface InstalledApp {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly isManaged: boolean;
  /** Not there yet. */
  readonly isInstalling: boolean;
}

/** Present on the device: a managed app that the user deleted is still managed, but not this. */
export const isPresent = (app: ManagedApp): boolean => app.status === 'Managed';

/** Every app on the device, the user's own and the managed ones, each once; also those that are being installed. */
export function installedApps(state: DeviceState, data: IosData): InstalledApp[] {
  const managed = (data.apps ?? []).filter((app) => isPresent(app) || app.status === 'Installing');
  const ids = new Set(managed.map((app) => app.id));
  const own = state.apps.filter((app) => !ids.has(app.id));
  return [
    ...managed.map(({ id, name, version, sizeBytes, status }) => {
      const isInstalling = status === 'Installing';
      return { id, name, version, sizeBytes, isManaged: true, isInstalling };
    }),
    ...own.map(({ id, name, version, sizeBytes, managed: isManaged }) => {
      return { id, name, version, sizeBytes, isManaged, isInstalling: false };
    }),
  ];
}

export const managedApp = (data: IosData, id: string): ManagedApp | undefined =>
  data.apps?.find((app) => app.id === id);

/** The list with this app in its place, or added. */
export function withApp(data: IosData, app: ManagedApp): ManagedApp[] {
  const apps = data.apps ?? [];
  return apps.some(({ id }) => id === app.id) ? apps.map((one) => (one.id === app.id ? app : one)) : [...apps, app];
}
