import { beforeAll, expect, it } from 'vitest';
import { certificateNamed } from '../../../../../agent/platform/windows/certificates.js';
import { WindowsServerTrust } from '../../../../../agent/platform/windows/server-trust.js';
import { fingerprint } from '../../../../../protocol/x509/certificate.js';
import { describeWith } from '../../../../support/programs.js';
import { type OpensslIdentity, opensslIdentity } from '../../ios/harness.js';
import { viewOf } from '../some-device.js';
import { atomic, command, openCsps } from './csp-stage.js';

const rootCa = './Device/Vendor/MSFT/RootCATrustedCertificates';
const store = './Vendor/MSFT/CertificateStore';
const renew = `${store}/My/WSTEP/Renew`;

describeWith('openssl')('certificates that a server brings', () => {
  let root: OpensslIdentity;
  let other: OpensslIdentity;
  beforeAll(() => {
    root = opensslIdentity('Contoso Root');
    other = opensslIdentity('Other Root');
  });
  const thumbprint = ({ certificate }: OpensslIdentity) =>
    fingerprint(certificate, 'sha1').toString('hex').toUpperCase();
  const add = (address: string, of = root, name = thumbprint(of)) =>
    command('Add', `${address}/${name}/EncodedCertificate`, of.certificate.toString('base64'), 'b64');
  const trusted = (device: ReturnType<typeof openCsps>) => {
    const trust = new WindowsServerTrust(viewOf(), device.clock);
    trust.follow(device.memory);
    return trust.roots();
  };

  it('are trusted as roots below RootCATrustedCertificates/Root, until they are deleted', async () => {
    const device = openCsps();
    expect(await device.codes(add(`${rootCa}/Root`))).toEqual([200]);
    expect(device.profiles()).toEqual([
      { kind: 'certificate', name: thumbprint(root), role: 'root', source: { type: 'der', der: root.certificate } },
    ]);
    expect(trusted(device)).toEqual([root.certificate]);
    expect(certificateNamed(thumbprint(root), device.memory.data)).toEqual(root.certificate);
    expect(await device.codes(add(`${rootCa}/Root`))).toEqual([418]);
    expect(await device.codes(command('Delete', `${rootCa}/Root/${thumbprint(root)}`))).toEqual([200]);
    expect(trusted(device)).toEqual([]);
    expect(device.profiles()).toEqual([]);
  });

  it('show what is in them', async () => {
    const device = openCsps();
    await device.run(add(`${rootCa}/Root`));
    const at = (leaf: string) => device.get(`${rootCa}/Root/${thumbprint(root)}/${leaf}`);
    expect((await at('IssuedTo')).data).toBe('Contoso Root');
    expect((await at('IssuedBy')).data).toBe('Contoso Root');
    expect((await at('ValidFrom')).data).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await at('ValidTo')).data).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await at('EncodedCertificate')).data).toBe(root.certificate.toString('base64'));
    expect(JSON.stringify(device.memory.data.tree)).not.toContain(root.certificate.toString('base64')); // held once
    expect((await device.get(`${rootCa}/Root`)).data).toBe(thumbprint(root));
  });

  it('are refused with 500 where the thumbprint is another, and where they are none', async () => {
    const device = openCsps();
    expect(await device.codes(add(`${rootCa}/Root`, root, thumbprint(other)))).toEqual([500]);
    const rubbish = command('Add', `${rootCa}/Root/${'0'.repeat(40)}/EncodedCertificate`, 'AAAA', 'b64');
    expect(await device.codes(rubbish)).toEqual([500]);
    expect((await device.get(`${rootCa}/Root`)).data).toBe('');
    expect(device.memory.data.certificates).toEqual({});
  });

  it('are not kept where the Atomic that brought them fails', async () => {
    const device = openCsps();
    const [whole] = await device.codes(
      atomic(add(`${rootCa}/Root`), add(`${rootCa}/Root`, other, thumbprint(root).replace(/.$/, 'X'))),
    );
    expect(whole).toBe(507);
    expect(trusted(device)).toEqual([]);
  });

  it('are intermediates below CA, trusted for nothing by themselves, and no profiles in other stores', async () => {
    const device = openCsps();
    await device.run(add(`${rootCa}/CA`), add(`${rootCa}/TrustedPublisher`, other));
    expect(device.profiles()).toMatchObject([{ role: 'intermediate', name: thumbprint(root) }]);
    expect(trusted(device)).toEqual([]);
    expect(Object.values(device.memory.data.certificates).map((each) => each.store)).toEqual([
      'CA',
      'TrustedPublisher',
    ]);
  });

  it('are the user’s below ./User, which has no Root', async () => {
    const device = openCsps();
    const user = rootCa.replace('./Device', './User');
    expect(await device.codes(add(`${user}/Root`))).toEqual([404]);
    expect(await device.codes(add(`${user}/CA`))).toEqual([200]);
    expect(Object.values(device.memory.data.certificates)).toMatchObject([{ scope: 'user' }]);
  });

  it('lie in CertificateStore by the same rules, and each node keeps its own', async () => {
    const device = openCsps();
    expect(await device.codes(add(`${store}/ROOT/System`))).toEqual([200]);
    expect(await device.codes(add(`${rootCa}/Root`))).toEqual([200]);
    expect(await device.codes(command('Delete', `${rootCa}/Root/${thumbprint(root)}`))).toEqual([200]);
    expect(trusted(device)).toEqual([root.certificate]);
    expect(await device.codes(command('Delete', `${store}/ROOT/System/${thumbprint(root)}`))).toEqual([200]);
    expect(trusted(device)).toEqual([]);
  });

  it('are listed in CertificateStore where enrollment brought them', async () => {
    const device = openCsps({
      data: {
        identity: { certificate: other.certificate, key: { pkcs8: '' } },
        certificates: { [thumbprint(root)]: { der: root.certificate, store: 'Root', scope: 'device' } },
      },
    });
    expect(await device.get(`${store}/ROOT/System`)).toEqual({ code: 200, data: thumbprint(root) });
    expect((await device.get(`${store}/ROOT/System/${thumbprint(root)}/IssuedTo`)).data).toBe('Contoso Root');
    expect((await device.get(`${store}/MY/User`)).data).toBe(thumbprint(other));
    expect((await device.get(`${store}/MY/User/${thumbprint(other)}/IssuedTo`)).data).toBe('Other Root');
    expect((await device.get(`${store}/MY/WSTEP/CertThumprint`)).data).toBe(thumbprint(other));
    expect(await device.codes(add(`${store}/ROOT/System`))).toEqual([418]);
    expect(await device.codes(add(`${rootCa}/Root`))).toEqual([200]);
  });
});

