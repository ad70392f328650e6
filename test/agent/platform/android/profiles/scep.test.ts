import { describe, expect, it } from 'vitest';
import { nextProfileWork } from '../../../../../agent/platform/android/profiles/orders.js';
import { readCertificate } from '../../../../../protocol/x509/certificate.js';
import { selfSigned } from '../../../../support/self-signed.js';
import { dayMs, openProfiles, startAt } from './profile-stage.js';

const companion = 'com.rollcall.companion';
const entry = (changes: Readonly<Record<string, string | number>> = {}) => ({
  alias: 'wifi-id',
  name: 'wifi-identity',
  scepUrl: 'http://ca.example.test/scep',
  challenge: 'hush',
  subject: 'CN=device-1,O=Contoso\\, Inc',
  keySize: 2048,
  ...changes,
});
const network = {
  openNetworkConfiguration: {
    NetworkConfigurations: [
      {
        GUID: 'net-1',
        Name: 'corp-wifi',
        Type: 'WiFi',
        WiFi: {
          SSID: 'Corp',
          Security: 'WPA-EAP',
          AutoConnect: true,
          EAP: {
            Outer: 'EAP-TLS',
            Identity: 'user1@contoso.example',
            ClientCertType: 'KeyPairAlias',
            ClientCertKeyPairAlias: 'wifi-id',
            ServerCARefs: ['corp-ca'],
            DomainSuffixMatch: ['radius.contoso.example'],
          },
        },
      },
    ],
  },
};
const withCa = (x509: Uint8Array) => ({
  openNetworkConfiguration: {
    ...network.openNetworkConfiguration,
    Certificates: [{ GUID: 'corp-ca', Type: 'Authority', X509: Buffer.from(x509).toString('base64') }],
  },
});

