// kill -9 while people enroll: what decides who may, what was refused, and who has begun and not come to an end (E01, B1) is on the disk
// before it is answered, and each is there once afterwards.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endStub, type StubProcess, startStub, textAt } from '../torture/stub.js';
import { builtPrograms } from './findings.js';

const graph = '/v1.0/deviceManagement';
const users = ['ada', 'ben'].map((name) => `  - { upn: ${name}@contoso.example, licences: [SPB] }\n`).join('');
const tenant = `version: 1\ndomain: contoso.example\nauthority: none\nusers:\n${users}`;

/** What there is of who may enroll, as the administrator sees it. */
async function look({ administrator }: StubProcess) {
  const rows = async (path: string, ...keys: readonly (readonly string[])[]) =>
    (await administrator.list(path)).map((row) => keys.map((key) => textAt(row, ...key)).join(' ')).sort();
  const consent = await administrator.ask('GET', '/stub/v1/consents/androidWorkProfiles');
  return {
    bms: textAt((await administrator.ask('GET', '/stub/v1/bms')).body, 'state'),
    isGiven: consent.body['given'],
    tokens: await rows('/stub/v1/bulkTokens', ['id'], ['name']),
    autopilot: await rows(`${graph}/windowsAutopilotDeviceIdentities`, ['serialNumber']),
    declared: await rows('/beta/deviceManagement/importedDeviceIdentities', ['importedDeviceIdentifier']),
    failures: await rows(`${graph}/troubleshootingEvents`, ['rollcall', 'code'], ['rollcall', 'userPrincipalName']),
  };
}

it('what was acknowledged of who may enroll is there after kill -9, and E01 and the readiness of BMS come at their time, once', async ({
  onTestFinished,
}) => {
  const programs = builtPrograms(onTestFinished);
  const folder = programs.folder();
  const [file, data] = [join(folder, 'tenant.yaml'), join(folder, 'data')];
  writeFileSync(file, tenant);
  const start = (port = 0) => startStub(programs, { data, port, more: ['--tenant', file, '--clock', 'manual'] });
  let stub = await start();
  const ask = async (status: number, ...asked: Parameters<typeof stub.administrator.ask>) => {
    const answer = await stub.administrator.ask(...asked);
    expect([asked[1], answer.status]).toEqual([asked[1], status]);
    return answer.body;
  };
  const enroll = (user: string, status: number) => ask(status, 'GET', `/enroll/ios?user=${user}@contoso.example`);
  const advance = (time: string) => ask(200, 'POST', '/stub/v1/clock', { advance: time });
  const killed = async () => {
    await endStub(stub, 'SIGKILL');
    stub = await start(stub.port);
  };

  await ask(200, 'POST', '/stub/v1/bms');
  await enroll('ada', 403);
  const [organization] = await stub.administrator.list('/v1.0/organization');
  const change = `/v1.0/organization/${textAt(organization, 'id')}/setMobileDeviceManagementAuthority`;
  await ask(200, 'POST', change, { mobileDeviceManagementAuthority: 'intune' });
  await ask(200, 'PATCH', `${graph}/applePushNotificationCertificate`, { appleIdentifier: 'ada@contoso.example' });
  await enroll('ada', 200);
  await enroll('ben', 200);
  await ask(200, 'PUT', '/stub/v1/consents/androidWorkProfiles', { given: false });
  const token = await ask(201, 'POST', '/stub/v1/bulkTokens', { name: 'warehouse' });
  const pc = { importedWindowsAutopilotDeviceIdentities: [{ serialNumber: '8WXQK13', hardwareIdentifier: 'AAAA' }] };
  await ask(200, 'POST', `${graph}/importedWindowsAutopilotDeviceIdentities/import`, pc);
  const identity = { importedDeviceIdentifier: 'D6C5CNFQ4MQF', importedDeviceIdentityType: 'serialNumber' };
  await ask(201, 'POST', '/beta/deviceManagement/importedDeviceIdentities', identity);
  await enroll('nobody', 403);

  await killed();
  const expected = {
    bms: 'provisioning',
    isGiven: false,
    tokens: [`${textAt(token, 'id')} warehouse`],
    autopilot: ['8WXQK13'],
    declared: ['D6C5CNFQ4MQF'],
    failures: ['E02 nobody@contoso.example', 'E04 ada@contoso.example'],
  };
  expect(await look(stub)).toEqual(expected);
  await advance('29m');
  expect(await look(stub)).toEqual(expected);
  await advance('2m');
  await killed();
  const abandoned = ['E01 ada@contoso.example', 'E01 ben@contoso.example', ...expected.failures];
  expect(await look(stub)).toEqual({ ...expected, failures: abandoned });
  await advance('30m');
  expect(await look(stub)).toEqual({ ...expected, bms: 'ready', failures: abandoned });
});