describeWith('openssl')('CertificateStore/My/WSTEP/Renew', () => {
  it('says what the last renewal came to, as whole numbers without sign (D2)', async () => {
    const device = openCsps();
    expect((await device.get(`${renew}/Status`)).data).toBe('0');
    expect((await device.get(`${renew}/ErrorCode`)).data).toBe('0');
    device.memory.change({ renewal: { status: 3, errorCode: 0x801900c8, lastAttemptAt: Date.UTC(2026, 10, 26, 12) } });
    expect((await device.get(`${renew}/Status`)).data).toBe('3');
    expect((await device.get(`${renew}/ErrorCode`)).data).toBe('2149122248');
    expect((await device.get(`${renew}/LastRenewalAttemptTime`)).data).toBe('2026-11-26T12:00:00Z');
  });

  it('keeps its settings as plain nodes with their defaults', async () => {
    const device = openCsps();
    expect((await device.get(`${renew}/RenewPeriod`)).data).toBe('42');
    expect(await device.codes(atomic(command('Replace', `${renew}/RenewPeriod`, '365', 'int')))).toEqual([200, 200]);
    expect((await device.get(`${renew}/RenewPeriod`)).data).toBe('365');
    expect(await device.codes(command('Replace', `${renew}/RenewPeriod`, '0', 'int'))).toEqual([500]);
  });

  it('is due at once after RenewNow, and keeps what the last one came to', async () => {
    const device = openCsps();
    device.memory.change({ renewal: { status: 3, errorCode: 1 } });
    expect(await device.codes(command('Exec', `${renew}/RenewNow`))).toEqual([200]);
    expect(device.memory.data.renewal).toEqual({ status: 3, errorCode: 1, now: true });
  });
});
