// docs/enrollment.md and docs/admin.md say what the code does; and what a failure's resources lead to is there.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { outsideBms } from '../../../server-stub/admin/bms-subset.js';
import { failureRows } from '../../../server-stub/admin/enrollment-failures.js';
import { failureCodes, resourcesOf } from '../../../server-stub/core/failures.js';
import * as dialects from '../../../server-stub/registry.js';
import { bearer, openAdmin, tokens } from './support.js';

const docs = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const served = Object.values(dialects);
const words = new Map(served.map(({ name, graph }) => [name, graph]));
const traits = new Map(served.map((each) => [each.name, each.traits]));

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`.replaceAll(' --- ', '---'))
    .join('\n');

test('docs/enrollment.md has the failures in their order, as the core judges them', () => {
  const all = words.size;
  const rows = failureRows(traits, words).map(({ code, platforms, checks, failureCategory }) => [
    code,
    platforms.length === all ? 'all' : platforms.join(', '),
    checks,
    failureCategory,
  ]);
  expect(rows.map(([code]) => code).sort()).toEqual([...failureCodes]);
  expect(docs('enrollment.md')).toContain(table(['code', 'platforms', 'what is checked', 'failureCategory'], rows));
});

test('docs/enrollment.md has the least versions that hold where a tenant sets none', () => {
  const rows = served.map(({ graph, traits: { minimumOs = '–', minimumCompanyPortal = '–' } }) => [
    graph.operatingSystem,
    minimumOs,
    minimumCompanyPortal,
  ]);
  expect(docs('enrollment.md')).toContain(table(['platform', 'operating system (E06)', 'Company Portal (E05)'], rows));
});

test('docs/admin.md has what lies outside of Basic Mobility and Security (B7)', () => {
  const rows = Object.values(outsideBms).map((row) => [
    `${row.what}${'isLater' in row ? ' (comes with a later version)' : ''}`,
    row.why,
  ]);
  expect(docs('admin.md')).toContain(table(['what', 'why'], rows));
});

test.each(['intune', 'office365'] as const)('E22: each resource of each failure opens under %s', async (authority) => {
  const { raw } = await openAdmin({ authority }, { words, traits });
  const resources = new Set(failureCodes.flatMap((code) => resourcesOf(code, authority)));
  expect(resources.size).toBeGreaterThan(failureCodes.length);
  for (const resource of resources) {
    const path = resource.replace('{user}', 'id-ada');
    const { status } = await raw(path, bearer(tokens.administrator));
    expect(`${path} ${status}`).toBe(`${path} 200`);
  }
});

test('T2, E23: a user’s failures are newest first, with start, explanation, remedies and resources that open', async () => {
  const { graph, tenant, clock, raw } = await openAdmin({ authority: 'intune' }, { words, traits });
  await graph()
    .api('/deviceManagement/deviceEnrollmentConfigurations/tenant_DefaultPlatformRestrictions')
    .patch({ windowsRestriction: { platformBlocked: true }, androidRestriction: { platformBlocked: true } });
  const startedAt = clock.now() - 60_000;
  const attempt = { serial: 'S', userId: 'id-ada', osVersion: '10.0.22631', startedAt };
  expect(() => tenant.enroll({ ...attempt, platform: 'windows', deviceId: 'pc', enrollmentType: 'joined' })).toThrow();
  await clock.advance(1000);
  expect(() => tenant.enroll({ ...attempt, platform: 'android', deviceId: 'phone', osVersion: '14' })).toThrow();
  expect(() => tenant.admit({ platform: 'windows', user: 'nobody@contoso.example' })).toThrow();
  const path = '/users/ada@contoso.example/deviceManagementTroubleshootingEvents';
  const { value } = await graph('helpDesk').api(path).get();
  expect(value).toMatchObject([
    { deviceId: 'phone', operatingSystem: 'Android', osVersion: '14', enrollmentType: 'userEnrollment' },
    {
      deviceId: 'pc',
      operatingSystem: 'Windows',
      userId: 'id-ada',
      enrollmentType: 'windowsAzureADJoin',
      eventDateTime: '2026-11-21T08:00:00.000Z',
      failureCategory: 'enrollmentRestrictionsEnforced',
      rollcall: {
        code: 'E11',
        startDateTime: '2026-11-21T07:59:00.000Z',
        userPrincipalName: 'ada@contoso.example',
        explanation: expect.stringMatching(/platform/),
        remedies: expect.stringMatching(/administrator/),
      },
    },
  ]);
  for (const address of value[1].rollcall.resources) {
    const { pathname } = new URL(address);
    expect((await raw(pathname, bearer(tokens.administrator))).status).toBe(200);
  }
  const one = await graph().api(`/deviceManagement/troubleshootingEvents/${value[0].id}`).get();
  expect(one).toEqual({ '@odata.context': one['@odata.context'], ...value[0] });
  const beta = await raw(`/beta/deviceManagement/troubleshootingEvents/${value[1].id}`, bearer(tokens.helpDesk));
  const { explanation, remedies, resources } = value[1].rollcall;
  expect(beta.body).toMatchObject({
    ...value[1],
    troubleshootingErrorDetails: {
      failure: value[1].failureReason,
      failureDetails: explanation,
      remediation: remedies,
      resources: resources.map((link: string) => ({ text: new URL(link).pathname, link })),
    },
  });
  const all = graph().api('/deviceManagement/troubleshootingEvents');
  expect((await all.filter("rollcall/code eq 'E11' and operatingSystem eq 'Windows'").get()).value).toHaveLength(1);
  expect((await raw(`/v1.0${path}`, bearer(tokens.reader))).status).toBe(403);
  expect((await raw(`/v1.0${path.replace('ada', 'nobody')}`, bearer(tokens.administrator))).status).toBe(404);
});

test('an unknown field or word in a filter is 400, and no empty list', async () => {
  const { raw } = await openAdmin({ authority: 'intune' }, { words, traits });
  const lists: Record<string, readonly string[]> = {
    '/v1.0/deviceManagement/managedDevices': [
      "operatingSystem eq 'BeOS'",
      "complianceState eq 'fine'",
      "managementAgent eq 'microsoft365ManagedMdm'",
      "managedDeviceOwnerType ne 'mine'",
      "deviceEnrollmentType eq 'magic'",
      "not (managementState eq 'happy')",
      "exchangeAccessState eq 'open'",
      "enrolledDateTime gt 'yesterday'",
      "colour eq 'red'",
      "rollcall/colour eq 'red'",
    ],
    '/v1.0/devices': ["operatingSystem eq 'BeOS'", "trustType eq 'none'"],
    '/v1.0/deviceManagement/troubleshootingEvents': [
      "failureCategory eq 'badLuck'",
      "enrollmentType eq 'magic'",
      "operatingSystem eq 'BeOS'",
      "rollcall/code eq 'E99'",
    ],
    '/v1.0/users/id-ada/deviceManagementTroubleshootingEvents': ["failureCategory eq 'badLuck'"],
    '/v1.0/users/id-ada/managedDevices': ["complianceState eq 'fine'"],
    '/v1.0/deviceManagement/auditEvents': ["activityOperationType eq 'Guess'", "activityResult eq 'so-so'"],
    '/v1.0/organization': ["mobileDeviceManagementAuthority eq 'jamf'"],
    '/v1.0/subscribedSkus': ["capabilityStatus eq 'Ill'"],
    '/stub/v1/push': ["why eq 'because'", "result eq 'lost'"],
    '/stub/v1/portals/intune/devices': ["complianceState eq 'fine'"],
  };
  for (const [path, filters] of Object.entries(lists)) {
    for (const filter of filters) {
      const { status, body } = await raw(`${path}?$filter=${encodeURIComponent(filter)}`, bearer(tokens.administrator));
      expect(`${path} ${filter} ${status}`).toBe(`${path} ${filter} 400`);
      expect(body.error.message).toMatch(/filter/);
    }
  }
  const known = "complianceState eq 'ConfigManager' or managementAgent eq 'jamf' or complianceState eq null";
  const fine = await raw(
    `/v1.0/deviceManagement/managedDevices?$filter=${encodeURIComponent(known)}`,
    bearer(tokens.administrator),
  );
  expect([fine.status, fine.body.value]).toEqual([200, []]);
});

test('what /v1.0 has /beta has too, and whatever is selected, the type is told', async () => {
  const { raw } = await openAdmin({ authority: 'intune' }, { words, traits });
  const get = async (path: string) => (await raw(path, bearer(tokens.administrator))).body;
  const [v1, beta] = [await get('/v1.0/groups'), await get('/beta/groups')];
  expect(beta.value).toEqual(v1.value);
  expect(beta['@odata.context']).toMatch(/\/beta\/\$metadata#groups$/);
  const configurations = '/beta/deviceManagement/deviceEnrollmentConfigurations';
  const types = (rows: readonly object[]) => rows.map((row) => Object.keys(row).join(' '));
  const { value } = await get(`${configurations}?$select=id`);
  expect(types(value)).toEqual(['@odata.type id', '@odata.type id']); // limits and restrictions are told apart by it
  expect(types([await get(`${configurations}/${value[0].id}?$select=displayName`)])).toEqual([
    '@odata.type displayName',
  ]);
});

test('what is not emulated is refused with a word of what is: expansions, restrictions of one platform alone', async () => {
  const { raw } = await openAdmin({ authority: 'intune' }, { words, traits });
  const said = async (path: string, body?: object) => {
    const init = { ...bearer(tokens.administrator), ...(body && { method: 'POST', body: JSON.stringify(body) }) };
    const answer = await raw(`/beta/deviceManagement/deviceEnrollmentConfigurations${path}`, init);
    return `${answer.status} ${answer.body.error?.message}`;
  };
  expect(await said('?$expand=assignments')).toMatch(/^400 .*\$expand is not supported/);
  expect(await said('/tenant_DefaultLimit?$expand=assignments')).toMatch(/^400 .*\$expand is not supported/);
  const single = '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration';
  expect(await said('', { '@odata.type': single, displayName: 'iOS', platformType: 'ios' })).toMatch(
    /^400 .*one platform alone.*deviceEnrollmentPlatformRestrictionsConfiguration/,
  );
});

test('audit events are filtered by who, what and when', async () => {
  const { graph } = await openAdmin({ authority: 'intune' }, { words, traits });
  await graph().api('/users').post({ userPrincipalName: 'eve@contoso.example', displayName: 'Eve' });
  const audit = async (filter: string) =>
    (await graph().api('/deviceManagement/auditEvents').filter(filter).get()).value;
  expect(await audit("actor/userPrincipalName eq 'administrator' and activityOperationType eq 'Create'")).toHaveLength(
    1,
  );
  expect(await audit("actor/userPrincipalName eq 'somebody'")).toEqual([]);
  expect(await audit('activityDateTime lt 2026-11-21T00:00:00Z')).toEqual([]);
});
