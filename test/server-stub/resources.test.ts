import { expect, it } from 'vitest';
import { encodeResourceAsk, type ResourceAsk } from '../../protocol/resource-gate.js';
import { askScep, emptyTenant, enrolledClient, newKey, openStub, type Stub, signerFor, user2 } from './ios/stub.js';

const wifi = { kind: 'wifi', name: 'Net', ssid: 'Net', hidden: false, autoJoin: true, security: 'wpa2' } as const;
const tenant = emptyTenant({
  profiles: [
    {
      id: '1',
      authority: 'intune',
      assignment: { to: 'all', except: [] },
      profile: { ...wifi, passphrase: 'to {{secret}}' },
    },
    {
      id: '2',
      authority: 'intune',
      assignment: { to: 'all', except: [] },
      profile: { ...wifi, name: 'Same for all', passphrase: 'literal' },
    },
  ],
});

const ask = async (stub: Stub, given: ResourceAsk) => {
  const { status, body } = await stub.send('/resources/wifi', { method: 'POST', body: encodeResourceAsk(given) });
  return [status, JSON.parse(body.toString()).reason];
};

it('the gate lets in with the secret that the profile gave, and with no other', async () => {
  const stub = await openStub({ tenant });
  const { udid } = await enrolledClient(stub);
  const literal = { deviceId: udid, name: 'Same for all' };
  expect(await ask(stub, { ...literal, secret: 'literal' })).toEqual([200, undefined]);
  expect(await ask(stub, { ...literal, secret: 'guess' })).toEqual([403, expect.stringContaining('secret')]);
  expect(await ask(stub, { deviceId: udid, name: 'Net', secret: 'to' })).toEqual([
    403,
    expect.stringContaining('secret'),
  ]);
  expect(await ask(stub, { deviceId: udid, name: 'Net' })).toEqual([200, undefined]);
  expect(await ask(stub, { deviceId: 'nobody', name: 'Net' })).toEqual([403, 'The device is not enrolled.']);
});

it('the gate lets in with a certificate of ours that is valid and the device’s own', async () => {
  const stub = await openStub({ tenant });
  const mine = await enrolledClient(stub);
  const theirs = await enrolledClient(stub, user2);
  const asking = (certificate: Uint8Array) => ask(stub, { deviceId: mine.udid, name: 'Net', certificate });
  expect(await asking(mine.certificate)).toEqual([200, undefined]);
  expect(await asking(theirs.certificate)).toEqual([403, "The certificate is another device's."]);
  expect(await asking(signerFor(stub, newKey()))).toEqual([200, undefined]); // some administrator's own
  const { certificate } = await askScep(stub, { signer: mine, request: { messageType: 'RenewalReq' } });
  await stub.clock.advance(366 * 24 * 3_600_000);
  expect(await asking(certificate ?? Buffer.alloc(0))).toEqual([403, 'The certificate is expired.']);
});
