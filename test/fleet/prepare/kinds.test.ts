import { expect, it } from 'vitest';
import { givenBy } from '../../../fleet/prepare/kinds.js';
import { readTenantFile } from '../../../server-stub/index.js';

const given = givenBy(
  readTenantFile(`
authority: intune
users:
  - { upn: "user{1..3}@contoso.example" }
  - { upn: ada@contoso.example, displayName: Ada }
  - { upn: bob@contoso.example, displayName: Robert }
  - { upn: cleo@contoso.example }
  - { upn: staff@contoso.example, displayName: Staff }
  - { upn: ios@contoso.example, displayName: Phones }
profiles:
  - { name: Wi-Fi of the staff, authority: intune, kind: wifi, ssid: Lobby, security: none }
`),
);
const of = (name: string): string => given(`${name}@contoso.example`);

it('people who are given the same are of a kind, whatever they are called', () => {
  expect([of('user2'), of('USER3'), of('cleo')]).toEqual([of('user1'), of('user1'), of('user1')]);
  expect(of('bob')).toBe(of('ada'));
});

it('whose name is two of his words at once is not the example of those of whom it is one', () => {
  expect(of('ada')).not.toBe(of('cleo'));
});

it('whose name stands elsewhere in the tenant, or in any record, is the example of nobody else', () => {
  for (const name of ['staff', 'ios']) expect(of(name)).not.toBe(of('bob'));
  expect(of('staff')).not.toBe(of('ios'));
});
