// An iOS device and its folder: what a process that ends at any moment leaves for the next one.
import { cpSync, readFileSync } from 'node:fs';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { createDevice } from '../../agent/create-device.js';
import type { Device } from '../../agent/device-types.js';
import { agentError } from '../../agent/errors.js';
import { openKeyPool } from '../../agent/io/key-pool.js';
import { seededRandom } from '../../agent/io/random.js';
import type { Ports } from '../../agent/model/ports.js';
import type { DeviceState } from '../../agent/model/state.js';
import { openFileStore } from '../../agent/store/file-store.js';
import { unpackState } from '../../agent/store/pack.js';
import type { DeviceStore } from '../../agent/store/store.js';
import { manualClock } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import { readSignedData } from '../../protocol/x509/cms.js';
import { describeWith, temporaryFolder } from '../support/programs.js';
import { type ScriptedHttp, scriptedHttp } from '../support/scripted-http.js';
import {
  command,
  data,
  enrollmentProfile,
  mdmPayload,
  type OpensslIdentity,
  opensslIdentity,
  payload,
  profile,
  scepPayload,
  TestServer,
} from './platform/ios/harness.js';
import { ScepServer } from './scep/server.js';

const wifi = (number: number, ssid: string): string =>
  payload(
    'com.apple.wifi.managed',
    number,
    `<key>SSID_STR</key><string>${ssid}</string><key>EncryptionType</key><string>WPA2</string><key>Password</key><string>long enough</string>`,
  );

