// Effects that the device carries out with their command, and how they are taken back.
import type { Command } from '../../../../protocol/vocabulary.js';
import type { NativeChange } from '../../../model/change.js';
import type { DeviceState } from '../../../model/state.js';
import type { Effect } from '../csp/module.js';

/** Those that can be taken back first. */
const atOnce: readonly Effect['kind'][] = [
  'rename',
  'new-passcode',
  'install-app',
  'remove-app',
  'lock',
  'clear-passcode',
];

export const isAtOnce = ({ kind }: Effect): boolean => atOnce.includes(kind);

/** The effects at once among these, in the order in which they are carried out. */
export const inOrder = <T extends { readonly effect: Effect }>(effects: readonly T[]): readonly T[] =>
  effects
    .filter(({ effect }) => isAtOnce(effect))
    .sort((one, other) => atOnce.indexOf(one.effect.kind) - atOnce.indexOf(other.effect.kind));

/** What the device is told; undefined for an effect that comes later. `now`: milliseconds since the epoch. */
export function commandOf(effect: Effect, { apps }: DeviceState, now: number): Command | undefined {
  switch (effect.kind) {
    case 'rename':
    case 'lock':
    case 'clear-passcode':
      return effect;
    case 'new-passcode':
      return newPasscode(effect.passcode, now);
    case 'install-app':
      return native('Apps', { apps: [...apps.filter(({ id }) => id !== effect.app.id), effect.app] });
    case 'remove-app':
      return native('Apps', { apps: apps.filter(({ id }) => id !== effect.id) });
    default:
      return undefined;
  }
}

/** What takes it back on a device that was in this state before; undefined where nothing does. */
export function undoOf(effect: Effect, { condition, apps }: DeviceState): Command | undefined {
  const { deviceName, passcode, passcodeSetAt } = condition;
  switch (effect.kind) {
    case 'rename':
      return { kind: 'rename', deviceName };
    case 'new-passcode':
      return passcode === undefined ? undefined : newPasscode(passcode, passcodeSetAt);
    case 'install-app':
    case 'remove-app':
      return native('Apps', { apps });
    default:
      return undefined;
  }
}

const newPasscode = (passcode: string, passcodeSetAt: number | undefined): Command =>
  native('RemoteLock', { condition: { passcode, ...(passcodeSetAt === undefined ? {} : { passcodeSetAt }) } });

const native = (name: string, change: NativeChange): Command => ({
  kind: 'native',
  platform: 'windows',
  name,
  body: { change },
});
