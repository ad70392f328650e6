import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../base/log.js';
import type { Authority, Command, Outcome } from '../../../protocol/vocabulary.js';
import type { CompliancePolicy } from '../../../server-stub/core/compliance-types.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { temporaryFolder } from '../../support/programs.js';
import { dayMs, hourMs, open, refusal, user } from './support.js';

const policy = (change: Partial<CompliancePolicy> = {}): CompliancePolicy => ({
  id: 'pin',
  authority: 'intune',
  name: 'PIN',
  pin: true,
  encryption: false,
  graceMs: 0,
  assignment: { to: 'all', except: [] },
  ...change,
});

const managedBy = (authority: Authority, ...compliance: CompliancePolicy[]): Partial<TenantConfig> => ({
  authority,
  compliance,
  profiles: [],
  pushCertificate: {},
});

/** As a device answers that has this. */
const telling =
  (facts: Record<string, unknown>) =>
  (command: Command): Outcome => ({ status: 'done', ...(command.kind === 'inventory' && { data: facts }) });

const withPin = telling({ hasPasscode: true });
const withoutPin = telling({ hasPasscode: false });

describe('compliance is judged', () => {
  test('by what the device tells: without a policy, and before it has told anything, nothing is known', async () => {
    const { tenant, enroll, session } = open(managedBy('intune', policy()));
    enroll('pc');
    expect(tenant.complianceOf('pc').state).toBe('unknown');
    session('pc');
    expect(tenant.complianceOf('pc').state).toBe('unknown');
    session('pc', withPin);
    expect(tenant.complianceOf('pc')).toEqual({ state: 'compliant', violated: [] });
    session('pc', withoutPin);
    expect(tenant.complianceOf('pc')).toMatchObject({ state: 'noncompliant', violated: ['PIN: pin'] });
    tenant.removeCompliancePolicy('pin');
    expect(tenant.complianceOf('pc').state).toBe('unknown');
    expect(tenant.complianceOf('nobody').state).toBe('unknown');
  });

  test('once in each session, where a policy applies, by one question more; else by none', async () => {
    const { tenant, enroll, session } = open(managedBy('intune', policy({ platforms: ['windows'] })));
    enroll('pc');
    enroll('tablet', 'ben', 'android');
    session('pc');
    session('tablet');
    expect([session('pc'), session('tablet')]).toEqual([['inventory'], []]);
    tenant.openSession('pc'); // it is not answered
    tenant.openSession('pc');
    expect(tenant.commands('pc').filter(({ status }) => status === 'waiting')).toHaveLength(1);
    tenant.putCompliancePolicy(policy({ pin: false }));
    expect(session('pc')).toEqual(['inventory']);
    expect(session('pc')).toEqual([]);
  });

  test('without the answers pushing those of administrators out of the list', async () => {
    const { tenant, enroll, session } = open(managedBy('intune', policy()));
    enroll('pc');
    tenant.queue('pc', { kind: 'lock' });
    for (let count = 0; count < 40; count++) session('pc', withPin);
    expect(tenant.commands('pc').map(({ command }) => command.kind)).toEqual(['inventory', 'lock', 'inventory']);
  });

  test('clause by clause: one whose fact is never told is not judged', async () => {
    const { tenant, enroll, session } = open(managedBy('intune', policy({ encryption: true })));
    enroll('tablet', 'ada', 'android');
    session('tablet', withPin);
    expect(tenant.complianceOf('tablet').state).toBe('compliant');
    session('tablet', telling({ isEncrypted: false, hasPasscode: 'yes' }));
    expect(tenant.complianceOf('tablet')).toMatchObject({ state: 'noncompliant', violated: ['PIN: encryption'] });
    expect(tenant.device('tablet')?.facts).toEqual({ hasPasscode: true, isEncrypted: false });
  });

  test('for whom the policy is assigned, as their groups are now', async () => {
    const { tenant, enroll, session } = open({
      ...managedBy('intune', policy({ assignment: { to: { users: [], groups: ['sales'] }, except: ['bosses'] } })),
      groups: ['sales', 'bosses'].map((id) => ({ id, displayName: id, groups: [], products: [] })),
      users: [user('ada')],
    });
    enroll('pc');
    session('pc', withPin);
    expect(session('pc')).toEqual([]);
    expect(tenant.complianceOf('pc').state).toBe('unknown');
    tenant.addMembers('sales', ['id-ada'], 'admin');
    session('pc', withoutPin);
    expect(tenant.complianceOf('pc').state).toBe('noncompliant');
    tenant.addMembers('bosses', ['id-ada'], 'admin');
    expect(tenant.complianceOf('pc').state).toBe('unknown');
  });

  test('not by intune where ConfigMgr keeps compliance', async () => {
    const { tenant, enroll, session } = open({
      ...managedBy('intune', policy()),
      comanagement: [{ userId: 'id-ada', serial: 'S-pc', workloads: ['resourceAccess'] }],
    });
    enroll('pc');
    session('pc', withoutPin);
    expect(tenant.complianceOf('pc').state).toBe('unknown');
    tenant.comanage('pc', 'ada@contoso.example', ['compliancePolicies'], 'admin');
    session('pc', withoutPin);
    expect(tenant.complianceOf('pc').state).toBe('noncompliant');
  });

  test('with grace: let pass until its end, which a deadline meets', async () => {
    const { tenant, enroll, session, clock } = open(managedBy('intune', policy({ graceMs: dayMs })));
    enroll('pc');
    session('pc', withoutPin);
    const graceEndsAt = clock.now() + dayMs;
    expect(tenant.complianceOf('pc')).toMatchObject({ state: 'inGracePeriod', graceEndsAt });
    await clock.advance(hourMs);
    session('pc', withoutPin);
    tenant.putCompliancePolicy(policy({ graceMs: dayMs, name: 'other' }));
    expect(tenant.complianceOf('pc')).toMatchObject({ graceEndsAt, violated: ['other: pin'] });
    const seen = tenant.lastEvent();
    await clock.advance(23 * hourMs);
    const { events } = tenant.eventsAfter(seen, 100);
    expect(events.filter(({ type }) => type === 'compliance')).toMatchObject([
      { deviceId: 'pc', from: 'inGracePeriod', state: 'noncompliant', at: graceEndsAt },
    ]);
    expect(tenant.complianceOf('pc').graceEndsAt).toBeUndefined();
    session('pc', withPin);
    session('pc', withoutPin);
    expect(tenant.complianceOf('pc').graceEndsAt).toBe(clock.now() + dayMs);
  });

  test('no deadline is left of a device that is gone', () => {
    const { tenant, enroll, session, clock } = open(managedBy('intune', policy({ graceMs: dayMs })));
    enroll('pc');
    session('pc', withoutPin);
    tenant.unenroll('pc', 'left');
    expect(clock.pending).toBe(0);
    enroll('pc');
    expect(tenant.complianceOf('pc').state).toBe('unknown');
  });

  test('of several policies by the shortest grace', async () => {
    const { tenant, enroll, session, clock } = open(
      managedBy('intune', policy({ graceMs: 2 * dayMs }), policy({ id: 'b', name: 'B', graceMs: dayMs })),
    );
    enroll('pc');
    session('pc', withoutPin);
    expect(tenant.complianceOf('pc')).toMatchObject({
      graceEndsAt: clock.now() + dayMs,
      violated: ['PIN: pin', 'B: pin'],
    });
  });

  test('by the policies of the tenant as it was replaced', async () => {
    const { tenant, enroll, session } = open(managedBy('intune', policy()));
    enroll('pc');
    session('pc', withoutPin);
    expect(tenant.replace({ ...tenant.config(), compliance: [policy({ name: 'Other' })] }, 'admin')).toHaveLength(1);
    expect(tenant.complianceOf('pc').violated).toEqual(['Other: pin']);
  });

  test('policies are named once per authority and platform, of an authority that has some', async () => {
    const { tenant } = open(managedBy('intune', policy({ platforms: ['windows'] })));
    const put = (change: Partial<CompliancePolicy>) =>
      refusal(() => tenant.putCompliancePolicy(policy({ id: 'new', ...change })));
    expect(put({})).toBe('REQUEST_INVALID');
    expect(put({ authority: 'sccm' })).toBe('REQUEST_INVALID');
    expect(put({ graceMs: -1, platforms: ['ios'] })).toBe('REQUEST_INVALID');
    expect([put({ platforms: ['ios'] }), put({ id: 'third', authority: 'office365' })]).toEqual(['none', 'none']);
    expect(tenant.compliancePolicies().map(({ id }) => id)).toEqual(['pin', 'new', 'third']);
  });
});