describeWith('openssl')('a device that is stored', () => {
  let identity: OpensslIdentity;
  let ca: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
    ca = opensslIdentity('CA');
  });

  /** A server, and processes one after another that emulate the device in one folder. */
  function setUp() {
    const folder = temporaryFolder();
    const server = new TestServer();
    const clock = manualClock(Date.now());
    const scep = new ScepServer(ca, () => new Date(clock.now()));
    server.override = (request) => (new URL(request.url).pathname === '/scep' ? scep.answer(request) : undefined);
    const http: ScriptedHttp = scriptedHttp(server.script);
    let processes = 0;
    const disk = { isFull: false };
    async function startProcess(at = folder) {
      const keys = openKeyPool({ reuse: false, size: 0, bits: 1024, folder: `${at}/keys`, log: silentLog });
      const files = await openFileStore(at);
      const store: DeviceStore = {
        ...files,
        save: async (state) => {
          if (disk.isFull) throw agentError('STATE_UNSAVED', 'the disk is full');
          await files.save(state);
        },
      };
      const random = seededRandom('stored', ++processes);
      const ports: Ports = { clock, random, http, keys, log: silentLog };
      const [id] = store.ids();
      const state = id === undefined ? undefined : store.load(id);
      const device: Device = createDevice({ platform: 'ios', ports, store, ...(state === undefined ? {} : { state }) });
      let isOver = false;
      const end = async (): Promise<void> => {
        if (isOver) return;
        isOver = true;
        await device.close();
        await store.close();
        await keys.close();
      };
      onTestFinished(end);
      return { device, store, end };
    }
    return { folder, server, http, clock, startProcess, disk };
  }

  const signerOf = (http: ScriptedHttp): Buffer => {
    const header = http.requests.at(-1)?.headers?.['Mdm-Signature'] ?? '';
    return readSignedData(Buffer.from(header, 'base64')).certificates[0] ?? Buffer.alloc(0);
  };

  it.each(['SCEP', 'PKCS#12'])(
    'today checks in tomorrow with the same identity (%s), and is not enrolled again',
    async (kind) => {
      const { server, http, clock, startProcess } = setUp();
      const document =
        kind === 'SCEP' ? profile('test.enrollment', [mdmPayload(), scepPayload(1)]) : enrollmentProfile(identity);
      const first = await startProcess();
      await first.device.enroll({ authority: 'a', document });
      await first.device.checkIn();
      const before = signerOf(http);
      await first.end();
      await clock.advance(3_600_000);
      const second = await startProcess();
      server.queue.push(command('DeviceInformation', '<key>Queries</key><array><string>UDID</string></array>'));
      expect(await second.device.checkIn()).toMatchObject({ commands: 1 });
      expect(server.last['QueryResponses']).toEqual({ UDID: first.device.state.facts.id });
      expect(signerOf(http).equals(before)).toBe(true);
      expect(server.types).toEqual(['Authenticate', 'TokenUpdate']);
    },
  );

  it('is on the disk as the authority is told, at every moment that it is told something', async () => {
    const { server, folder, startProcess } = setUp();
    const { device, end } = await startProcess();
    await device.enroll({ authority: 'a', document: enrollmentProfile(identity) });
    /** Not by the store, which knows what it is about to write. */
    const onDisk = (): DeviceState =>
      unpackState(readFileSync(`${folder}/${device.state.facts.id}.device`).subarray(32));
    const told: { ssids: string[]; profiles: string[]; name: string; apps: number }[] = [];
    const profilesOf = (state: DeviceState): string[] =>
      ((state.link?.data as { profiles?: { identifier: string }[] } | undefined)?.profiles ?? []).map(
        (each) => each.identifier,
      );
    const { override } = server;
    server.override = (request) => {
      const state = onDisk();
      told.push({
        ssids: state.holdings.map(({ profile: held }) => held.name),
        profiles: profilesOf(state),
        name: state.condition.deviceName,
        apps: (state.link?.data as { apps?: unknown[] } | undefined)?.apps?.length ?? 0, // on its way, and not yet there
      });
      return override?.(request);
    };
    const install = (id: string, number: number) =>
      command('InstallProfile', `<key>Payload</key>${data(profile(id, [wifi(number, id)]))}`);
    server.queue.push(
      install('one', 80),
      install('two', 81),
      command('RemoveProfile', '<key>Identifier</key><string>one</string>'),
      command(
        'Settings',
        '<key>Settings</key><array><dict><key>Item</key><string>DeviceName</string><key>DeviceName</key><string>New</string></dict></array>',
      ),
      command('InstallApplication', '<key>Identifier</key><string>com.example.app</string>'),
    );
    await device.checkIn();
    const base = 'test.enrollment';
    expect(told.map(({ ssids }) => ssids)).toEqual([[], ['one'], ['one', 'two'], ['two'], ['two'], ['two']]);
    expect(told.map(({ profiles }) => profiles)).toEqual([
      [base],
      [base, 'one'],
      [base, 'one', 'two'],
      [base, 'two'],
      [base, 'two'],
      [base, 'two'],
    ]);
    expect(told.map(({ name }) => name === 'New')).toEqual([false, false, false, false, true, true]);
    expect(told.map(({ apps }) => apps)).toEqual([0, 0, 0, 0, 0, 1]);
    await end();
  });

  it('that ends in the middle of an enrollment is as it was before, until the word that completes it is about to be said', async () => {
    const { server, startProcess } = setUp();
    const { device, store } = await startProcess();
    await device.rename('Mine');
    const { override } = server;
    const seen: (DeviceState | undefined)[] = [];
    server.override = (request) => {
      seen.push(store.load(device.state.facts.id));
      return override?.(request);
    };
    await device.enroll({ authority: 'a', document: enrollmentProfile(identity, {}, [wifi(82, 'office')]) });
    expect(server.types).toEqual(['Authenticate', 'TokenUpdate']);
    const last = seen.pop();
    for (const state of seen) expect(state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
    expect(last).toMatchObject({
      lifecycle: 'enrolled',
      holdings: [{ authority: 'a' }],
      link: { data: { owes: 'TokenUpdate' } },
    });
    expect(store.load(device.state.facts.id)).toMatchObject({
      lifecycle: 'enrolled',
      condition: { deviceName: 'Mine' },
    });
  });

  it('that ends before its TokenUpdate is answered says it again in its next session, and is enrolled', async () => {
    const { server, folder, startProcess } = setUp();
    const first = await startProcess();
    const asItWasLeft = temporaryFolder();
    const { override } = server;
    server.override = (request) => {
      if (request.bytes.includes('<string>TokenUpdate</string>')) cpSync(folder, asItWasLeft, { recursive: true });
      return override?.(request);
    };
    await first.device.enroll({ authority: 'a', document: enrollmentProfile(identity, {}, [wifi(82, 'office')]) });
    server.override = override;
    const second = await startProcess(asItWasLeft);
    expect(second.device.state.lifecycle).toBe('enrolled');
    await second.device.checkIn();
    await second.device.checkIn();
    expect(server.types).toEqual(['Authenticate', 'TokenUpdate', 'TokenUpdate']);
  });

  it('that ends before its result is heard says it in its next session, and does nothing twice', async () => {
    const { server, folder, startProcess } = setUp();
    const { device } = await startProcess();
    await device.enroll({ authority: 'a', document: enrollmentProfile(identity) });
    const install = command('InstallProfile', `<key>Payload</key>${data(profile('one', [wifi(80, 'one')]))}`);
    const remove = command('RemoveProfile', '<key>Identifier</key><string>one</string>');
    const asItWasLeft = temporaryFolder();
    const { override } = server;
    server.override = (request) => {
      if (server.results.length === 2) cpSync(folder, asItWasLeft, { recursive: true }); // the removal's result is on its way
      return override?.(request);
    };
    server.queue.push(install, remove);
    await device.checkIn();
    server.override = override;
    const answer = server.results.at(-1);
    expect(answer).toMatchObject({ Status: 'Acknowledged' });
    const second = await startProcess(asItWasLeft);
    expect(second.device.state.holdings.map(({ profile: held }) => held.name)).not.toContain('one');
    server.results.length = 0;
    await second.device.checkIn();
    await second.device.checkIn();
    expect(server.results).toEqual([answer, expect.objectContaining({ Status: 'Idle' })]);
  });

  it('puts off what it cannot save, is as it was before, and takes it when there is room', async () => {
    const { server, startProcess, disk } = setUp();
    const { device, store, end } = await startProcess();
    await device.enroll({ authority: 'a', document: enrollmentProfile(identity) });
    await device.checkIn();
    const before = device.state;
    const install = command('InstallProfile', `<key>Payload</key>${data(profile('one', [wifi(80, 'one')]))}`);
    const ask = command('DeviceInformation', '<key>Queries</key><array><string>UDID</string></array>');
    const wipe = command('EraseDevice');
    disk.isFull = true;
    server.queue.push(install, ask, wipe);
    server.results.length = 0;
    const said = () => server.results.map(({ Status: status }) => status);
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    expect(said()).toEqual(['Idle', 'NotNow', 'Acknowledged', 'NotNow']); // a question changes nothing
    expect({ ...device.state, lastCheckInAt: 0, owesCheckIn: false }).toEqual({
      ...before,
      lastCheckInAt: 0,
      owesCheckIn: false,
    });
    expect(store.load(before.facts.id)).toEqual(before);
    disk.isFull = false;
    server.queue.push(install);
    await device.checkIn();
    expect(said().slice(4)).toEqual(['Idle', 'Acknowledged']);
    expect(store.load(before.facts.id)).toMatchObject({
      lifecycle: 'enrolled',
      holdings: [{ profile: { name: 'one' } }],
    });
    await end();
  });

  it('does not say that it is enrolled where it cannot keep that, and takes back what it has said', async () => {
    const { server, startProcess, disk } = setUp();
    const { device, store } = await startProcess();
    await device.rename('Mine');
    disk.isFull = true;
    const document = enrollmentProfile(identity, { checkOut: true });
    await expect(device.enroll({ authority: 'a', document })).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    expect(server.types).toEqual(['Authenticate', 'CheckOut']);
    expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
    expect(store.load(device.state.facts.id)).toMatchObject({
      lifecycle: 'unenrolled',
      condition: { deviceName: 'Mine' },
    });
    disk.isFull = false;
    await device.enroll({ authority: 'a', document });
    expect(store.load(device.state.facts.id)).toMatchObject({ lifecycle: 'enrolled' });
  });

  it('shows the gate the certificate that it fetched, was given, or is known by', async () => {
    const { server, http, startProcess } = setUp();
    const { device } = await startProcess();
    await device.enroll({ authority: 'a', document: profile('test.enrollment', [mdmPayload(), scepPayload(1)]) });
    const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    const secure = (number: number, by: number): string =>
      payload(
        'com.apple.wifi.managed',
        number,
        `<key>SSID_STR</key><string>s${number}</string><key>EncryptionType</key><string>WPA2</string>
         <key>PayloadCertificateUUID</key><string>${uuid(by)}</string>
         <key>EAPClientConfiguration</key><dict><key>AcceptEAPTypes</key><array><integer>13</integer></array></dict>`,
      );
    const pkcs12 = payload(
      'com.apple.security.pkcs12',
      93,
      `<key>PayloadContent</key>${data(identity.pkcs12)}<key>Password</key><string>secret</string>`,
    );
    for (const document of [
      profile('fetched', [scepPayload(90), secure(91, 90)]),
      profile('given', [pkcs12, secure(92, 93)]),
    ])
      server.queue.push(command('InstallProfile', `<key>Payload</key>${data(document)}`));
    await device.checkIn();
    const own = signerOf(http);
    const shown = async (name: string): Promise<Buffer> => {
      server.override = () => ({ status: 204 });
      await device.useResource('wifi', name);
      const { certificate } = JSON.parse(http.requests.at(-1)?.bytes.toString() ?? '{}');
      return Buffer.from(certificate ?? '', 'base64');
    };
    expect((await shown('given')).equals(identity.certificate)).toBe(true);
    const fetched = await shown('fetched');
    expect(fetched.length).toBeGreaterThan(300);
    expect(fetched.equals(own)).toBe(false);
  });
});
