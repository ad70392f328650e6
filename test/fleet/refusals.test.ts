// What a fleet tells of devices that an authority does not let enroll: each cause apart, with its code of docs/enrollment.md.
import { expect, it } from 'vitest';
import { agentError } from '../../agent/errors.js';
import { silentLog } from '../../base/log.js';
import { leadRun } from '../../fleet/coordinator/lead.js';
import { reasonOf, refusalOf } from '../../fleet/engine/failure.js';
import { casesOf } from '../../fleet/report/cases.js';
import { failedCsvRow } from '../../fleet/report/failed-csv.js';
import { readScenario } from '../../fleet/scenario/read.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { deviceKeys } from '../support/keys.js';
import { openTarget } from './stub.js';

it('a fleet that is refused for several causes counts and tells each of them, and a threshold on the code counts all', async () => {
  const restriction = { id: 'default', displayName: 'Default', kind: 'platforms', priority: 0, groups: [] } as const;
  const { authority, target } = await openTarget(1, {
    ...defaultTenant({ authority: 'intune', users: 1, settings: { deviceLimitPerUser: 1 } }),
    restrictions: [{ ...restriction, platforms: { android: { blocked: true } } }],
  });
  const plan = readScenario(`
name: t
seed: t
devices: { ios: 2, android: 3, users: { count: 1 }, keys: { pool: 2 } }
phases: [enroll]
thresholds: ["enroll{code=ENROLL_REFUSED}.failures == 4", "enroll.failures == 4"]
`);
  const summary = await leadRun({
    plan,
    openTarget: async () => target,
    signal: new AbortController().signal,
    log: silentLog,
    keysFolder: deviceKeys(2).folder,
  });
  expect(summary.verdicts.map(({ passed }) => passed)).toEqual([true, true]);
  expect(summary.steps[0]?.errors).toEqual([
    { code: 'ENROLL_REFUSED E11', count: 3, words: expect.stringMatching(/E11: .*blocked.*administrator/) },
    { code: 'ENROLL_REFUSED E17', count: 1, words: expect.stringMatching(/E17: .*1 devices.*raise the limit/) },
  ]);
  expect(
    authority.tenant
      .failures()
      .map(({ code }) => code)
      .sort(),
  ).toEqual(['E11', 'E11', 'E11', 'E17']);
  const [enroll] = casesOf(summary);
  expect(enroll?.remark).toBe(
    '4 of 5 failed: ENROLL_REFUSED E11 x 3, ENROLL_REFUSED E17 x 1, which a threshold allows',
  );
  const [case1] = casesOf({ ...summary, verdicts: [] });
  expect(case1?.outcome).toMatchObject({ type: 'ENROLL_REFUSED' });
  const indexes = summary.failedDevices.filter(({ refusal }) => refusal === 'E11').map(({ index }) => index);
  expect(case1?.outcome?.body).toMatch(
    `the authority said: E11: This platform is blocked.\n  devices ${indexes.join(', ')}\n`,
  );
  const [failure] = summary.failedDevices.filter(({ refusal }) => refusal === 'E17');
  expect(failure && failedCsvRow(failure, 't')).toMatch(/,ENROLL_REFUSED,.*,"?E17: The user has 1 devices/);
});

it('what another server calls its refusal is told, and is no code of ours', () => {
  const refused = (details: object) => agentError('ENROLL_REFUSED', 'no', { details: { ...details } });
  const [ours, theirs] = [
    refused({ code: 'E06', failureReason: 'Too old.' }),
    refused({ code: 'com.example.no', failureReason: 'Not today.' }),
  ];
  expect([refusalOf(ours), reasonOf(ours)]).toEqual(['E06', 'E06: Too old.']);
  expect([refusalOf(theirs), reasonOf(theirs)]).toEqual([undefined, 'Not today.']);
  expect(refusalOf(agentError('ENROLL_FAILED', 'no', { details: { code: 'E06' } }))).toBeUndefined();
});