describe('certificates that the companion fetches by SCEP', () => {
  it('are fetched when the document is applied, and what waits for them is healed in the same session', async () => {
    const device = openProfiles();
    const ca = selfSigned('CA');
    const server = device.scepServer(ca);
    const report = await device.give({ apps: { [companion]: { certificates: [entry()], ...withCa(ca.certificate) } } });
    expect(device.names()).toEqual(['corp-ca', 'wifi-identity', 'corp-wifi']);
    expect(device.profile('wifi-identity')).toEqual({
      kind: 'certificate',
      name: 'wifi-identity',
      role: 'identity',
      source: {
        type: 'scep',
        url: 'http://ca.example.test/scep',
        subject: [[['CN', 'device-1']], [['O', 'Contoso, Inc']]],
        keySizeBits: 2048,
      },
    });
    expect(device.profile('corp-wifi')).toMatchObject({
      security: 'wpa2',
      eap: { types: ['tls'], identity: 'wifi-identity', anchors: ['corp-ca'], serverNames: ['radius.contoso.example'] },
    });
    const certificate = readCertificate(device.certificate('wifi-identity') ?? Buffer.alloc(0));
    expect(certificate.subject).toEqual([[['CN', 'device-1']], [['O', 'Contoso, Inc']]]);
    const [asked] = server.requests;
    if (asked?.content.kind !== 'csr') return expect.unreachable();
    expect(asked.content.csr).toMatchObject({ challengePassword: 'hush', extendedKeyUsage: ['clientAuth'] });
    expect(report.lines.at(-1)).toBe('rollcall: corp-wifi installed');
    expect(device.troubles()).toEqual([]); // that it waited for a moment is told as a command put off
    expect(device.saves.at(-1)?.identities?.['wifi-id']?.certificate).toEqual(new Uint8Array(certificate.der));
  });

  it('that fail leave what needs them waiting, with the reason, and are tried again on the schedule', async () => {
    const device = openProfiles();
    const ca = selfSigned('CA');
    const server = device.scepServer(ca);
    server.failInfo = 'badRequest';
    const document = { apps: { [companion]: { certificates: [entry()], ...withCa(ca.certificate) } } };
    const report = await device.give(document);
    expect(device.names()).toEqual(['corp-ca']);
    expect(device.commands).toHaveLength(1);
    expect(report.lines).toEqual([
      'rollcall: corp-wifi failed: waits for certificate "wifi-identity" (its certificate is being fetched)',
      expect.stringMatching(/^rollcall: wifi-identity failed: SCEP PKIOperation: .*badRequest/),
    ]);
    expect(report.failures).toMatchObject([
      { name: 'corp-wifi', isLater: true },
      { name: 'wifi-identity', isLater: true },
    ]);
    expect(device.troubles().map(({ code }) => code)).toContain('SCEP_FAILED');
    const at = nextProfileWork(device.memory.data, startAt);
    expect(at).toBe(startAt + 60_000);
    expect(await device.give(document)).toEqual({ changed: 0, failures: [], lines: [] });
    server.failInfo = undefined;
    await device.clock.advance(60_000);
    const healed = await device.work();
    expect(healed.lines).toEqual(['rollcall: wifi-identity installed', 'rollcall: corp-wifi installed']);
    expect(device.names()).toEqual(['corp-ca', 'wifi-identity', 'corp-wifi']);
    expect(device.toldCommands().at(-1)).toMatchObject({ about: 'corp-wifi', status: 'done', changed: 1 });
  });

  it('that stay pending are polled for, with the same key, until they are issued', async () => {
    const device = openProfiles();
    const server = device.scepServer(selfSigned('CA'));
    server.pending = 2;
    await device.give({ apps: { [companion]: { certificates: [entry()] } } });
    expect(device.names()).toEqual([]);
    expect(device.saves.at(-1)?.orders?.['wifi-id']?.pending?.transactionId).toBeDefined();
    await device.clock.advance(60_000);
    await device.work();
    await device.clock.advance(120_000);
    await device.work();
    expect(device.names()).toEqual(['wifi-identity']);
    expect(device.keys.taken).toHaveLength(1);
    expect(device.memory.data.orders?.['wifi-id']?.pending).toBeUndefined();
  });

  it('are renewed in the last fifth of their life, signed by what they renew (M1, by convention)', async () => {
    const device = openProfiles();
    const server = device.scepServer(selfSigned('CA'));
    server.lifetimeMs = 100 * dayMs;
    await device.give({ apps: { [companion]: { certificates: [entry()] } } });
    const first = device.certificate('wifi-identity');
    const at = nextProfileWork(device.memory.data, device.clock.now()) ?? 0;
    expect(at).toBeGreaterThan(startAt + 78 * dayMs);
    expect(at).toBeLessThan(startAt + 81 * dayMs);
    await device.clock.advance(at - device.clock.now() - 1);
    expect(await device.work()).toMatchObject({ changed: 0 });
    expect(server.requests).toHaveLength(1);
    await device.clock.advance(1);
    await device.work();
    expect(server.requests.at(-1)?.messageType).toBe('RenewalReq');
    expect(device.certificate('wifi-identity')).not.toEqual(first);
    expect(nextProfileWork(device.memory.data, device.clock.now())).toBeGreaterThan(at);
  });

  it('keep the certificate that they have while its renewal fails', async () => {
    const device = openProfiles();
    const server = device.scepServer(selfSigned('CA'));
    await device.give({ apps: { [companion]: { certificates: [entry()] } } });
    const first = device.certificate('wifi-identity');
    server.failInfo = 'badCertId';
    await device.clock.advance(0.9 * dayMs);
    const { failures } = await device.work();
    expect(failures).toEqual([]);
    expect(device.troubles().at(-1)).toMatchObject({ code: 'SCEP_FAILED', about: 'companion:certificate:wifi-id' });
    expect(device.certificate('wifi-identity')).toBe(first);
    expect(device.names()).toEqual(['wifi-identity']);
  });

  it('are asked for again when the document asks for another, and gone when it asks for none', async () => {
    const device = openProfiles();
    const ca = selfSigned('CA');
    const server = device.scepServer(ca);
    await device.give({ apps: { [companion]: { certificates: [entry()], ...withCa(ca.certificate) } } });
    const changed = { certificates: [entry({ subject: 'CN=device-2' })], ...withCa(ca.certificate) };
    await device.give({ apps: { [companion]: changed } });
    expect(server.requests).toHaveLength(2);
    expect(device.names().toSorted()).toEqual(['corp-ca', 'corp-wifi', 'wifi-identity']);
    await device.give({ apps: { [companion]: withCa(ca.certificate) } });
    expect(device.names()).toEqual(['corp-ca']);
    expect(device.memory.data.identities).toEqual({});
    expect(device.memory.data.orders).toEqual({});
    expect(device.certificate('wifi-identity')).toBeUndefined();
  });

  it('are saved one by one, before the next is asked for', async () => {
    const device = openProfiles();
    const server = device.scepServer(selfSigned('CA'));
    const keptBy: string[][] = [];
    server.bend = (rep) => {
      keptBy.push(Object.keys(device.saves.at(-1)?.identities ?? {}));
      return rep;
    };
    await device.give({ apps: { [companion]: { certificates: [entry(), entry({ alias: 'other', name: 'other' })] } } });
    expect(keptBy).toEqual([[], ['wifi-id']]);
  });

  it('are not asked for any more once their entry is refused', async () => {
    const device = openProfiles();
    device.scepServer(selfSigned('CA')).failInfo = 'badRequest';
    await device.give({ apps: { [companion]: { certificates: [entry()] } } });
    await device.give({ apps: { [companion]: { certificates: [entry({ keySize: 5 })] } } });
    expect(device.memory.data.orders).toEqual({});
    expect(nextProfileWork(device.memory.data, startAt)).toBeUndefined();
  });

  it('end with the session when it is broken off', async () => {
    const device = openProfiles();
    device.answers(() => {
      device.controller.abort(new Error('stop'));
      return { status: 200 };
    });
    await expect(device.give({ apps: { [companion]: { certificates: [entry()] } } })).rejects.toThrow('stop');
  });

  it('are tried once a day after five refusals, and at most hourly while nobody answers', async () => {
    const device = openProfiles();
    const server = device.scepServer(selfSigned('CA'));
    server.failInfo = 'badRequest';
    await device.give({ apps: { [companion]: { certificates: [entry()] } } });
    const pauses: number[] = [];
    for (let tries = 0; tries < 6; tries++) {
      const now = device.clock.now();
      const pause = (nextProfileWork(device.memory.data, now) ?? 0) - now;
      pauses.push(pause / 60_000);
      await device.clock.advance(pause);
      await device.work();
    }
    expect(pauses).toEqual([1, 2, 4, 8, 1440, 1440]);
  });
});
