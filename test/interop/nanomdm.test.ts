// A NanoMDM that somebody runs, as the outside judge of the iOS device. Set
//   NANOMDM_URL       where it listens, such as http://127.0.0.1:9000
//   NANOMDM_API_KEY   its -api key
//   NANOMDM_CA        PEM file with certificate and key of the CA it was started with (-ca), to make identities with, and/or
//   NANOMDM_SCEP_URL  a SCEP server of the same CA, with NANOMDM_SCEP_CHALLENGE
//   NANOMDM_WEBHOOK   host and port that its -webhook-url names, such as 127.0.0.1:9001: the test listens there, and judges
//                     what NanoMDM says that it was answered (optional; without it the device's own word is judged alone)
import { createPrivateKey, generateKeyPairSync, randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createDevice, createPorts, type Device, type DeviceEvent, seededRandom } from '../../agent/index.js';
import { memoryLog } from '../../base/log.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { parsePlistDict } from '../../protocol/plist/parse.js';
import { dict, isDict, type PlistDict } from '../../protocol/plist/value.js';
import { issueCertificate } from '../../protocol/x509/issue.js';
import { buildPkcs12 } from '../../protocol/x509/pkcs12.js';
import { eventually } from '../support/eventually.js';
import { describeIf, needing } from '../support/outside.js';

const url = process.env['NANOMDM_URL'];
const apiKey = process.env['NANOMDM_API_KEY'];
const ca = process.env['NANOMDM_CA'];
const scepUrl = process.env['NANOMDM_SCEP_URL'];
const webhook = process.env['NANOMDM_WEBHOOK'];
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

/** Hands a command to NanoMDM for this device. Its identifier comes back. */
async function enqueue(device: Device, command: PlistDict): Promise<string> {
  const id = randomUUID();
  const answer = await fetch(`${server}/v1/enqueue/${device.state.facts.id}?nopush=1`, {
    method: 'PUT',
    headers: { authorization: `Basic ${Buffer.from(`nanomdm:${apiKey}`).toString('base64')}` },
    body: new Uint8Array(buildPlist(dict({ CommandUUID: id, Command: command }))),
  });
  expect(answer.status, await answer.text()).toBe(200);
  return id;
}

/** What NanoMDM tells its webhook that devices have answered, by the command's identifier. */
type Answered = ReadonlyMap<string, { readonly status: string; readonly result: PlistDict }>;

const webhookEvent = z.object({
  acknowledge_event: z.object({ command_uuid: z.string().optional(), status: z.string(), raw_payload: z.string() }),
});

/** Undefined where nobody says where its webhook goes. */
async function listenToWebhook(): Promise<Answered | undefined> {
  if (webhook === undefined) return undefined;
  const answered = new Map<string, { status: string; result: PlistDict }>();
  const listener = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { data } = webhookEvent.safeParse(JSON.parse(Buffer.concat(chunks).toString()));
    const { command_uuid: id, status = '', raw_payload: raw = '' } = data?.acknowledge_event ?? {};
    if (id !== undefined) answered.set(id, { status, result: parsePlistDict(Buffer.from(raw, 'base64')) });
    response.end();
  });
  const { hostname, port } = new URL(`http://${webhook}`);
  await new Promise<void>((resolve) => listener.listen(Number(port), hostname, resolve));
  onTestFinished(() => void listener.close());
  return answered;
}

type Told = Extract<DeviceEvent, { type: 'command' }>;

/** One command, how the device is to answer it, and the code of the first link of its error chain. */
interface Row {
  readonly command: PlistDict;
  readonly said: Told['said'];
  readonly code?: number;
  readonly about?: string;
}

