// What a managed app goes through between InstallApplication and Managed (application.managed.list.yaml). A supervised device
// installs in silence; on another the person is asked first, and what they say is up to `decide`: `done` is yes, `failed` no,
// `later` leaves the question open. There is no store: each step is taken at the beginning of a session (convention).
import type { App, DeviceState } from '../../model/state.js';
import { withApp } from './apps.js';
import type { CommandContext } from './context.js';
import type { ManagedApp } from './saved.js';
import { native } from './translate.js';

/** On its way: asked for again it is AppAlreadyQueued, and it cannot be removed yet. */
export const isOnItsWay = ({ status }: ManagedApp): boolean => Object.hasOwn(steps, status);

/** "The following statuses are transient and report only once." */
const toldOnce: readonly string[] = [
  'UserInstalledApp',
  'UserRejected',
  'UpdateRejected',
  'ManagementRejected',
  'Failed',
];
export const isToldOnce = ({ status }: ManagedApp): boolean => toldOnce.includes(status);

/** How an installation begins, and a user's own app comes under management. */
export const firstStatus = (isSupervised: boolean): string => (isSupervised ? 'Installing' : 'Prompting');
export const takeOverStatus = (isSupervised: boolean): string => (isSupervised ? 'Managed' : 'PromptingForManagement');

/** The device's apps once this one is there and managed. */
export function withManaged({ apps }: DeviceState, { id, name, version, sizeBytes, flags }: ManagedApp): App[] {
  const own = apps.find((app) => app.id === id);
  const stays = (flags & goesWithManagement) === 0;
  return [...apps.filter((app) => app !== own), { sizeBytes, ...own, id, name, version, managed: true, stays }];
}

/** ManagementFlags: the app is removed with the MDM profile. */
const goesWithManagement = 1;

interface Step {
  /** What the device is asked: see `decide`. */
  readonly asks: string;
  readonly accepted: string;
  readonly refused: string;
}

const steps: Readonly<Record<string, Step>> = {
  Prompting: { asks: 'AppInstallPrompt', accepted: 'Installing', refused: 'UserRejected' },
  PromptingForManagement: { asks: 'AppManagementPrompt', accepted: 'Managed', refused: 'ManagementRejected' },
  Installing: { asks: 'AppInstallation', accepted: 'Managed', refused: 'Failed' },
};

/** One step for every app that is on its way. */
export async function goOnWithApps({ memory, device, apply }: CommandContext): Promise<void> {
  for (const app of memory.data.apps ?? []) {
    const step = steps[app.status];
    if (step === undefined) continue;
    const change = step.accepted === 'Managed' ? { change: { apps: withManaged(device.state, app) } } : {};
    const { status } = await apply(native(step.asks, { identifier: app.id, ...change }));
    if (status === 'later') continue;
    const next = { ...app, status: status === 'done' ? step.accepted : step.refused };
    memory.change({ apps: withApp(memory.data, next) });
  }
}
