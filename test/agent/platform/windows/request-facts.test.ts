import { expect, it } from 'vitest';
import { enrollmentItems } from '../../../../agent/platform/windows/request-facts.js';
import { someState } from './some-device.js';

const hardware = ['Manufacturer', 'DeviceModel', 'SerialNumber'];

it.each([
  ['19043.928', []],
  ['19045.4597', []],
  ['19045.4598', hardware],
  ['22000.194', []],
  ['22598.1', []],
  ['22621.3373', []],
  ['22631.3374', hardware],
  ['26100.1', hardware],
  ['26200', hardware],
])('%s tells %j of the hardware when it enrolls', (osBuild, told) => {
  const state = someState();
  const facts = { ...state.facts, osBuild, osVersion: `10.0.${osBuild}` };
  const items = (isByAutopilot: boolean) =>
    enrollmentItems(
      { ...state, facts },
      { enrollmentType: 'Full', isByPerson: true, isByAutopilot, requestVersion: '5.0' },
    );
  const names = (isByAutopilot: boolean) => items(isByAutopilot).map(([name]) => name);
  expect(names(false).filter((name) => hardware.includes(name))).toEqual(told);
  expect(names(true)).toContain('SerialNumber');
  expect(names(false).includes('RequestVersion')).toBe(!osBuild.startsWith('19'));
});
