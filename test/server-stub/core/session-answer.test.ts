// C4: a session ends under the answer to "who manages?" with which it began; what changes meanwhile counts from the next one.
import { describe, expect, test } from 'vitest';
import { assigned, type Bench, open, user, wifi } from './support.js';

const basic = 'O365_BUSINESS_ESSENTIALS';
const staff = { id: 'staff', displayName: 'Staff', groups: [], products: [] };

/** The PC of somebody whom office365 manages, in the midst of a session in which two settings are to come. */
function inSession(): Bench {
  const bench = open({ authority: 'intune', coexistence: true, groups: [staff], users: [user('ada', [basic])] });
  bench.enroll('PC');
  bench.session('PC');
  for (const name of ['third', 'fourth']) bench.tenant.putProfile(assigned('office365', wifi(name)));
  bench.tenant.openSession('PC');
  answerNext(bench, '+third');
  return bench;
}

function answerNext({ tenant }: Bench, expected: string): void {
  const next = tenant.next('PC');
  expect(next?.command.kind === 'install-profile' ? `+${next.command.profile.name}` : next).toBe(expected);
  if (next !== undefined) tenant.report('PC', next.id, { status: 'done' });
}

describe('in the midst of a session', () => {
  test.each<[what: string, change: (bench: Bench) => unknown]>([
    ['a licence', ({ tenant }) => tenant.assignLicences('id-ada', { add: ['INTUNE_A'], remove: [] }, 'admin')],
    [
      'a group with a licence',
      ({ tenant }) => {
        tenant.addMembers('staff', ['id-ada'], 'admin');
        tenant.assignGroupLicences('staff', { add: ['INTUNE_A'], remove: [] }, 'admin');
      },
    ],
    ['co-management', ({ tenant }) => tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess'], 'admin')],
  ])('%s changes nothing until the next one', (_, change) => {
    const bench = inSession();
    change(bench);
    answerNext(bench, '+fourth');
    expect(bench.tenant.next('PC')).toBeUndefined();
    expect(bench.tenant.device('PC')?.managedBy).toBe('office365');
    expect(bench.held('PC').every((held) => held.endsWith('(office365)'))).toBe(true);
    expect(bench.session('PC')).toEqual(['-old only', '-third', '-fourth', '+both', '+new only']);
    expect(bench.held('PC')).toEqual(['both (intune)', 'new only (intune)']);
  });

  test('a workload that is taken back takes nothing back of what is on its way', () => {
    const { tenant, enroll, session, held } = open({ authority: 'intune' });
    enroll('PC');
    tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess'], 'admin');
    tenant.openSession('PC');
    tenant.comanage('PC', 'ada@contoso.example', [], 'admin');
    const asked: string[] = [];
    for (let next = tenant.next('PC'); next !== undefined; next = tenant.next('PC')) {
      asked.push(next.command.kind);
      tenant.report('PC', next.id, { status: 'done' });
    }
    expect(asked).toEqual(['inventory', 'install-profile', 'install-profile']);
    expect(session('PC')).toEqual([]);
    expect(held('PC')).toEqual(['both (intune)', 'new only (intune)']);
  });
});
