// What a device shows of itself after a step.
import { describe, expect, it } from 'vitest';
import type { DeviceState } from '../../agent/index.js';
import { agentError } from '../../agent/index.js';
import { assertMoved, refused, usedBy } from '../../fleet/engine/verdicts.js';
import { someState } from '../support/devices.js';

const state = (authority: 'intune' | 'office365', ...owners: readonly string[]): DeviceState => {
  const { holdings, ...rest } = someState();
  const own = holdings.slice(0, owners.length).map((each, index) => ({ ...each, authority: owners[index] ?? '' }));
  return { ...rest, holdings: own, managedBy: { authority, since: 1 } };
};
const codeOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'passed';
};

describe('a device that has moved', () => {
  it('knows who manages it, and holds as many stale profiles as there should be', () => {
    expect(codeOf(() => assertMoved(state('intune', 'intune', 'office365'), 'intune', 1))).toBe('passed');
    expect(codeOf(() => assertMoved(state('intune', 'intune', 'stub'), 'intune', 0))).toBe('passed');
    expect(codeOf(() => assertMoved(state('office365', 'intune'), 'intune', 0))).toBe('MOVE_MISSED');
    expect(codeOf(() => assertMoved(state('intune', 'intune', 'office365'), 'intune', 0))).toBe('MOVE_MISSED');
    expect(codeOf(() => assertMoved(state('intune', 'intune', 'intune'), 'intune', 1))).toBe('PROFILE_MISSING');
    const { managedBy: _nobody, ...untold } = state('intune', 'intune');
    expect(codeOf(() => assertMoved(untold, 'intune', 0))).toBe('MOVE_MISSED');
  });
});

describe('a use of profiles', () => {
  it('is of one of each kind, or of all that are an authority’s', () => {
    const device = state('intune', 'intune', 'office365');
    const [first] = device.holdings;
    const kind = first?.profile.kind ?? 'email';
    expect(usedBy(device, { kinds: [kind] })).toEqual([{ kind, name: undefined }]);
    expect(usedBy(device, { kinds: [kind], of: 'intune' })).toEqual([{ kind, name: first?.profile.name }]);
    expect(codeOf(() => usedBy(device, { kinds: [kind], of: 'sccm' }))).toBe('PROFILE_MISSING');
  });

  it('that is to be refused fails where it is let through, and for other reasons', async () => {
    await expect(refused(Promise.reject(agentError('RESOURCE_REFUSED', 'no')), 'x')).resolves.toBeUndefined();
    await expect(refused(Promise.resolve(), 'x')).rejects.toMatchObject({ code: 'RESOURCE_OPEN' });
    const lost = Promise.reject(agentError('TRANSPORT_LOST', 'no answer'));
    await expect(refused(lost, 'x')).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
  });
});
