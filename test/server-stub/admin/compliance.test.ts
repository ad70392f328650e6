import { describe, expect, test } from 'vitest';
import { android } from '../../../server-stub/android/dialect.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { ios } from '../../../server-stub/ios/dialect.js';
import { windows } from '../../../server-stub/windows/dialect.js';
import { dayMs, hourMs } from '../core/support.js';
import { failure, openAdmin } from './support.js';

const policies = '/deviceManagement/deviceCompliancePolicies';
const words = new Map([ios, windows, android].map(({ name, graph }) => [name, graph]));
const settings = { ...defaultSettings, complianceConsoleLagMs: 7 * dayMs };
const opened = (authority: 'office365' | 'intune' = 'office365') =>
  openAdmin({ authority, profiles: [], pushCertificate: {}, settings }, { words });
const block = (gracePeriodHours: number) => [
  { ruleName: 'PasswordRequired', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours }] },
];
const everybody = { assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }] };

type Bench = Awaited<ReturnType<typeof opened>>;
const session = (bench: Bench, hasPasscode: boolean) =>
  bench.session('pc', (command) => ({
    status: 'done',
    ...(command.kind === 'inventory' && { data: { hasPasscode, isEncrypted: true } }),
  }));

async function demand(bench: Bench, more: object): Promise<string> {
  const { id } = await bench
    .graph()
    .api(policies)
    .post({ displayName: 'PIN', ...more });
  await bench.graph().api(`${policies}/${id}/assign`).post(everybody);
  return id;
}

test('a policy is made in its platform’s words, changed, assigned and taken away', async () => {
  const bench = await opened('intune');
  const graph = bench.graph();
  const type = '#microsoft.graph.windows10CompliancePolicy';
  const made = await graph.api(policies).post({
    '@odata.type': type,
    displayName: 'PIN',
    passwordRequired: true,
    bitLockerEnabled: true,
    passwordMinimumLength: null,
    scheduledActionsForRule: block(24),
  });
  expect(made).toMatchObject({
    '@odata.type': type,
    displayName: 'PIN',
    passwordRequired: true,
    storageRequireEncryption: true,
    scheduledActionsForRule: block(24),
    rollcall: { authority: 'intune', pin: true, encryption: true, graceMs: dayMs, platforms: ['windows'] },
  });
  const at = `${policies}/${made.id}`;
  const changed = await graph.api(at).patch({ displayName: 'Named', storageRequireEncryption: false });
  expect(changed).toMatchObject({ displayName: 'Named', passwordRequired: true, storageRequireEncryption: false });
  expect(changed.rollcall.graceMs).toBe(dayMs);
  await graph.api(`${at}/scheduleActionsForRules`).post({ deviceComplianceScheduledActionForRules: block(2) });
  expect((await graph.api(at).get()).rollcall.graceMs).toBe(2 * hourMs);
  await graph.api(`${at}/assign`).post(everybody);
  const { value } = await graph.api(`${at}/assignments`).get();
  expect(value).toMatchObject([{ '@odata.type': '#microsoft.graph.deviceCompliancePolicyAssignment' }]);
  expect((await graph.api(policies).get()).value).toHaveLength(1);
  await graph.api(at).delete();
  expect(await failure(graph.api(at).get())).toBe('404 Request_ResourceNotFound');
});

test('what is not judged here is refused, not taken for judged', async () => {
  const graph = (await opened()).graph();
  const refused = async (body: object) =>
    expect(await failure(graph.api(policies).post({ displayName: 'P', ...body }))).toBe('400 BadRequest');
  await refused({ '@odata.type': '#microsoft.graph.iosCompliancePolicy', osMinimumVersion: '17.0' });
  await refused({ '@odata.type': '#microsoft.graph.macOSCompliancePolicy' });
  await refused({ '@odata.type': '#microsoft.graph.iosCompliancePolicy', passcodeRequired: 'yes' });
  await refused({ passcodeRequired: true });
  await refused({ displayName: '' });
  await refused({ rollcall: { authority: 'sccm' } });
  await refused({ scheduledActionsForRule: block(-1) });
  expect((await graph.api(policies).get()).value).toEqual([]);
  const own = await graph.api(policies).post({ displayName: 'P', rollcall: { pin: true, authority: 'office365' } });
  expect(own).toMatchObject({
    '@odata.type': '#rollcall.deviceCompliancePolicy',
    rollcall: { authority: 'office365' },
  });
});

