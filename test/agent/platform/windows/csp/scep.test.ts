import { beforeAll, describe, expect, it } from 'vitest';
import { agentError } from '../../../../../agent/errors.js';
import { certificateNamed } from '../../../../../agent/platform/windows/certificates.js';
import { fingerprint, readCertificate } from '../../../../../protocol/x509/certificate.js';
import { describeWith } from '../../../../support/programs.js';
import type { ScriptedAnswer, SeenRequest } from '../../../../support/scripted-http.js';
import { ScepServer } from '../../../scep/server.js';
import { type OpensslIdentity, opensslIdentity } from '../../ios/harness.js';
import { adds, atomic, command, openCsps } from './csp-stage.js';

const node = './Device/Vendor/MSFT/ClientCertificateInstall/SCEP/wifi-identity';
const minute = 60_000;

describeWith('openssl')('ClientCertificateInstall/SCEP', () => {
  let ca: OpensslIdentity;
  let other: OpensslIdentity;
  beforeAll(() => {
    ca = opensslIdentity('CA');
    other = opensslIdentity('Other CA');
  });

  const thumbprint = ({ certificate }: OpensslIdentity) =>
    fingerprint(certificate, 'sha1').toString('hex').toUpperCase();

  const leaves = (changes: Readonly<Record<string, string | undefined>> = {}) =>
    Object.entries({
      RetryCount: '2',
      RetryDelay: '5',
      KeyUsage: '160',
      KeyLength: '2048',
      HashAlgorithm: 'SHA-2',
      SubjectName: 'CN=device-1, OU="R&D, Oslo"',
      SubjectAlternativeNames: '11+user1@contoso.example;3+host.contoso.example',
      EKUMapping: '1.3.6.1.5.5.7.3.2+1.3.6.1.4.1.311.10.3.12',
      KeyProtection: '3',
      ServerURL: 'https://mdm.test/certsrv/mscep/mscep.dll',
      Challenge: 'Fleet-SCEP-2026',
      CAThumbprint: thumbprint(ca),
      ...changes,
    }).flatMap(([name, value]): (readonly [string, string, string])[] =>
      value === undefined ? [] : [[`Install/${name}`, value, numbers.includes(name) ? 'int' : 'chr']],
    );
  const numbers = ['RetryCount', 'RetryDelay', 'KeyUsage', 'KeyLength', 'KeyProtection'];
  const exec = command('Exec', `${node}/Install/Enroll`);
  const order = (changes: Readonly<Record<string, string | undefined>> = {}) =>
    atomic(command('Add', node, undefined, 'node'), ...adds(node, leaves(changes)), exec);

  function open() {
    let answer: (request: SeenRequest) => ScriptedAnswer = () => undefined;
    const device = openCsps({ http: (request) => answer(request) });
    const server = new ScepServer(ca, () => new Date(device.clock.now()));
    answer = (request) => server.answer(request);
    const result = async () => ({
      status: (await device.get(`${node}/Status`)).data,
      error: (await device.get(`${node}/ErrorCode`)).data,
      thumbprint: (await device.get(`${node}/CertThumbprint`)).data,
      url: (await device.get(`${node}/RespondentServerUrl`)).data,
    });
    return {
      ...device,
      server,
      result,
      answers: (by: (request: SeenRequest) => ScriptedAnswer) => {
        answer = by;
      },
    };
  }
  const operations = (requests: readonly SeenRequest[]) =>
    requests.map(({ method, url }) => `${method} ${new URL(url).search.split('&message')[0]}`);

  it('queues an Enroll with 200, fetches the certificate after the session, and then says so', async () => {
    const device = open();
    const codes = await device.codes(order());
    expect(new Set(codes)).toEqual(new Set([200]));
    expect(device.http.requests).toHaveLength(0);
    expect(device.profiles()).toEqual([]);
    expect(await device.result()).toMatchObject({ status: '32', thumbprint: '' });
    expect(await device.work()).toBe(1);
    const [held] = Object.values(device.memory.data.certificates);
    const certificate = readCertificate(held?.der ?? Buffer.alloc(0));
    expect(certificate.subject).toEqual([[['CN', 'device-1']], [['OU', 'R&D, Oslo']]]);
    expect(await device.result()).toEqual({
      status: '1',
      error: '0',
      thumbprint: fingerprint(certificate.der, 'sha1').toString('hex').toUpperCase(),
      url: 'https://mdm.test/certsrv/mscep/mscep.dll/pkiclient.exe',
    });
    expect(held).toMatchObject({ store: 'My', scope: 'device', node });
    expect(device.ports.keys.open(held?.key ?? { pool: '' }).publicKey.equals(certificate.publicKey)).toBe(true);
    expect(certificateNamed('wifi-identity', device.memory.data)).toEqual(certificate.der);
    expect(device.profile('wifi-identity')).toMatchObject({
      kind: 'certificate',
      role: 'identity',
      source: { type: 'scep', subject: [[['CN', 'device-1']], [['OU', 'R&D, Oslo']]], keySizeBits: 2048 },
    });
    expect(device.memory.data.alerts).toMatchObject([
      { code: '1226', type: 'com.microsoft:mdm.SCEPcertinstall.result', source: node, data: '1' },
    ]);
    expect(device.memory.data.works).toBeUndefined();
  });

  it('asks as Windows does: pkiclient.exe, capabilities first, message=default, its own user agent', async () => {
    const device = open();
    await device.run(order());
    await device.work();
    expect(operations(device.http.requests)).toEqual([
      'GET ?operation=GetCACaps',
      'GET ?operation=GetCACert',
      'POST ?operation=PKIOperation',
    ]);
    const [caps, cert] = device.http.requests;
    expect(caps?.url).toBe(
      'https://mdm.test/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetCACaps&message=default',
    );
    expect(cert?.url).toMatch(/&message=default$/);
    expect(caps?.headers?.['User-Agent']).toBe('Mozilla/4.0 (compatible; Win32; NDES client 10.0.22631.4317)');
    const [asked] = device.server.requests;
    if (asked?.content.kind !== 'csr') return expect.unreachable();
    expect(asked.content.csr).toMatchObject({
      challengePassword: 'Fleet-SCEP-2026',
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      extendedKeyUsage: ['clientAuth', '1.3.6.1.4.1.311.10.3.12'],
      subjectAltName: { ntPrincipalName: ['user1@contoso.example'], dNSName: ['host.contoso.example'] },
    });
    expect(asked.digest).toBe('sha256');
  });

  it('uses SHA-1 where the node HashAlgorithm allows nothing else', async () => {
    const device = open();
    device.server.capabilities = 'AES\nPOSTPKIOperation\nSHA-256\nSHA-1\n';
    device.server.digest = 'sha1';
    await device.run(order({ HashAlgorithm: 'SHA-1' }));
    await device.work();
    expect(device.server.requests[0]?.digest).toBe('sha1');
    expect((await device.result()).status).toBe('1');
  });

  it('erases the challenge when Enroll is accepted', async () => {
    const device = open();
    await device.run(order());
    expect((await device.get(`${node}/Install/Challenge`)).code).toBe(404);
    expect(JSON.stringify(Object.values(device.memory.data.tree))).not.toContain('Fleet-SCEP-2026');
  });

  it('fails after a 200 with a challenge that PrintableString does not hold, before PKIOperation (D5)', async () => {
    const device = open();
    const codes = await device.codes(order({ Challenge: 'Fleet_SCEP_Test_2026' }));
    expect(new Set(codes)).toEqual(new Set([200]));
    await device.work();
    expect(await device.result()).toMatchObject({ status: '16', error: String(0x80092021), thumbprint: '' });
    expect(operations(device.http.requests).filter((each) => each.includes('PKIOperation'))).toEqual([]);
    expect(device.profiles()).toEqual([]);
    expect(device.memory.data.alerts).toMatchObject([{ data: '16' }]);
    expect(device.told).toMatchObject([{ type: 'trouble', message: expect.stringContaining('0x80092021') }]);
    expect(JSON.stringify(device.told)).not.toContain('Fleet_SCEP');
  });

  it.each<[string, Readonly<Record<string, string | undefined>>]>([
    ['without Challenge', { Challenge: undefined }],
    ['without ServerURL', { ServerURL: undefined }],
    ['without CAThumbprint', { CAThumbprint: undefined }],
  ])('refuses an Enroll %s, and the Atomic with it', async (_why, changes) => {
    const device = open();
    const codes = await device.codes(order(changes));
    expect(codes[0]).toBe(507);
    expect(codes.at(-1)).toBe(500);
    expect(device.memory.data.works).toBeUndefined();
    expect((await device.get(node)).code).toBe(404);
  });

  it('refuses an Enroll that does not come last', async () => {
    const device = open();
    const [first, ...others] = adds(node, leaves());
    const codes = await device.codes(atomic(first ?? '', exec, ...others));
    expect(codes.slice(0, 3)).toEqual([507, 216, 500]);
  });

  it('refuses a KeyUsage without 0x20 and 0x80', async () => {
    const device = open();
    expect(await device.codes(...adds(node, [['Install/KeyUsage', '64', 'int']]))).toEqual([500]);
    expect(await device.codes(...adds(node, [['Install/KeyUsage', '32', 'int']]))).toEqual([200]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['a thumbprint of 16 octets', { CAThumbprint: '12345087E648875D1DF5D9F9FF89DD10' }],
    ['a subject that is none', { SubjectName: 'device' }],
    ['a hash that is none', { HashAlgorithm: 'MD5' }],
    ['purposes that are no OIDs', { EKUMapping: 'client' }],
    ['an alternative name of no known type', { SubjectAlternativeNames: '99+x' }],
    ['an address that is none', { ServerURL: 'mscep.dll' }],
    ['a key of Hello without container', { KeyProtection: '4' }],
  ])('ends in status 16 and E_INVALIDARG with %s', async (_why, changes) => {
    const device = open();
    await device.run(order(changes));
    await device.work();
    expect(await device.result()).toMatchObject({ status: '16', error: String(0x80070057) });
    expect(device.http.requests).toEqual([]);
  });

  it('waits while the server says PENDING: status 2, the same request again after RetryDelay', async () => {
    const device = open();
    device.server.pending = 2;
    await device.run(order());
    expect(await device.work()).toBe(1);
    expect(await device.result()).toMatchObject({ status: '2', thumbprint: '' });
    expect(device.memory.data.alerts).toBeUndefined();
    expect(device.memory.data.works).toMatchObject([{ at: device.clock.now() + 5 * minute, tries: 1 }]);
    await device.clock.advance(5 * minute - 1);
    expect(await device.work()).toBe(0);
    await device.clock.advance(1);
    expect(await device.work()).toBe(1);
    expect((await device.result()).status).toBe('2');
    await device.clock.advance(5 * minute);
    await device.work();
    expect((await device.result()).status).toBe('1');
    expect(device.server.requests.map(({ messageType }) => messageType)).toEqual(['PKCSReq', 'CertPoll', 'CertPoll']);
    expect(new Set(device.server.requests.map(({ transactionId }) => transactionId)).size).toBe(1);
    expect(device.keys.taken).toHaveLength(1);
    expect(device.profile('wifi-identity')).toBeDefined();
  });

  it('gives up after RetryCount times of PENDING', async () => {
    const device = open();
    device.server.pending = 99;
    await device.run(order());
    for (let turn = 0; turn < 5; turn++) {
      await device.work();
      await device.clock.advance(5 * minute);
    }
    expect(await device.result()).toMatchObject({ status: '16', error: String(0x800705b4) });
    expect(device.server.requests).toHaveLength(3);
  });

  it('asks again later where the network is gone', async () => {
    const device = open();
    device.answers(() => {
      throw agentError('TRANSPORT_LOST', 'no network');
    });
    await device.run(order());
    await device.work();
    expect((await device.result()).status).toBe('2');
    device.answers((request) => device.server.answer(request));
    await device.clock.advance(5 * minute);
    await device.work();
    expect((await device.result()).status).toBe('1');
  });

  it('turns to the next server of ServerURL where the first cannot be reached', async () => {
    const device = open();
    device.answers((request) => {
      if (new URL(request.url).host === 'gone.test') throw agentError('TRANSPORT_LOST', 'no such host');
      return device.server.answer(request);
    });
    await device.run(order({ ServerURL: 'https://gone.test/scep;https://mdm.test/scep/pkiclient.exe' }));
    await device.work();
    expect(await device.result()).toMatchObject({ status: '1', url: 'https://mdm.test/scep/pkiclient.exe' });
  });

  it.each<[string, (server: ScepServer) => unknown, number]>([
    ['another CA', (server) => Object.assign(server, { chain: [other.certificate] }), 0x80091007],
    ['a refusal', (server) => Object.assign(server, { failInfo: 'badRequest' }), 0x80004005],
    [
      'what is no certificate',
      (server) => Object.assign(server, { caAnswer: { body: Buffer.from('no'), contentType: 'text/html' } }),
      0x8007000d,
    ],
  ])('ends in status 16 with an HRESULT after %s', async (_why, bend, hresult) => {
    const device = open();
    bend(device.server);
    await device.run(order());
    await device.work();
    expect(await device.result()).toMatchObject({ status: '16', error: String(hresult) });
  });

  it('says the HTTP status of a server that answers with one', async () => {
    const device = open();
    device.answers(() => ({ status: 404 }));
    await device.run(order());
    await device.work();
    expect((await device.result()).error).toBe(String(0x80190194));
  });

  it('loses certificate, key and profile with its node, and work that was under way', async () => {
    const device = open();
    await device.run(order());
    await device.work();
    expect(await device.codes(command('Delete', node))).toEqual([200]);
    expect(device.memory.data.certificates).toEqual({});
    expect(device.profiles()).toEqual([]);
    device.server.pending = 1;
    await device.run(order());
    await device.work();
    expect(device.memory.data.works).toHaveLength(1);
    await device.run(command('Delete', node));
    expect(device.memory.data.works).toBeUndefined();
  });

  it('shows no thumbprint of a certificate that has expired', async () => {
    const device = open();
    await device.run(order());
    await device.work();
    await device.clock.advance(86_400_000 + minute);
    expect(await device.result()).toMatchObject({ status: '1', thumbprint: '' });
  });

  it('belongs to the user below ./User', async () => {
    const device = open();
    const own = (text: string) => text.replaceAll('./Device/', './User/');
    await device.run(own(order()));
    await device.work();
    expect(Object.values(device.memory.data.certificates)).toMatchObject([{ scope: 'user' }]);
    expect(device.profile('wifi-identity')).toBeDefined();
  });

  it('keeps the old certificate when an Enroll anew fails, and takes the new one when it succeeds', async () => {
    const device = open();
    await device.run(order());
    await device.work();
    const before = (await device.result()).thumbprint;
    const again = [command('Add', `${node}/Install/Challenge`, 'again'), exec];
    device.server.failInfo = 'badRequest';
    await device.run(...again);
    await device.work();
    expect(await device.result()).toMatchObject({ status: '16', thumbprint: before });
    device.server.failInfo = undefined;
    await device.run(...again);
    await device.work();
    const after = await device.result();
    expect(after.status).toBe('1');
    expect(after.thumbprint).not.toBe(before);
    expect(Object.keys(device.memory.data.certificates)).toHaveLength(1);
  });
});

describe('an Enroll of nothing', () => {
  it('is 404', async () => {
    expect(await openCsps().codes(command('Exec', `${node}/Install/Enroll`))).toEqual([404]);
  });
});
