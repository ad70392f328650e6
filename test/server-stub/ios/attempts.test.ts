// What is heard of an enrollment under way: by SCEP, by messages that are broken off, and after a refusal.
import { describe, expect, it } from 'vitest';
import { askScep, fetchChallenge, newClient, newKey, openStub, type Stub, user1 } from './stub.js';

const minuteMs = 60_000;
const told = ({ authority }: Stub) =>
  authority.tenant.failures().map(({ code, failureCategory }) => [code, failureCategory]);

describe('an enrollment under way', () => {
  it('is disconnected when SCEP refuses its device, unless an identity is issued after that', async () => {
    const stub = await openStub();
    const challenges = [await fetchChallenge(stub, user1), await fetchChallenge(stub, user1)];
    const [first, second] = challenges.map(({ challenge }) => challenge);
    if (first === undefined || second === undefined) throw new Error('there is no challenge');
    await askScep(stub, { challenge: first });
    expect((await askScep(stub, { challenge: first })).answer).toMatchObject({ pkiStatus: 'failure' }); // it is used
    await stub.clock.advance(minuteMs);
    // a key that is too short uses nothing up
    expect((await askScep(stub, { challenge: second, key: newKey(512) })).answer).toMatchObject({
      pkiStatus: 'failure',
    });
    await askScep(stub, { challenge: second });
    await stub.clock.advance(30 * minuteMs);
    expect(told(stub)).toEqual([
      ['E01', 'clientDisconnected'],
      ['E01', 'userAbandonment'],
    ]);
  });

  it('that was refused is worth nothing with the same certificate, even when its cause is gone', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    const { tenant } = stub.authority;
    tenant.setEnrollmentSettings({ minimumOs: { ios: '99' } }, 'admin');
    expect((await client.authenticate()).status).toBe(403);
    tenant.setEnrollmentSettings({ minimumOs: { ios: '15' } }, 'admin');
    const again = await client.authenticate();
    expect([again.status, again.body.toString()]).toEqual([403, expect.stringContaining('unrecognized.device')]);
    await stub.clock.advance(31 * minuteMs);
    expect([told(stub), tenant.devices()]).toEqual([[['E06', 'deviceNotSupported']], []]);
  });
});
