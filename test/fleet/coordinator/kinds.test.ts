// Steps that no other test takes over the wire: one small mixed fleet, one step after another.
import { expect, it } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { leadRun } from '../../../fleet/coordinator/lead.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { deviceKeys } from '../../support/keys.js';
import { openTarget } from '../stub.js';

const dayMs = 86_400_000;

it('a mixed fleet gets a change, is woken, is wiped and enrolls again, coexists, is moved by licences, renews and is retired', async () => {
  const { authority, target } = await openTarget(
    3,
    defaultTenant({ authority: 'office365', users: 3, settings: { renewBeforeMs: 364 * dayMs } }),
  );
  const plan = readScenario(`
name: t
seed: t
authority: office365
devices: { ios: 1, windows: 1, android: 1, users: { devicesEach: 1 }, keys: { pool: 2 } }
phases:
  - enroll
  - check-in: { expect: [email, wifi] }
  - change: { profile: Contoso Wi-Fi, set: { ssid: Contoso-2 } }
  - herd
  - churn
  - check-in: { name: again, expect: [wifi] }
  - coexistence
  - check-in: { name: both, managed-by: intune }
  - licences: { remove: SPB }
  - check-in: { name: back, managed-by: office365 }
  - clock: 2d
  - renew
  - retire
`);
  const summary = await leadRun({
    plan,
    openTarget: async () => target,
    signal: new AbortController().signal,
    log: silentLog,
    keysFolder: deviceKeys(2).folder,
  });
  const counted = summary.steps.map(({ name, counts, errors }) => {
    const { passed = 0, moved = 0, unconcerned = 0 } = counts;
    return [name, passed, moved, unconcerned, ...errors.map(({ code, words }) => `${code}: ${words}`)];
  });
  expect([summary.problem, ...counted]).toEqual([
    undefined,
    ['enroll', 3, 0, 0],
    ['check-in', 3, 0, 0],
    ['change', 3, 3, 0],
    ['herd', 3, 0, 0],
    ['churn', 3, 0, 0],
    ['again', 3, 0, 0],
    ['coexistence', 0, 0, 0],
    ['both', 3, 0, 0],
    ['licences', 0, 0, 3], // nobody is woken (C9)
    ['back', 3, 0, 0],
    ['clock', 0, 0, 0],
    ['renew', 3, 2, 0], // Android has no certificate of its own
    ['retire', 3, 0, 0],
  ]);
  expect(summary.outcome).toBe('passed');
  expect(authority.tenant.devices().filter(({ status }) => status === 'enrolled')).toEqual([]);
});
