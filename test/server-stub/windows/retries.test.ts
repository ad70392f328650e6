// Enrollments whose answer is lost, and several at the same moment.
import { expect, it } from 'vitest';
import { emptyTenant, openStub, type Stub, user1, user2 } from '../ios/stub.js';
import { faultOf, passwordOf, tokenOf, WindowsClient } from './client.js';

it('of two PCs of one user at the limit of devices one enrolls, the other is told E17: whatever comes first', async () => {
  const tenant = emptyTenant();
  const settings = { ...tenant.settings, deviceLimitPerUser: 1 };
  const stub = await openStub({ tenant: { ...tenant, settings } });
  const clients = Array.from({ length: 4 }, () => new WindowsClient(stub));
  const replies = await Promise.all(clients.map((client) => client.enroll(passwordOf(user1))));
  const refused = replies.map((reply) => faultOf(reply)?.detail?.errorType ?? 'none');
  expect(refused.toSorted()).toEqual(['DeviceCapReached', 'DeviceCapReached', 'DeviceCapReached', 'none']);
  expect(stub.authority.tenant.devices()).toHaveLength(1);
  expect(stub.authority.tenant.failures().map(({ code }) => code)).toEqual(['E17', 'E17', 'E17']);
});

it('a request whose answer was lost is answered again: one record, nothing recorded, and the certificate of before is worth nothing', async () => {
  const tenant = emptyTenant();
  const settings = { ...tenant.settings, deviceLimitPerUser: 1 };
  const stub = await openStub({ tenant: { ...tenant, settings } });
  const client = new WindowsClient(stub);
  await client.enroll(passwordOf(user1));
  const lost = client.at(stub);
  await client.enroll(passwordOf(user1));
  expect(client.certificate).not.toEqual(lost.certificate);
  expect((await lost.session()).isDisowned).toBe(true);
  expect((await client.session()).isDisowned).toBe(false);
  expect(stub.authority.tenant.devices().map(({ status }) => status)).toEqual(['enrolled']);
  expect(stub.authority.tenant.failures()).toEqual([]);
});

/** What the sign-in page gives this user. */
async function signIn(stub: Stub, upn: string) {
  const form = await stub.send('/EnrollmentServer/Authenticate?appru=ms-app%3A%2F%2Fs-1');
  const value = (body: Buffer, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(body.toString())?.[1];
  const posted = await stub.send('/EnrollmentServer/Authenticate', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: String(form.headers['set-cookie']).split(';')[0] ?? '',
    },
    body: new URLSearchParams({
      csrf: value(form.body, 'csrf') ?? '',
      appru: 'ms-app://s-1',
      username: upn,
      password: '',
    }).toString(),
  });
  return tokenOf(value(posted.body, 'wresult') ?? '');
}

it('a token of the sign-in page is good once more for the device that it enrolled, and for no other', async () => {
  const stub = await openStub({ windows: { authPolicy: 'Federated' } });
  const { authority } = stub;
  const token = await signIn(stub, user2);
  const client = new WindowsClient(stub);
  for (const _ of ['first', 'again']) expect(faultOf(await client.enroll(token))).toBeUndefined();
  const lower = client.context({ deviceId: client.deviceId.toLowerCase() });
  expect(faultOf(await client.enroll(token, { context: lower }))).toBeUndefined(); // the same device
  expect(faultOf(await new WindowsClient(stub).enroll(token))?.subcode).toBe('Authentication');
  expect(authority.tenant.devices()).toHaveLength(1);
  const sameId = new WindowsClient(stub, { deviceId: client.deviceId });
  expect(faultOf(await sameId.enroll(token))?.subcode).toBe('Authentication'); // another key
  await stub.clock.advance(5 * 60_000);
  expect(faultOf(await client.enroll(token))?.subcode).toBe('Authentication');
});

it('a used token is worth nothing once the device was deleted', async () => {
  const stub = await openStub({ windows: { authPolicy: 'Federated' } });
  const { tenant } = stub.authority;
  const token = await signIn(stub, user2);
  const client = new WindowsClient(stub);
  expect(faultOf(await client.enroll(token))).toBeUndefined();
  tenant.unenroll(client.deviceId, 'deleted');
  expect(faultOf(await client.enroll(token))?.subcode).toBe('Authentication');
  expect(tenant.devices()).toEqual([]);
});
