// Coexistence with licences that overlap: had directly and by groups, nested and excluded, given and taken before anybody checks in.
import { expect, it } from 'vitest';
import { assignLicence, enableCoexistence, licenceCount, license } from '../support/coexistence.js';
import { basic, enrolled, history, intune, pushes, reach, tenantFile, wifi } from '../support/rules.js';
import { openStage, type Stage } from '../support/stage.js';

const upn = (name: string) => `${name}@contoso.example`;
const people = ['ann', 'ben', 'cem', 'dee'] as const;
const groupsOf = { ann: ['First', 'Second', 'Eng'], ben: ['First'], cem: ['Eng'], dee: ['Inner'] };
const tenant = tenantFile({
  licences: { [basic]: 10, [intune]: 3 },
  groups: [
    { id: 'first', name: 'First' },
    { id: 'second', name: 'Second' },
    { id: 'inner', name: 'Inner', memberOf: ['First', 'Eng'] },
    { id: 'out', name: 'Contractors' },
  ],
  users: people.map((name) => ({ id: name, upn: upn(name), licences: [basic], groups: groupsOf[name] })),
  profiles: [
    wifi('W', 'office365', 'bms'),
    wifi('Guests', 'office365', 'bms-guests'),
    wifi('W', 'intune', 'intune'),
    wifi('Eng', 'intune', 'intune-eng', { assign: { groups: ['Eng'], exclude: ['Contractors'] } }),
  ],
});
const bms = ['bms', 'bms-guests'];

async function put(stage: Stage, group: string, member: string): Promise<number> {
  const body = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${member}` };
  return (await stage.admin('POST', `/v1.0/groups/${group}/members/$ref`, body)).status;
}
async function take(stage: Stage, group: string, member: string): Promise<void> {
  expect((await stage.admin('DELETE', `/v1.0/groups/${group}/members/${member}/$ref`)).status).toBe(204);
}
const licenseGroup = async (stage: Stage, group: string, change: Parameters<typeof assignLicence>[2]) =>
  (await assignLicence(stage, `groups/${group}`, change)).status;
const used = async (stage: Stage) => (await licenceCount(stage, intune)).consumed;

it('whoever has the licence in one of several ways keeps it until the last of them is gone', async () => {
  const stage = await openStage(tenant);
  const ann = await enrolled(stage.on('ios'), 1, upn('ann'));
  const ben = await enrolled(stage.on('windows'), 2, upn('ben'));
  const dee = await enrolled(stage.on('android'), 3, upn('dee'));
  expect(await licenseGroup(stage, 'first', { add: [intune] })).toBe(202);
  expect(await used(stage)).toBe(2); // not Dee, whose group is within the licensed one
  expect((await enableCoexistence(stage)).status).toBe(200);
  for (const device of [ann, ben, dee]) await device.checkIn();
  expect([reach(ann), reach(ben), reach(dee)]).toEqual([['intune', 'intune-eng'], ['intune'], bms]);
  const sent = await pushes(stage);

  await license(stage, 'ann', { add: [intune] });
  expect(await licenseGroup(stage, 'second', { add: [intune] })).toBe(202);
  expect(await used(stage)).toBe(2); // three times the same user is once
  expect(await licenseGroup(stage, 'first', { remove: [intune] })).toBe(202);
  await ann.checkIn();
  await ben.checkIn();
  expect([reach(ann), reach(ben)]).toEqual([['intune', 'intune-eng'], bms]);
  await license(stage, 'ann', { remove: [intune] });
  await ann.checkIn();
  expect(reach(ann)).toEqual(['intune', 'intune-eng']); // by Second
  await take(stage, 'second', 'ann');
  await ann.checkIn();
  expect([reach(ann), await used(stage)]).toEqual([bms, 0]);

  for (const member of ['ann', 'ben', 'cem']) expect(await put(stage, 'second', member)).toBe(204);
  const known = await history(stage);
  expect(await put(stage, 'second', 'dee')).toBe(400); // it would be a fourth licence of three
  expect([await used(stage), await history(stage)]).toEqual([3, known]);

  // Cem enrolls by the group's licence alone. An exclusion wins, also through a group within the excluded one.
  await license(stage, 'cem', { remove: [basic] });
  const cem = await enrolled(stage.on('android'), 4, upn('cem'));
  expect(reach(cem)).toEqual(['intune', 'intune-eng']);
  expect(await put(stage, 'out', 'second')).toBe(204);
  await cem.checkIn();
  await ann.checkIn();
  expect([reach(cem), reach(ann)]).toEqual([['intune'], ['intune']]);
  expect((await stage.admin('DELETE', '/v1.0/groups/second')).status).toBe(400); // it has licences
  expect((await stage.admin('DELETE', '/v1.0/groups/out')).status).toBe(204);
  await cem.checkIn();
  expect(reach(cem)).toEqual(['intune', 'intune-eng']);

  // Ben, who was away, had the licence and lost it again: for him nothing happened.
  expect(await licenseGroup(stage, 'second', { remove: [intune] })).toBe(202);
  for (const device of [ann, ben, cem]) await device.checkIn();
  expect([reach(ann), reach(ben), reach(cem)]).toEqual([bms, bms, bms]);
  const of = (why: string) => (each: Record<string, unknown>) => each['why'] === why;
  expect((await pushes(stage)).filter(of('change'))).toEqual(sent.filter(of('change'))); // C9: of coexistence alone
  for (const row of await history(stage)) expect(row['waiting']).toBe(0);
});
