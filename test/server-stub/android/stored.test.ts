// No answer tells of a change before the change is on the disk.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { requestSignature } from '../../../protocol/headwind/signature.js';
import { keptSettings } from '../../../server-stub/android/kept-settings.js';
import { temporaryFolder } from '../../support/programs.js';
import { user1 } from '../ios/stub.js';
import { asking, configurationPath, enrolled, infoOf, openAndroid } from './stub.js';

it('a device is told nothing that is not stored: neither its documents nor that it was taken at its word', async () => {
  const dataFolder = temporaryFolder();
  const path = join(dataFolder, 'tenant.journal');
  const networkClock = manualClock();
  const stub = await openAndroid({ dataFolder, networkClock });
  const { tenant } = stub.authority;
  await enrolled(stub, 'h1', user1);
  await enrolled(stub, 'h2', user1);
  const get = async (number: string) => {
    const headers = { 'x-request-signature': requestSignature('changeme-C3z9vi54', number) };
    return (await stub.send(configurationPath(number), { headers })).status;
  };
  const info = async (number: string) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(infoOf(number));
    return (await stub.send('/rest/public/sync/info', { method: 'POST', headers, body })).status;
  };
  expect([await get('h1'), await info('h1'), await get('h2')]).toEqual([200, 200, 200]);
  const { id } = tenant.queue('h1', { kind: 'lock' });
  tenant.unenroll('h2', 'deleted');
  renameSync(path, `${path}.away`);
  expect([await info('h1'), await get('h1'), await get('h2'), await info('h2')]).toEqual([503, 503, 503, 503]);
  renameSync(`${path}.away`, path);
  await networkClock.advance(1000);
  while ((await stub.send('/healthz')).status !== 200) await new Promise(setImmediate);
  expect([await get('h1'), await info('h1'), await get('h2')]).toEqual([200, 200, 200]);
  await stub.authority.close();
  const after = await openAndroid({ dataFolder, clock: stub.clock });
  expect(after.authority.tenant.commands('h1').find((command) => command.id === id)?.status).toBe('done');
  expect(after.authority.tenant.device('h2')).toBeUndefined();
});

const settings = '/stub/v1/android/settings';

it('settings that were changed are as they were left after a restart, whatever the stub is started with', async () => {
  const dataFolder = temporaryFolder();
  const first = await openAndroid({ dataFolder, android: { createOnDemand: true } });
  const { json: before } = await asking(first)('GET', settings);
  const changed = {
    pushOptions: 'polling',
    newServerUrl: 'https://other.example',
    dynamicInfo: { sendData: true, intervalMins: 5 },
    createOnDemand: false,
  };
  expect((await asking(first)('PATCH', settings, changed)).status).toBe(200);
  await first.authority.close();
  const second = await openAndroid({ dataFolder, android: { createOnDemand: true, keepaliveSeconds: 60 } });
  expect((await asking(second)('GET', settings)).json).toEqual({ ...before, ...changed, keepaliveSeconds: 60 });
  second.android.configure({ newServerUrl: undefined, keepaliveSeconds: 90 });
  await second.authority.close();
  const third = await openAndroid({ dataFolder, android: { keepaliveSeconds: 60 } });
  const last = (await asking(third)('GET', settings)).json;
  expect(last).toEqual({ ...before, ...changed, newServerUrl: null, keepaliveSeconds: 90 });
});

it('a setting that is damaged on the disk is set aside, and the others are there', () => {
  const aside: string[] = [];
  const kept = keptSettings({
    entries: () => [
      ['pollTimeoutMs', 1e9],
      ['pushOptions', 'fcm'],
      ['sharedSecret', 'of another'],
      ['newServerUrl', null],
      ['keepaliveSeconds', 90],
    ],
    put: () => {},
    setAside: (key) => aside.push(key),
  });
  expect(kept).toEqual({ newServerUrl: undefined, keepaliveSeconds: 90 });
  expect(aside).toEqual(['pollTimeoutMs', 'pushOptions', 'sharedSecret']);
});
