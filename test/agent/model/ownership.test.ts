// Whose the profiles on a device are, and until when they are kept.
import { describe, expect, it } from 'vitest';
import { afterLeaving, applyCommand, newDevice } from '../../../agent/model/apply-command.js';
import { graceEndsAt, isStale } from '../../../agent/model/ownership.js';
import type { DeviceState } from '../../../agent/model/state.js';
import { readState } from '../../../agent/store/stored-form.js';
import type { Profile } from '../../../protocol/vocabulary.js';
import { someFacts } from '../../support/devices.js';

const dayMs = 86_400_000;
const profile: Profile = {
  kind: 'certificate',
  name: 'Root',
  role: 'root',
  source: { type: 'der', der: Uint8Array.of(1) },
};
const managed = (authority: 'intune' | 'office365'): Pick<DeviceState, 'managedBy'> => ({
  managedBy: { authority, since: 5 },
});

describe('a profile', () => {
  const install = (whose?: Parameters<typeof applyCommand>[4]) =>
    applyCommand(newDevice(someFacts(), 50), { kind: 'install-profile', profile }, 'https://mdm.example', 7, whose)
      .state;

  it('is whose its sender said that it is, and else of the enrollment', () => {
    expect(install().holdings).toEqual([{ profile, authority: 'https://mdm.example', installedAt: 7 }]);
    const { holdings } = install({ owner: 'intune', keptUntil: 99 });
    expect(holdings).toEqual([{ profile, authority: 'intune', installedAt: 7, keptUntil: 99 }]);
  });

  it('is stale where another authority manages the device, as far as that was said', () => {
    expect(isStale({ authority: 'office365' }, managed('intune'))).toBe(true);
    expect(isStale({ authority: 'intune' }, managed('intune'))).toBe(false);
    expect(isStale({ authority: 'office365' }, {})).toBe(false);
    expect(isStale({ authority: 'https://mdm.example' }, managed('intune'))).toBe(false);
  });

  it('and who manages the device are stored, read again, and gone with the enrollment', () => {
    const state: DeviceState = {
      ...install({ owner: 'intune', keptUntil: 99 }),
      ...managed('intune'),
      lifecycle: 'enrolled',
    };
    expect(readState(structuredClone(state))).toEqual(state);
    for (const why of ['removed', 'wiped'] as const) expect(afterLeaving(state, why)).not.toHaveProperty('managedBy');
    const { managedBy: _none, ...former } = state; // as versions before this one wrote it
    expect(readState(structuredClone(former))).toEqual(former);
  });
});

describe('the days of grace that a device is told of with the time', () => {
  const holding = { authority: 'office365', installedAt: 10 };
  const switched = (
    ...switches: readonly (readonly [at: number, from: 'intune' | 'office365', to: 'intune' | 'office365'])[]
  ) => ({
    profileGraceMs: 7 * dayMs,
    switches: switches.map(([at, from, to]) => ({ at, from, to })),
  });

  it('run from the change that the device missed', () => {
    const one = switched([100, 'office365', 'intune']);
    expect(graceEndsAt(holding, { lastCheckInAt: 50 }, one)).toBe(100 + 7 * dayMs);
    expect(graceEndsAt(holding, {}, one)).toBe(100 + 7 * dayMs);
    expect(graceEndsAt(holding, { lastCheckInAt: 100 }, one)).toBeUndefined();
    expect(graceEndsAt({ ...holding, installedAt: 101 }, {}, one)).toBeUndefined();
    expect(graceEndsAt({ ...holding, authority: 'https://mdm.example' }, { lastCheckInAt: 50 }, one)).toBeUndefined();
    expect(graceEndsAt(holding, { lastCheckInAt: 50 }, switched())).toBeUndefined();
    // In the same moment, on a clock that stands: by what the device was told.
    expect(graceEndsAt(holding, { lastCheckInAt: 100, ...managed('office365') }, one)).toBe(100 + 7 * dayMs);
    expect(graceEndsAt(holding, { lastCheckInAt: 100, ...managed('intune') }, one)).toBeUndefined();
  });

  it('run from the last change that left the profile’s authority, and not at all while that is set again', () => {
    const there = [100, 'office365', 'intune'] as const;
    const back = [200, 'intune', 'office365'] as const;
    const again = [300, 'office365', 'intune'] as const;
    expect(graceEndsAt(holding, { lastCheckInAt: 50 }, switched(there, back))).toBeUndefined();
    expect(graceEndsAt(holding, { lastCheckInAt: 50 }, switched(there, back, again))).toBe(300 + 7 * dayMs);
    const ofIntune = { ...holding, authority: 'intune' };
    expect(graceEndsAt(ofIntune, { lastCheckInAt: 150 }, switched(there, back))).toBe(200 + 7 * dayMs);
  });
});