describe('the console of the authority', () => {
  const old = policy({ id: 'old', authority: 'office365', name: 'Old' });

  async function moved(lag: number | readonly [number, number], answer = withoutPin) {
    const bench = open({
      ...managedBy('office365', policy(), old),
      settings: { ...defaultSettings, complianceConsoleLagMs: lag },
    });
    bench.enroll('pc');
    bench.session('pc', withPin);
    bench.tenant.setAuthority('intune', 'admin');
    await bench.clock.advance(hourMs);
    bench.session('pc', answer);
    return bench;
  }
  const shown = ({ tenant }: Pick<ReturnType<typeof open>, 'tenant'>) => {
    const { state, console } = tenant.complianceOf('pc');
    return [state, console?.state ?? state];
  };

  test('shows for seven days what was before a compliance that changed in the session of a move', async () => {
    const bench = await moved(7 * dayMs);
    expect(shown(bench)).toEqual(['noncompliant', 'compliant']);
    await bench.clock.advance(7 * dayMs - 1);
    bench.session('pc', withoutPin);
    expect(shown(bench)).toEqual(['noncompliant', 'compliant']);
    const seen = bench.tenant.lastEvent();
    await bench.clock.advance(1);
    expect(bench.tenant.eventsAfter(seen, 100).events).toMatchObject([{ type: 'compliance', console: 'noncompliant' }]);
    expect(shown(bench)).toEqual(['noncompliant', 'noncompliant']);
  });

  test('goes on with that whatever a policy is called, and lags no longer where another move follows', async () => {
    const bench = await moved(7 * dayMs);
    const until = bench.clock.now() + 7 * dayMs;
    bench.tenant.putCompliancePolicy(policy({ name: 'Other' }));
    expect(bench.tenant.complianceOf('pc')).toMatchObject({ violated: ['Other: pin'], console: { until } });
    await bench.clock.advance(dayMs);
    bench.tenant.putCompliancePolicy({ ...old, graceMs: 30 * dayMs });
    bench.tenant.setAuthority('office365', 'admin');
    bench.session('pc', withoutPin);
    expect(bench.tenant.complianceOf('pc')).toMatchObject({
      state: 'inGracePeriod',
      console: { state: 'compliant', until },
    });
  });

  test('shows at once what changes in any other session, or by a policy', async () => {
    const bench = await moved(7 * dayMs, withPin);
    expect(shown(bench)).toEqual(['compliant', 'compliant']);
    bench.session('pc', withoutPin);
    expect(shown(bench)).toEqual(['noncompliant', 'noncompliant']);
    const lagging = await moved(7 * dayMs);
    lagging.tenant.removeCompliancePolicy('pin');
    expect(shown(lagging)).toEqual(['unknown', 'unknown']);
  });

  test('has nothing to catch up with where the device is again as it was', async () => {
    const bench = await moved(7 * dayMs);
    bench.session('pc', withPin);
    expect(bench.tenant.complianceOf('pc')).toEqual({ state: 'compliant', violated: [] });
  });

  test('has nothing to catch up with where the session of the move ends as it began', async () => {
    const bench = open({ ...managedBy('office365', policy(), old), settings: { ...defaultSettings } });
    bench.enroll('pc');
    bench.session('pc', withPin);
    bench.tenant.setAuthority('intune', 'admin');
    bench.tenant.queue('pc', { kind: 'inventory' });
    const answers = [false, true].map((hasPasscode) => telling({ hasPasscode }));
    bench.session('pc', (command) => (answers.shift() ?? withPin)(command));
    expect(answers).toEqual([]);
    expect(bench.tenant.complianceOf('pc')).toEqual({ state: 'compliant', violated: [] });
  });

  test('lags behind as long as the tenant says: not at all, or each device for a time of its own', async () => {
    expect(shown(await moved(0))).toEqual(['noncompliant', 'noncompliant']);
    const bench = await moved([dayMs, 7 * dayMs]);
    const until = bench.tenant.complianceOf('pc').console?.until ?? 0;
    expect(until - bench.clock.now()).toBeGreaterThanOrEqual(dayMs);
    expect(until - bench.clock.now()).toBeLessThan(7 * dayMs);
  });

  test('outlives a restart, as does a grace', async () => {
    const folder = join(temporaryFolder(), 'data');
    const settings = { ...defaultSettings, complianceConsoleLagMs: 7 * dayMs };
    const change = { ...managedBy('office365', policy({ graceMs: dayMs }), old), settings };
    const first = open(change, openJournal(folder, silentLog));
    first.enroll('pc');
    first.session('pc', withPin);
    first.tenant.setAuthority('intune', 'admin');
    first.session('pc', withoutPin);
    const before = first.tenant.complianceOf('pc');
    expect(before).toMatchObject({ state: 'inGracePeriod', console: { state: 'compliant' } });
    await first.tenant.close();
    const second = open(change, openJournal(folder, silentLog), first.clock);
    expect(second.tenant.device('pc')?.compliance).toEqual(before);
    expect(second.tenant.compliancePolicies()).toHaveLength(2);
    const seen = second.tenant.lastEvent();
    await first.clock.advance(dayMs);
    const { events } = second.tenant.eventsAfter(seen, 100);
    expect(events.filter(({ type }) => type === 'compliance')).toMatchObject([{ state: 'noncompliant' }]);
    await second.tenant.close();
  });
});