describe('after a move', () => {
  test('the directory is right at once, and the console within seven days', async () => {
    const bench = await opened();
    const graph = bench.graph('reader');
    bench.enroll('pc');
    await demand(bench, { rollcall: { encryption: true, authority: 'office365' } });
    await demand(bench, { rollcall: { pin: true } });
    session(bench, false);
    const [managed] = (await graph.api('/deviceManagement/managedDevices').get()).value;
    const inDirectory = `/devices(deviceId='${managed.azureADDeviceId}')`;
    const shown = async () => {
      const { isCompliant } = await graph.api(inDirectory).get();
      const { complianceState } = await graph.api(`/deviceManagement/managedDevices/${managed.id}`).get();
      return [isCompliant, complianceState];
    };
    expect(await shown()).toEqual([true, 'compliant']);
    bench.tenant.setAuthority('intune', 'admin');
    expect(await shown()).toEqual([true, 'compliant']);
    session(bench, false);
    expect(await shown()).toEqual([false, 'compliant']);
    const { rollcall } = await graph.api(`/deviceManagement/managedDevices/${managed.id}`).get();
    expect(rollcall.compliance).toMatchObject({ state: 'noncompliant', violated: ['PIN: pin'] });
    await bench.clock.advance(7 * dayMs + hourMs);
    expect(await shown()).toEqual([false, 'noncompliant']);
  });

  test('a grace has its end in managedDevices, and counts as compliant in the directory until then', async () => {
    const bench = await opened('intune');
    const graph = bench.graph();
    bench.enroll('pc');
    await demand(bench, { rollcall: { pin: true }, scheduledActionsForRule: block(24) });
    session(bench, false);
    const [managed] = (await graph.api('/deviceManagement/managedDevices').get()).value;
    expect(managed).toMatchObject({
      complianceState: 'inGracePeriod',
      complianceGracePeriodExpirationDateTime: new Date(bench.clock.now() + dayMs).toISOString(),
    });
    const [device] = (await graph.api('/devices').filter(`deviceId eq '${managed.azureADDeviceId}'`).get()).value;
    expect(device.isCompliant).toBe(true);
    await bench.clock.advance(dayMs);
    expect((await graph.api(`/devices/${device.id}`).get()).isCompliant).toBe(false);
  });
});

test('a managed device has one place in the directory, by an id of its own there', async () => {
  const bench = await opened();
  const graph = bench.graph('helpDesk');
  bench.enroll('pc');
  bench.enroll('phone', 'ben', 'android');
  const [pc, phone] = (await graph.api('/deviceManagement/managedDevices').get()).value;
  const { value } = await graph.api('/devices').get();
  expect(value).toMatchObject([
    {
      deviceId: pc.azureADDeviceId,
      displayName: 'S-pc',
      operatingSystem: 'Windows',
      isManaged: true,
      isCompliant: null,
      trustType: 'Workplace',
      accountEnabled: true,
    },
    { deviceId: phone.azureADDeviceId, operatingSystem: 'Android' },
  ]);
  expect(new Set([pc.id, pc.azureADDeviceId, value[0].id, phone.azureADDeviceId]).size).toBe(4);
  expect(value[0].id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(await graph.api(`/devices/${value[0].id}`).get()).toMatchObject({ deviceId: pc.azureADDeviceId });
  expect(await failure(graph.api(`/devices/${pc.azureADDeviceId}`).get())).toBe('404 Request_ResourceNotFound');
  expect(await failure(graph.api(`/devices(deviceId='${value[0].id}')`).get())).toBe('404 Request_ResourceNotFound');
  expect(await failure(graph.api(`/devices(deviceId='')`).get())).toMatch(/^404/);
  const beta = await graph.api(`/deviceManagement/managedDevices/${pc.id}`).version('beta').get();
  expect(beta).toMatchObject({ id: pc.id, azureADRegistered: true, joinType: 'azureADRegistered' });
  expect(pc.joinType).toBeUndefined();
  bench.tenant.unenroll('pc', 'left');
  expect((await graph.api('/devices').get()).value).toHaveLength(1);
});
