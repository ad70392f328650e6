// A NanoMDM that somebody runs, as the outside judge of the iOS device. Set
//   NANOMDM_URL       where it listens, such as http://127.0.0.1:9000
//   NANOMDM_API_KEY   its -api key
//   NANOMDM_CA        PEM file with certificate and key of the CA it was started with (-ca), to make identities with, and/or
//   NANOMDM_SCEP_URL  a SCEP server of the same CA, with NANOMDM_SCEP_CHALLENGE
import { createPrivateKey, generateKeyPairSync, randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, type Device, type DeviceEvent, seededRandom } from '../../agent/index.js';
import { memoryLog } from '../../base/log.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { dict, type PlistDict } from '../../protocol/plist/value.js';
import { issueCertificate } from '../../protocol/x509/issue.js';
import { buildPkcs12 } from '../../protocol/x509/pkcs12.js';
import { describeIf, needing } from '../support/outside.js';

const url = process.env['NANOMDM_URL'];
const apiKey = process.env['NANOMDM_API_KEY'];
const ca = process.env['NANOMDM_CA'];
const scepUrl = process.env['NANOMDM_SCEP_URL'];
const server = url ?? 'http://127.0.0.1:9';
const describeHere = describeIf(url !== undefined && apiKey !== undefined, 'NANOMDM_URL');

function payload(type: string, content: PlistDict): PlistDict {
  const uuid = randomUUID().toUpperCase();
  return dict({
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `interop.${uuid}`,
    PayloadUUID: uuid,
    ...content,
  });
}

function profileWith(identity: PlistDict): Buffer {
  const mdm = payload('com.apple.mdm', {
    IdentityCertificateUUID: identity['PayloadUUID'],
    Topic: 'com.apple.mgmt.External.interop',
    ServerURL: `${server}/mdm`,
    SignMessage: true,
    AccessRights: 8191,
    CheckOutWhenRemoved: true,
  });
  return buildPlist(payload('Configuration', { PayloadDisplayName: 'Interop', PayloadContent: [identity, mdm] }));
}

function pkcs12Identity(): PlistDict {
  const pem = readFileSync(ca ?? '', 'utf8');
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const now = Date.now();
  const certificate = issueCertificate({
    subject: [[['CN', `interop ${randomUUID()}`]]],
    issuer: { certificate: new X509Certificate(pem).raw, key: createPrivateKey(pem) },
    publicKey,
    serial: randomBytes(12),
    notBefore: new Date(now - 600_000),
    notAfter: new Date(now + 86_400_000),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
  });
  const file = buildPkcs12({ certificate, privateKey, password: 'interop', random: randomBytes });
  return payload('com.apple.security.pkcs12', { PayloadContent: file, Password: 'interop' });
}

const scepIdentity = (): PlistDict =>
  payload('com.apple.security.scep', {
    PayloadContent: dict({
      URL: scepUrl ?? '',
      Subject: [[['CN', `interop ${randomUUID()}`]]],
      Challenge: process.env['NANOMDM_SCEP_CHALLENGE'] ?? '',
      Keysize: 2048,
      'Key Type': 'RSA',
      'Key Usage': 5,
    }),
  });

async function openDevice(): Promise<Device> {
  const made = await createPorts({ log: memoryLog(), keys: { size: 1, mode: 'fresh' }, allowHttp: true });
  onTestFinished(() => made.close());
  const device = createDevice({ platform: 'ios', ports: { ...made.ports, random: seededRandom(randomUUID(), 0) } });
  onTestFinished(() => device.close());
  return device;
}

async function enqueue(device: Device, command: PlistDict): Promise<void> {
  const answer = await fetch(`${server}/v1/enqueue/${device.state.facts.id}?nopush=1`, {
    method: 'PUT',
    headers: { authorization: `Basic ${Buffer.from(`nanomdm:${apiKey}`).toString('base64')}` },
    body: new Uint8Array(buildPlist(dict({ CommandUUID: randomUUID(), Command: command }))),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

async function behaves(identity: PlistDict): Promise<void> {
  const device = await openDevice();
  await device.enroll({ authority: 'nanomdm', document: profileWith(identity), allowHttp: true });
  expect(device.state.lifecycle).toBe('enrolled');
  expect(await device.checkIn()).toMatchObject({ commands: 0 });

  const told: DeviceEvent[] = [];
  device.onEvent((event) => told.push(event));
  const wifi = payload('com.apple.wifi.managed', {
    SSID_STR: 'interop',
    EncryptionType: 'WPA2',
    Password: 'interop password',
  });
  const profile = payload('Configuration', { PayloadContent: [wifi] });
  await enqueue(
    device,
    dict({ RequestType: 'DeviceInformation', Queries: ['DeviceName', 'OSVersion', 'SerialNumber'] }),
  );
  await enqueue(device, dict({ RequestType: 'SecurityInfo' }));
  await enqueue(device, dict({ RequestType: 'InstallProfile', Payload: buildPlist(profile) }));
  await enqueue(device, dict({ RequestType: 'ProfileList' }));
  await enqueue(device, dict({ RequestType: 'CertificateList' }));
  expect(await device.checkIn()).toMatchObject({ commands: 5, later: 0 });
  expect(device.state.holdings.map((holding) => holding.profile.kind)).toContain('wifi');
  expect(told.filter((event) => event.type === 'command').every((event) => event.status === 'done')).toBe(true);

  expect(await device.checkIn()).toMatchObject({ commands: 0 });
  await device.leave();
  expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
}

describeHere('a NanoMDM that somebody runs', () => {
  it(
    'is enrolled at with a PKCS#12 identity, commanded through its API, checked in with and left',
    needing(ca !== undefined, 'NANOMDM_CA'),
    async () => {
      await behaves(pkcs12Identity());
    },
  );

  it(
    'is enrolled at with an identity of a SCEP server, commanded, checked in with and left',
    needing(scepUrl !== undefined, 'NANOMDM_SCEP_URL'),
    async () => {
      await behaves(scepIdentity());
    },
  );
});