function rows(): Row[] {
  const wifi = payload('com.apple.wifi.managed', {
    SSID_STR: 'interop',
    EncryptionType: 'WPA2',
    Password: 'interop password',
  });
  const profile = payload('Configuration', { PayloadContent: [wifi] });
  const about = String(profile['PayloadIdentifier']);
  const install = (content: Uint8Array) => dict({ RequestType: 'InstallProfile', Payload: content });
  const wrong = payload('Configuration', { PayloadContent: [payload('com.apple.wifi.managed', {})] });
  return [
    {
      command: dict({ RequestType: 'DeviceInformation', Queries: ['DeviceName', 'OSVersion', 'SerialNumber'] }),
      said: 'Acknowledged',
    },
    { command: dict({ RequestType: 'SecurityInfo' }), said: 'Acknowledged' },
    { command: install(buildPlist(profile)), said: 'Acknowledged', about },
    { command: dict({ RequestType: 'ProfileList' }), said: 'Acknowledged' },
    { command: dict({ RequestType: 'CertificateList' }), said: 'Acknowledged' },
    { command: dict({ RequestType: 'MakeCoffee' }), said: 'Error', code: 12021 },
    {
      command: dict({ RequestType: 'RemoveProfile', Identifier: 'interop.none' }),
      said: 'Error',
      code: 12075,
      about: 'interop.none',
    },
    { command: install(Buffer.from('no property list')), said: 'Error', code: 4000 },
    { command: install(buildPlist(wrong)), said: 'Error', code: 4001, about: String(wrong['PayloadIdentifier']) },
    { command: dict({ RequestType: 'RemoveProfile' }), said: 'CommandFormatError' },
    { command: dict({ RequestType: 'RemoveProfile', Identifier: about }), said: 'Acknowledged', about },
  ];
}

/** What was to be answered is what the device says, and what NanoMDM says that it heard. */
async function judge(
  wanted: readonly (Row & { readonly id: string })[],
  told: readonly Told[],
  answered: Answered | undefined,
): Promise<void> {
  expect(told.map(({ id, name, said, about }) => ({ id, name, said, about }))).toEqual(
    wanted.map(({ id, command, said, about }) => ({ id, name: command['RequestType'], said, about })),
  );
  expect(told.map(({ error }) => error?.[0]?.code)).toEqual(wanted.map(({ code }) => code));
  if (answered === undefined) return;
  await eventually(() => wanted.every(({ id, said }) => answered.get(id)?.status === said)); // it is told after the answer
  for (const { id, said, code } of wanted) {
    const heard = answered.get(id);
    expect([id, heard?.status]).toEqual([id, said]);
    const chain = heard?.result['ErrorChain'];
    const first = Array.isArray(chain) && isDict(chain[0]) ? chain[0] : {};
    expect([id, first['ErrorCode']]).toEqual([id, code]);
  }
}

async function behaves(identity: PlistDict): Promise<void> {
  const answered = await listenToWebhook();
  const device = await openDevice();
  await device.enroll({ authority: 'nanomdm', document: profileWith(identity), allowHttp: true });
  expect(device.state.lifecycle).toBe('enrolled');
  expect(await device.checkIn()).toMatchObject({ commands: 0 });

  const told: Told[] = [];
  device.onEvent((event) => event.type === 'command' && told.push(event));
  const wanted: (Row & { id: string })[] = [];
  for (const row of rows()) wanted.push({ ...row, id: await enqueue(device, row.command) });
  expect(await device.checkIn()).toMatchObject({ commands: wanted.length, later: 0 });
  await judge(wanted, told, answered);
  expect(device.state.holdings.map((holding) => holding.profile.kind)).not.toContain('wifi');

  // Put off while the screen is locked: NanoMDM hands it out again, and then it is done.
  const [, , install] = rows();
  if (install === undefined) throw new Error('no profile to install');
  await device.setPasscode('471100');
  await device.lock();
  told.length = 0;
  const id = await enqueue(device, install.command);
  expect(await device.checkIn()).toMatchObject({ commands: 1, later: 1 });
  await judge([{ ...install, id, said: 'NotNow' }], told, answered);
  expect(told[0]?.reason).toBe('the screen is locked');
  told.length = 0;
  await device.unlock();
  await judge([{ ...install, id }], told, answered);
  expect(device.state.holdings.map((holding) => holding.profile.kind)).toContain('wifi');

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
