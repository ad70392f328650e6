import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../../protocol/x509/certificate.js';
import { newKey, openStub, signerFor, user1 } from '../ios/stub.js';
import { enrolledClient, faultOf, paths, soap } from './client.js';

const dayMs = 24 * 3_600_000;
const inWindow = 330 * dayMs; // of 365 days, 42 before the end

async function open() {
  const stub = await openStub();
  const client = await enrolledClient(stub, user1);
  return { stub, client };
}

describe('the renewal of a certificate', () => {
  it.each([
    ['by a PKCS#7 of the old key', {}],
    ['by a bare PKCS#10 over the connection of the old certificate', { isBare: true }],
  ])('gives another one %s, and the old one is good until the new one speaks', async (_, how) => {
    const { stub, client } = await open();
    await stub.clock.advance(inWindow);
    const { renewed } = await client.renew(newKey(), how);
    if (renewed?.certificate === undefined) return expect.unreachable();
    expect(readCertificate(renewed.certificate).publicKey.equals(renewed.key.publicKey)).toBe(true);
    expect((await client.session()).isDisowned).toBe(false); // the answer may have been lost
    expect((await renewed.session()).isDisowned).toBe(false);
    expect((await client.session()).isDisowned).toBe(true);
    expect(stub.lines().map(({ event }) => event)).toEqual(['DEVICE_IDENTITY']);
    expect((await renewed.session()).isDisowned).toBe(false);
  });

  it('that is asked for again, because its answer was lost, gives another again, and either may speak', async () => {
    const { stub, client } = await open();
    await stub.clock.advance(inWindow);
    const { renewed: first } = await client.renew(newKey());
    const { renewed: second } = await client.renew(newKey());
    if (first === undefined || second === undefined) return expect.unreachable();
    expect((await first.session()).isDisowned).toBe(false);
    expect((await second.session()).isDisowned).toBe(true);
  });

  it('is refused before its window', async () => {
    const { stub, client } = await open();
    const { reply } = await client.renew(newKey());
    expect(faultOf(reply)).toMatchObject({ detail: { errorType: 'NotEligibleToRenew' } });
    expect(stub.lines()).toHaveLength(1);
  });

  it('is refused to a bare request without the connection, to strangers, to another’s request, and after the end', async () => {
    const { stub, client } = await open();
    const other = await enrolledClient(stub, user1);
    await stub.clock.advance(inWindow);
    const certificates = stub.authority.counters.certificates;
    const bare = await client.renew(newKey(), { isBare: true, withTls: false });
    expect(faultOf(bare.reply)).toMatchObject({ subcode: 'InvalidSecurity' });
    const key = newKey();
    const stranger = Object.assign(Object.create(client), { key, certificate: signerFor(stub, key) });
    const signed = await stranger.renew(newKey(), { withTls: false });
    expect(faultOf(signed.reply)).toMatchObject({ subcode: 'InvalidSecurity' });
    const mixed = Object.assign(Object.create(client), { key: client.key });
    Object.defineProperty(mixed, 'tls', { value: other.tls });
    expect(faultOf((await mixed.renew(newKey())).reply)).toMatchObject({ subcode: 'InvalidSecurity' });
    stub.authority.tenant.unenroll(client.deviceId, 'deleted');
    const gone = await client.renew(newKey());
    expect(faultOf(gone.reply)).toMatchObject({ detail: { errorType: 'NotEligibleToRenew' } });
    expect(stub.authority.counters.certificates).toBe(certificates);
  });

  it('with what is no request is refused, and the device goes on being managed', async () => {
    const { stub, client } = await open();
    await stub.clock.advance(inWindow);
    for (const [token, subcode] of [
      [Buffer.from('hello'), 'CertificateRequest'],
      [client.csr(), 'CertificateRequest'], // a PKCS#10 that calls itself a PKCS#7
    ] as const) {
      const body = client.request(undefined, { requestType: 'Renew', token, tokenValueType: 'x#PKCS7' });
      const reply = await stub.send(paths.enrollment, { ...soap(body), client: client.tls });
      expect(faultOf(reply)).toMatchObject({ subcode });
    }
    expect((await client.session()).isDisowned).toBe(false);
  });
});
