import { expect, it } from 'vitest';
import { companyPortalHeader, companyPortalOf, enrollmentWay } from '../../protocol/enrollment-header.js';

const portal = (version: string) => companyPortalOf({ [companyPortalHeader.toLowerCase()]: version });

it('an enrollment that says it starts in a Company Portal has a version, however that is written', () => {
  expect(companyPortalOf({})).toBeUndefined();
  expect([' 5.2410.1 ', '5.2410.1-beta', '5.2410.', 'new', '', '12345678901.2'].map(portal)).toEqual([
    '5.2410.1',
    '5.2410.1',
    '5.2410',
    '0',
    '0',
    '0',
  ]);
});

it('a platform takes its own ways of enrolling from the header, and no other’s', () => {
  expect(enrollmentWay(' automated ', ['user', 'automated'])).toBe('automated');
  expect(enrollmentWay('autopilot', ['user', 'automated'])).toBeUndefined();
  expect(enrollmentWay(undefined, ['user'])).toBeUndefined();
});
