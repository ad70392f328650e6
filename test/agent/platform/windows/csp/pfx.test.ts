import { beforeAll, expect, it } from 'vitest';
import { certificateNamed } from '../../../../../agent/platform/windows/certificates.js';
import { fingerprint } from '../../../../../protocol/x509/certificate.js';
import { envelop } from '../../../../../protocol/x509/cms.js';
import { issueCertificate } from '../../../../../protocol/x509/issue.js';
import { buildPkcs12 } from '../../../../../protocol/x509/pkcs12.js';
import { rsaKey } from '../../../../support/keys.js';
import { describeWith } from '../../../../support/programs.js';
import { type OpensslIdentity, opensslIdentity } from '../../ios/harness.js';
import { adds, atomic, command, openCsps } from './csp-stage.js';

const node = './User/Vendor/MSFT/ClientCertificateInstall/PFXCertInstall/vpn-identity';

describeWith('openssl')('ClientCertificateInstall/PFXCertInstall', () => {
  let identity: OpensslIdentity;
  let other: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('VPN user');
    other = opensslIdentity('Other');
  });
  const thumbprint = ({ certificate }: OpensslIdentity) =>
    fingerprint(certificate, 'sha1').toString('hex').toUpperCase();

  const location = ['KeyLocation', '3', 'int'] as const;
  const blob = (of = identity) => ['PFXCertBlob', of.pkcs12.toString('base64'), 'bin'] as const;
  const password = ['PFXCertPassword', 'secret'] as const;
  const install = (...leaves: Parameters<typeof adds>[1][number][]) => atomic(...adds(node, leaves));

  it('opens a file that openssl wrote and keeps its identity', async () => {
    const device = openCsps();
    const codes = await device.codes(install(location, password, blob()));
    expect(new Set(codes)).toEqual(new Set([200]));
    expect(await device.get(`${node}/Status`)).toEqual({ code: 200, data: '0' });
    expect(await device.get(`${node}/Thumbprint`)).toEqual({ code: 200, data: thumbprint(identity) });
    expect(device.profile('vpn-identity')).toMatchObject({
      kind: 'certificate',
      role: 'identity',
      source: { type: 'pkcs12', password: 'secret' },
    });
    expect(certificateNamed('vpn-identity', device.memory.data)).toEqual(identity.certificate);
    expect(Object.values(device.memory.data.certificates)).toMatchObject([{ store: 'My', scope: 'user', node }]);
  });

  it('opens it whatever comes first, as in Learn’s sample', async () => {
    const device = openCsps();
    await device.run(install(location, blob(), password));
    expect((await device.get(`${node}/Status`)).data).toBe('0');
    expect(device.profile('vpn-identity')).toBeDefined();
  });

  it('says 86 for a wrong password and 13 for what is no PKCS#12, and has no profile', async () => {
    const device = openCsps();
    await device.run(install(location, ['PFXCertPassword', 'wrong'], blob()));
    expect((await device.get(`${node}/Status`)).data).toBe('86');
    expect(device.profiles()).toEqual([]);
    await device.run(atomic(command('Replace', `${node}/PFXCertPassword`, 'secret')));
    expect((await device.get(`${node}/Status`)).data).toBe('0');
    expect(device.profiles()).toHaveLength(1);
    await device.run(
      atomic(command('Replace', `${node}/PFXCertBlob`, Buffer.from('rubbish').toString('base64'), 'bin')),
    );
    expect((await device.get(`${node}/Status`)).data).toBe('13');
    expect(device.profiles()).toEqual([]);
    expect(device.memory.data.certificates).toEqual({});
  });

  it('takes another file in place of the first', async () => {
    const device = openCsps();
    await device.run(install(location, password, blob()));
    await device.run(atomic(command('Replace', `${node}/PFXCertBlob`, other.pkcs12.toString('base64'), 'bin')));
    expect((await device.get(`${node}/Thumbprint`)).data).toBe(thumbprint(other));
    expect(Object.keys(device.memory.data.certificates)).toEqual([thumbprint(other)]);
  });

  it('opens a password that is encrypted for the certificate of the enrollment', async () => {
    const device = openCsps();
    const key = rsaKey();
    const mdm = issueCertificate({
      subject: [[['CN', 'mdm']]],
      issuer: { certificate: other.certificate, key: key.privateKey },
      publicKey: key.publicKey,
      serial: Buffer.of(7),
      notBefore: new Date(0),
      notAfter: new Date(4e12),
    });
    const ref = device.ports.keys.adopt(key.privateKey).ref;
    device.memory.change({ identity: { certificate: mdm, key: ref } });
    const random = (length: number) => device.ports.random.bytes(length);
    const sealed = (text: Buffer, to = mdm) =>
      envelop(text, [to], { random, cipher: 'aes-256-cbc' }).toString('base64');
    const type = ['PFXCertPasswordEncryptionType', '1', 'int'] as const;
    await device.run(install(location, type, ['PFXCertPassword', sealed(Buffer.from('secret\0', 'utf16le'))], blob()));
    expect((await device.get(`${node}/Status`)).data).toBe('0');
    expect(device.profile('vpn-identity')).not.toHaveProperty('source.password');
    const plain = sealed(Buffer.from('secret'));
    await device.run(atomic(command('Replace', `${node}/PFXCertPassword`, plain)));
    expect((await device.get(`${node}/Status`)).data).toBe('0');
    const foreign = sealed(Buffer.from('secret'), other.certificate);
    await device.run(atomic(command('Replace', `${node}/PFXCertPassword`, foreign)));
    expect((await device.get(`${node}/Status`)).data).toBe('1168');
    await device.run(atomic(command('Replace', `${node}/PFXCertPassword`, 'no envelope')));
    expect((await device.get(`${node}/Status`)).data).toBe('13');
  });

  it.each<[string, readonly [string, string, string][]]>([
    [
      'an exportable key that is not in software',
      [
        ['KeyLocation', '1', 'int'],
        ['PFXKeyExportable', 'true', 'bool'],
      ],
    ],
    ['a key of Hello without container', [['KeyLocation', '4', 'int']]],
  ])('answers 500 to %s, and the Atomic 507', async (_why, leaves) => {
    const device = openCsps();
    const codes = await device.codes(install(...leaves, password, blob()));
    expect(codes[0]).toBe(507);
    expect(codes).toContain(500);
    expect(device.memory.data.certificates).toEqual({});
    expect(device.profiles()).toEqual([]);
  });

  it('shows no password, and refuses a second blob by Add', async () => {
    const device = openCsps();
    await device.run(install(location, password, blob()));
    expect((await device.get(`${node}/PFXCertPassword`)).data ?? '').not.toContain('secret');
    expect(await device.codes(install(blob(other)))).toContain(418);
    expect((await device.get(`${node}/Thumbprint`)).data).toBe(thumbprint(identity));
  });

  it('costs no more than a session may: files that ask for more iterations together are not opened', async () => {
    const device = openCsps();
    const random = (length: number) => device.ports.random.bytes(length);
    const { privateKey, publicKey } = rsaKey();
    const certificate = issueCertificate({
      subject: [[['CN', 'dear']]],
      issuer: { certificate: other.certificate, key: privateKey },
      publicKey,
      serial: Buffer.of(9),
      notBefore: new Date(0),
      notAfter: new Date(4e12),
    });
    const dear = buildPkcs12({ certificate, privateKey, password: 'secret', random, iterations: 50_000 });
    const file = ['PFXCertBlob', dear.toString('base64'), 'bin'] as const;
    const statuses: (string | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await device.run(command('Delete', node), install(location, password, file));
      statuses.push((await device.get(`${node}/Status`)).data);
    }
    expect(statuses[0]).toBe('0');
    expect(statuses.at(-1)).toBe('13');
    const { sessions } = device.memory.data;
    device.memory.change({ sessions: { ...sessions, count: sessions.count + 1 } });
    await device.run(command('Delete', node), install(location, password, file));
    expect((await device.get(`${node}/Status`)).data).toBe('0');
  });

  it('goes with its certificate and key', async () => {
    const device = openCsps();
    await device.run(install(location, password, blob()));
    expect(await device.codes(command('Delete', node))).toEqual([200]);
    expect(device.memory.data.certificates).toEqual({});
    expect(device.profiles()).toEqual([]);
    expect((await device.get(node)).code).toBe(404);
  });
});
