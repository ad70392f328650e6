// What stands for the certificate of an Android device (by convention): what the companion fetches by SCEP.
import { expect, it } from 'vitest';
import { companionPackage } from '../../../protocol/headwind/companion.js';
import { askScep, emptyTenant, startAt, user1 } from '../ios/stub.js';
import { type AndroidStub, checkIn, configurationPath, openAndroid, post, sendInfo } from './stub.js';

const dayMs = 24 * 3_600_000;

const identity = {
  kind: 'certificate',
  name: 'Identity',
  role: 'identity',
  source: { type: 'scep', url: '', subject: [[['CN', 'x']]], keySizeBits: 2048, challenge: '{{scepChallenge}}' },
} as const;

async function open() {
  const stub = await openAndroid({
    tenant: emptyTenant({
      profiles: [{ id: 'i', authority: 'intune', profile: identity, assignment: { to: 'all', except: [] } }],
    }),
  });
  const { text } = await post(stub, 'h1', user1);
  const [, challenge = ''] = /challenge\\*":\\*"([0-9A-F]{36})/.exec(text) ?? [];
  const { key, certificate = Buffer.alloc(0) } = await askScep(stub, { challenge });
  await sendInfo(stub, 'h1');
  await checkIn(stub, 'h1');
  const expiry = () => stub.authority.tenant.device('h1')?.certificateExpiresAt;
  return { stub, expiry, signer: { certificate, key: key.privateKey } };
}

const logged = (stub: AndroidStub, message: string) =>
  stub.call('POST', '/rest/plugins/devicelog/log/list/h1', {
    body: [{ timestamp: 1, logLevel: 3, packageId: companionPackage, message }],
    signed: false,
  });

it('counts from its issue, and a renewal from the moment at which the companion says that it has arrived', async () => {
  const { stub, expiry, signer } = await open();
  expect(expiry()).toBe(startAt + 365 * dayMs);
  await stub.clock.advance(330 * dayMs);
  const renew = () => askScep(stub, { signer, request: { messageType: 'RenewalReq' } });
  expect((await renew()).certificate).toBeDefined(); // its answer is lost
  expect(expiry()).toBe(startAt + 365 * dayMs);
  await stub.clock.advance(dayMs);
  expect((await renew()).certificate).toBeDefined(); // the old one is good still
  await logged(stub, 'rollcall: Identity renewed');
  expect(expiry()).toBe(startAt + (331 + 365) * dayMs);
  await logged(stub, 'rollcall: Identity renewed'); // it is no news
  expect(expiry()).toBe(startAt + (331 + 365) * dayMs);
});

it('that has ended is refused to fetch and to tell, and one that no profile orders any more counts no more', async () => {
  const { stub, expiry } = await open();
  await stub.clock.advance(366 * dayMs);
  const get = () => stub.call('GET', configurationPath('h1'));
  expect((await get()).json).toMatchObject({ status: 'ERROR', message: 'error.permission.denied' });
  expect((await sendInfo(stub, 'h1')).json).toMatchObject({ status: 'ERROR', message: 'error.permission.denied' });
  expect(stub.authority.tenant.device('h1')).toMatchObject({ status: 'enrolled', lastSyncAt: startAt });
  stub.authority.tenant.setCertificate('h1', stub.clock.now() + dayMs);
  stub.authority.tenant.removeProfile('i');
  await checkIn(stub, 'h1');
  await checkIn(stub, 'h1');
  expect(expiry()).toBeUndefined();
  await stub.clock.advance(10 * dayMs);
  expect((await get()).json).toMatchObject({ status: 'OK' });
});
