import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/programs.js';
import { enrolledClient, openStub } from '../ios/stub.js';

// Node reads NODE_EXTRA_CA_CERTS at its start only, so the client has a process of its own: nothing in it is replaced.
const script = `
import { Client } from '@microsoft/microsoft-graph-client';
const { URL_OF_STUB: baseUrl, TOKEN: token } = process.env;
const graph = Client.init({
  baseUrl,
  customHosts: new Set(['localhost']),
  authProvider: (done) => done(null, token),
});
const [device] = (await graph.api('/deviceManagement/managedDevices').select('id,serialNumber').get()).value;
await graph.api('/deviceManagement/managedDevices/' + device.id + '/remoteLock').post({});
const [organization] = (await graph.api('/organization').get()).value;
await graph.api('/organization/' + organization.id + '/setMobileDeviceManagementAuthority').post({});
const refused = await graph.api('/users/nobody').get().catch(({ statusCode, code }) => ({ statusCode, code }));
process.stdout.write(JSON.stringify({ device, organization, refused }));
`;

it('the official Graph client, as it is, talks to the running stub over https', async () => {
  const stub = await openStub();
  const client = await enrolledClient(stub);
  const ca = join(temporaryFolder(), 'ca.pem');
  writeFileSync(ca, stub.authority.caPem);
  const env = {
    PATH: process.env['PATH'],
    NODE_EXTRA_CA_CERTS: ca,
    URL_OF_STUB: stub.authority.url.replace('127.0.0.1', 'localhost'),
    TOKEN: stub.authority.adminTokens.administrator,
  };
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const printed = await new Promise<string>((resolve, reject) => {
    const args = ['--no-warnings', '--input-type=module', '--eval', script];
    execFile(process.execPath, args, { env, cwd }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(stderr, { cause: error })),
    );
  });
  const { tenant } = stub.authority;
  expect(JSON.parse(printed)).toMatchObject({
    device: { id: tenant.device(client.udid)?.id, serialNumber: tenant.device(client.udid)?.serial },
    organization: { id: tenant.id, mobileDeviceManagementAuthority: 'intune' },
    refused: { statusCode: 404, code: 'Request_ResourceNotFound' },
  });
  expect((await client.session()).map(({ RequestType }) => RequestType)).toEqual(['DeviceLock']);
});
