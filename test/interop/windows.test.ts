// An MDM server for Windows that somebody runs, as the outside judge of the Windows device. Set
//   WINDOWS_MDM_URL       its discovery address, such as https://localhost:18443/EnrollmentServer/Discovery.svc
//   WINDOWS_MDM_CA        PEM file of the CA that its TLS certificate is of
//   WINDOWS_MDM_TOKEN     a token in the place of a sign-in (Fleet: {"type":1,"payload":{"orbit_node_key":"..."}}), or
//   WINDOWS_MDM_USER      who enrolls, with WINDOWS_MDM_PASSWORD
//   WINDOWS_MDM_CSR       `strict` for a server whose parser takes nothing else (optional; default: what Windows 11 sends)
// A token that works once (latchz) is for a run of one test: -t 'by its token'. Each test leaves an enrollment behind where the server
// keeps those of devices that have left.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import {
  createDevice,
  createPorts,
  type Device,
  type DeviceEvent,
  type Invitation,
  seededRandom,
} from '../../agent/index.js';
import { describe as describeDevice } from '../../agent/platform/windows/describe.js';
import { readWindowsData } from '../../agent/platform/windows/saved.js';
import { memoryLog } from '../../base/log.js';
import { readCertificate } from '../../protocol/x509/certificate.js';
import { describeIf, needing } from '../support/outside.js';

const url = process.env['WINDOWS_MDM_URL'];
const token = process.env['WINDOWS_MDM_TOKEN'];
const user = process.env['WINDOWS_MDM_USER'];
const secret = process.env['WINDOWS_MDM_PASSWORD'];
const ca = process.env['WINDOWS_MDM_CA'];
const csrForm = process.env['WINDOWS_MDM_CSR'];
const discovery = url ?? 'https://localhost:9/EnrollmentServer/Discovery.svc';
const isSet = url !== undefined && (token !== undefined || user !== undefined);
const describeHere = describeIf(isSet, 'WINDOWS_MDM_URL');

/** Those of a person at the device; with a token it need not name one. */
const person = { ...(user === undefined ? {} : { user }), ...(secret === undefined ? {} : { secret }) };
const byToken = { ...person, ...(token === undefined ? {} : { token }) };

const to = (how: Partial<Invitation>): Invitation => ({ authority: 'interop', url: discovery, ...how });

type Told = Extract<DeviceEvent, { type: 'command' }>;

async function openDevice(): Promise<{ device: Device; told: Told[] }> {
  const made = await createPorts({
    log: memoryLog(),
    keys: { size: 1, mode: 'fresh' },
    ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
  });
  onTestFinished(() => made.close());
  const random = seededRandom(randomUUID(), 0);
  const facts = describeDevice(random, { os: '11 23H2' });
  const native = csrForm === undefined ? facts.native : { ...facts.native, CsrForm: csrForm };
  const device = createDevice({
    platform: 'windows',
    ports: { ...made.ports, random },
    facts: { ...facts, native },
  });
  onTestFinished(() => device.close());
  const told: Told[] = [];
  device.onEvent((event) => event.type === 'command' && told.push(event));
  return { device, told };
}

/** The whole of a device's life with this server, twice: what leaves can come back. */
async function lives(how: Partial<Invitation>, times: number): Promise<void> {
  const { device, told } = await openDevice();
  for (let time = 0; time < times; time++) {
    await device.enroll(to(how));
    expect(device.state.lifecycle).toBe('enrolled');
    const { identity, account } = readWindowsData(device.state.link?.data);
    expect(account.address).toMatch(/^https:\/\//);
    expect(readCertificate(identity.certificate).notAfter.getTime()).toBeGreaterThan(Date.now());

    told.length = 0;
    const first = await device.checkIn(undefined, 'enrolled');
    expect(first.commands).toBeLessThanOrEqual(told.length); // the members of an Atomic are told one by one
    for (const { said } of told) expect(said).toMatch(/^\d{3} /);
    await device.checkIn();
    expect(device.state.lifecycle).toBe('enrolled');

    await device.leave();
    expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
  }
}

describeHere('an MDM server for Windows that somebody runs', () => {
  it(
    'is enrolled at by user and password or its sign-in page, checked in with and left, twice',
    needing(user !== undefined, 'WINDOWS_MDM_USER'),
    async () => {
      await lives(person, 2);
    },
  );

  it(
    'is enrolled at by its token, whatever it asks for, checked in with and left',
    needing(token !== undefined, 'WINDOWS_MDM_TOKEN'),
    async () => {
      await lives(byToken, 1);
    },
  );

  it('has something else than a discovery service elsewhere, which ends with an HRESULT', async () => {
    const { device } = await openDevice();
    const wrong = new URL('/rollcall/nothing/here', discovery).href;
    await expect(device.enroll({ ...to(byToken), url: wrong })).rejects.toMatchObject({
      details: { step: 'Discovery', hresult: expect.stringMatching(/^0x8019[0-9A-F]{4}$/) },
    });
    expect(device.state.lifecycle).toBe('unenrolled');
  });

  it(
    'hears nothing of a second enrollment while the device is managed (0x8018000A)',
    needing(user !== undefined, 'WINDOWS_MDM_USER'),
    async () => {
      const { device } = await openDevice();
      await device.enroll(to(person));
      await expect(device.enroll({ ...to(person), authority: 'other' })).rejects.toMatchObject({
        details: { hresult: '0x8018000A' },
      });
      expect(await device.checkIn()).toMatchObject({ requests: expect.any(Number) });
      await device.leave();
    },
  );
});
