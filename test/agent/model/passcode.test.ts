import { describe, expect, it } from 'vitest';
import { newDevice } from '../../../agent/model/apply-command.js';
import { type PasscodeFault, passcodeFault, qualityFault, withPasscode } from '../../../agent/model/passcode.js';
import type { DeviceState } from '../../../agent/model/state.js';
import type { PasscodePolicy } from '../../../protocol/vocabulary.js';

const day = 24 * 3600 * 1000;
const facts = {
  platform: 'ios',
  id: 'd',
  serial: 's',
  manufacturer: 'm',
  model: 'm',
  modelName: 'Phone',
  osVersion: '18.1',
  osBuild: 'b',
  wifiMac: 'w',
  bluetoothMac: 'b',
  capacityGb: 128,
  supervised: true,
  native: {},
} as const;

function deviceWith(...policies: Partial<PasscodePolicy>[]): DeviceState {
  const holdings = policies.map((policy, index) => ({
    profile: {
      kind: 'configuration' as const,
      name: `p${index}`,
      type: 't',
      passcode: { required: false, ...policy },
      settings: {},
    },
    authority: 'a',
    installedAt: 0,
  }));
  return { ...newDevice(facts, 50), holdings };
}

const refused = (fault: PasscodeFault) =>
  expect.objectContaining({ code: 'PASSCODE_REFUSED', details: expect.objectContaining({ fault }) });

describe('a passcode policy', () => {
  it.each<[Partial<PasscodePolicy>, string | undefined, PasscodeFault | undefined]>([
    [{}, undefined, undefined],
    [{ required: true }, undefined, 'missing'],
    [{ required: true }, '1', undefined], // "without imposing a length or quality"
    [{ minLength: 6 }, undefined, undefined], // rules of a passcode that none is asked for
    [{ minLength: 6 }, '12345', 'short'],
    [{ minLength: 6 }, '123456', undefined],
    [{ requireAlphanumeric: true }, '482915', 'no-letter'],
    [{ requireAlphanumeric: true }, 'secretly', 'no-digit'],
    [{ requireAlphanumeric: true }, 'ключ7', undefined],
    [{ minComplexCharacters: 2 }, '111111', 'few-complex'],
    [{ minComplexCharacters: 2 }, 'ab12#', 'few-complex'],
    [{ minComplexCharacters: 2 }, 'ab12#€', undefined],
    [{ allowSimple: true }, '111111', undefined],
    [{ allowSimple: false }, '111111', 'repeats'],
    [{ allowSimple: false }, '27aaa9', 'repeats'],
    [{ allowSimple: false }, '2aa9', undefined],
    [{ allowSimple: false }, '9123', 'sequence'],
    [{ allowSimple: false }, 'xCBAx', 'sequence'],
    [{ allowSimple: false }, '121212', undefined],
    [{ allowSimple: false }, '135790', undefined],
  ])('%j judges %s: %s', (policy, passcode, fault) => {
    expect(qualityFault(passcode, { required: false, ...policy })).toBe(fault);
  });

  it('is met when each of several is met, which is the strictest of each rule', () => {
    const device = deviceWith({ minLength: 4 }, { minLength: 8 }, { allowSimple: false });
    const set = (passcode: string) => ({ ...device, condition: { ...device.condition, passcode } });
    expect(passcodeFault(set('48291'), 0)).toBe('short');
    expect(passcodeFault(set('11148291'), 0)).toBe('repeats');
    expect(passcodeFault(set('48291573'), 0)).toBeUndefined();
  });

  it('lets a passcode grow too old, whoever set it when', () => {
    const device = withPasscode(deviceWith({ maxAgeDays: 30 }), '4829', 5 * day);
    expect(passcodeFault(device, 34 * day)).toBeUndefined();
    expect(passcodeFault(device, 35 * day)).toBe('expired');
    expect(passcodeFault(withPasscode(device, '4830', 35 * day), 36 * day)).toBeUndefined();
    expect(passcodeFault(withPasscode(deviceWith({ maxAgeDays: 0 }), '4829', 0), 9999 * day)).toBeUndefined();
  });
});

describe('what a person sets at the device', () => {
  it('is refused where a policy forbids it, with the rule and the platform’s own code', () => {
    const device = deviceWith({ allowSimple: false, minLength: 6 });
    expect(() => withPasscode(device, '4829', 0)).toThrow(refused('short'));
    const manners = { repeated: 3, sequence: 3, codes: { repeats: 'Domain 1' } };
    expect(() => withPasscode(device, '111111', 0, manners)).toThrow(
      expect.objectContaining({ details: { fault: 'repeats', code: 'Domain 1' } }),
    );
    expect(withPasscode(device, '482915', 0).condition.passcode).toBe('482915');
  });

  it('is taken where no policy is, and then only not compliant when one comes', () => {
    const { condition } = withPasscode(deviceWith(), '1', 0);
    const device = { ...deviceWith({ required: true, minLength: 4 }), condition };
    expect(passcodeFault(device, 0)).toBe('short');
    expect(device.condition.passcode).toBe('1');
  });

  it('may be nothing only where none is required; the screen then is not locked', () => {
    const device = withPasscode(deviceWith({ required: true }), '4829', 0);
    expect(() => withPasscode(device, undefined, 0)).toThrow(refused('missing'));
    const free = { ...device, holdings: [], condition: { ...device.condition, locked: true } };
    expect(withPasscode(free, undefined, 0).condition).toMatchObject({ locked: false });
    expect(withPasscode(free, undefined, 0).condition.passcode).toBeUndefined();
  });

  it('is none of the last ones that the policy counts, also after it was cleared', () => {
    let device = deviceWith({ historyLength: 2 });
    device = withPasscode(device, 'one', 0);
    device = withPasscode(device, 'two', 0);
    expect(() => withPasscode(device, 'two', 0)).toThrow(refused('used-before'));
    expect(() => withPasscode(device, 'one', 0)).toThrow(refused('used-before'));
    device = withPasscode(device, undefined, 0);
    expect(() => withPasscode(device, 'one', 0)).toThrow(refused('used-before'));
    device = withPasscode(device, 'three', 0);
    expect(withPasscode(device, 'one', 0).condition.passcode).toBe('one');
  });

  it('keeps as many as any policy may ask for, and knows one from before they were kept', () => {
    let device = deviceWith();
    for (let index = 0; index < 60; index++) device = withPasscode(device, `code ${index}`, 0);
    expect(device.condition.passcodesUsed).toHaveLength(50);
    const old = { ...deviceWith({ historyLength: 5 }) };
    const before = { ...old, condition: { ...old.condition, passcode: 'old' } };
    expect(() => withPasscode(before, 'old', 0)).toThrow(refused('used-before'));
  });

  it('never names the passcode in its refusal', () => {
    try {
      withPasscode(deviceWith({ minLength: 16 }), 'very-secret', 0);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([String(error), error])).not.toContain('very-secret');
    }
  });
});
