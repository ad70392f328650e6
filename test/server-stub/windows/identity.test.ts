import { expect, it } from 'vitest';
import { deviceOf } from '../../../server-stub/windows/identity.js';
import { emptyTenant, openStub, user1 } from '../ios/stub.js';
import { enrolledClient } from './client.js';

it('a certificate that was revoked speaks for its device no more, though no other has taken its place', async () => {
  const { authority } = await openStub({ tenant: emptyTenant() }).then(async (stub) => {
    await enrolledClient(stub, user1);
    return stub;
  });
  const { tenant } = authority;
  const [device] = tenant.devices();
  if (device === undefined) throw new Error('nothing is enrolled');
  const { deviceId, dialect } = device;
  const speaker = {
    serial: String(dialect['certificateSerial']),
    deviceId,
    platform: 'windows',
    purpose: 'identity',
    expiresAt: 0,
    isRevoked: false,
  } as const;
  expect(deviceOf(speaker, deviceId.toLowerCase(), { tenant })).toBe(device);
  expect(() => deviceOf({ ...speaker, isRevoked: true }, deviceId, { tenant })).toThrow(/taken the place/);
});
