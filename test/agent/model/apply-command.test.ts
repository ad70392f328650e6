import { describe, expect, it } from 'vitest';
import { applyCommand } from '../../../agent/model/apply-command.js';
import { readNativeChange } from '../../../agent/model/change.js';
import { maxHoldings } from '../../../agent/model/state.js';
import { packState, unpackState } from '../../../agent/store/pack.js';
import type { Command } from '../../../protocol/vocabulary.js';
import { someState } from '../../support/devices.js';

describe('a command', () => {
  const state = someState();
  const long = 'x'.repeat(5000);
  const endless: readonly Command[] = [
    { kind: 'lock', message: long },
    { kind: 'rename', deviceName: long },
    { kind: 'lost-mode', on: true, footnote: long },
    {
      kind: 'install-profile',
      profile: { kind: 'wifi', name: 'w', ssid: long, hidden: false, autoJoin: true, security: 'none' },
    },
  ];

  it.each(endless)('of $kind that no device can hold fails, says where, and changes nothing', (command) => {
    const { state: after, outcome } = applyCommand(state, command, 'a', 0);
    expect(after).toBe(state);
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/cannot take this: [\w.]+: /) });
    expect(JSON.stringify(outcome)).not.toContain('xx');
  });

  it('that brings one profile more than a device can hold fails, and one that replaces a profile does not', () => {
    const profile = (name: string) =>
      ({ kind: 'wifi', name, ssid: 's', hidden: false, autoJoin: true, security: 'none' }) as const;
    const holdings = Array.from({ length: maxHoldings }, (_, at) => ({
      profile: profile(`w${at}`),
      authority: 'a',
      installedAt: 0,
    }));
    const full = { ...state, holdings };
    const more = applyCommand(full, { kind: 'install-profile', profile: profile('more') }, 'a', 0);
    expect(more).toMatchObject({ outcome: { status: 'failed', reason: expect.stringContaining('already') } });
    expect(more.state).toBe(full);
    const again = applyCommand(full, { kind: 'install-profile', profile: profile('w0') }, 'a', 1);
    expect([again.outcome.status, again.state.holdings.length]).toEqual(['done', maxHoldings]);
  });

  it('of lost mode leaves a device that can be stored, with all that it was told', () => {
    const lost = { message: 'Lost', phoneNumber: '+1 555', footnote: 'Thank you' };
    const { state: after } = applyCommand(state, { kind: 'lost-mode', on: true, ...lost }, 'a', 0);
    expect(unpackState(packState(after)).condition.lostMode).toEqual(lost);
  });
});

describe('the change that a native command asks for', () => {
  const app = { id: 'i', name: 'n', version: '1', sizeBytes: 1, managed: true };

  it('is what fits: the rest is left out', () => {
    const change = {
      apps: [app, { ...app, stays: true }],
      condition: { locked: true, batteryPercent: 'full', passcode: '1', powered: false },
      facts: { osVersion: '18.2', osBuild: 7, id: 'another' },
    };
    expect(readNativeChange({ change })).toEqual({
      apps: change.apps,
      condition: { locked: true, passcode: '1' },
      facts: { osVersion: '18.2' },
    });
  });

  it.each([
    undefined,
    'x',
    {},
    { change: 5 },
    { change: { apps: [{ ...app, managed: 'yes' }] } },
    { change: { apps: 'all' } },
  ])('is none where none can be read in %j', (body) => {
    expect(readNativeChange(body)).toEqual({});
  });
});
