// What a person at an iOS device is told of commands: all of it, as it happens, and never a secret.
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeEvent } from '../../../../agent/describe-event.js';
import { createDeviceOf } from '../../../../agent/device.js';
import type { Device, DeviceEvent, DeviceOptions } from '../../../../agent/device-types.js';
import { agentError } from '../../../../agent/errors.js';
import { createIos } from '../../../../agent/platform/ios/driver.js';
import { failureJson, toJsonText } from '../../../../base/failure-json.js';
import { requestTypes } from '../../../../protocol/apple-mdm/request-types.js';
import { describeWith } from '../../../support/programs.js';
import {
  command,
  data,
  enrollmentProfile,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  payload,
  pkcs12Payload,
  profile,
  type Stage,
  scepPayload,
  xml,
} from './harness.js';

type Told = Extract<DeviceEvent, { type: 'command' }>;

interface Scene {
  readonly stage: Stage;
  readonly device: Device;
  readonly events: DeviceEvent[];
  /** Of the next session, with these commands. */
  tell(...commands: readonly Buffer[]): Promise<readonly Told[]>;
}

const wifi = (keys = '') => payload('com.apple.wifi.managed', 21, `<key>SSID_STR</key><string>office</string>${keys}`);
const install = (bytes: Uint8Array, id?: string) => command('InstallProfile', `<key>Payload</key>${data(bytes)}`, id);

describeWith('openssl')('a device that is told what to do', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('told');
  });

  async function enrolled(options: Partial<DeviceOptions> = {}, others: readonly string[] = []): Promise<Scene> {
    const stage = openStage();
    const device = createDeviceOf(createIos(), { platform: 'ios', ports: stage.ports, ...options });
    onTestFinished(() => device.close());
    const events: DeviceEvent[] = [];
    device.onEvent((event) => events.push(event));
    await device.enroll({ authority: 'test', document: enrollmentProfile(identity, {}, others) });
    return {
      stage,
      device,
      events,
      async tell(...commands) {
        events.length = 0;
        stage.server.queue.push(...commands);
        await device.checkIn();
        return events.flatMap((event) => (event.type === 'command' ? [event] : []));
      },
    };
  }

  it('tells of each its name, what it is about, its identifier, and how it was answered', async () => {
    const { tell } = await enrolled();
    const told = await tell(
      install(profile('com.example.office', [wifi()]), 'one'),
      command('RemoveProfile', '<key>Identifier</key><string>no.such</string>', 'two'),
      command('DeviceInformation', '<key>Queries</key><array><string>UDID</string></array>', 'three'),
      command('MakeCoffee', '', 'four'),
    );
    expect(told.map(({ at: _, changes: __, ...each }) => each)).toEqual([
      {
        type: 'command',
        name: 'InstallProfile',
        about: 'com.example.office',
        id: 'one',
        status: 'done',
        said: 'Acknowledged',
      },
      {
        type: 'command',
        name: 'RemoveProfile',
        about: 'no.such',
        id: 'two',
        status: 'failed',
        said: 'Error',
        error: [{ domain: 'MDMErrorDomain', code: 12075, message: 'The profile “no.such” is not installed.' }],
      },
      { type: 'command', name: 'DeviceInformation', id: 'three', status: 'done', said: 'Acknowledged' },
      {
        type: 'command',
        name: 'MakeCoffee',
        id: 'four',
        status: 'failed',
        said: 'Error',
        error: [{ domain: 'MCMDMErrorDomain', code: 12021, message: '“MakeCoffee” is not a valid request type.' }],
      },
    ]);
    expect(told[0]?.changes.map((change) => change.command.kind)).toEqual(['install-profile']);
  });

  it('tells the whole error chain, and in the console each of its links on a line of its own', async () => {
    const { tell } = await enrolled();
    const [told] = await tell(
      install(profile('com.example.bad', [wifi('<key>EncryptionType</key><string>ROT13</string>')])),
    );
    expect(told).toMatchObject({ about: 'com.example.bad', status: 'failed', said: 'Error' });
    expect(told?.error?.length).toBeGreaterThan(1);
    const lines = told === undefined ? [] : describeEvent(told).split('\n');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d command InstallProfile com\.example\.bad: failed \(Error\), id \S+$/);
    expect(lines.slice(1).map((line) => line.trim())).toEqual(
      told?.error?.map(({ domain, code, message }) => `${domain} ${code}: ${message}`),
    );
    expect(lines.slice(1).every((line) => line.startsWith('         '))).toBe(true);
  });

  it('tells why one was put off: a locked screen, and whoever decides in its place', async () => {
    const { device, tell } = await enrolled({
      decide: ({ kind }) => (kind === 'rename' ? { status: 'later', reason: 'not before noon' } : undefined),
    });
    await device.setPasscode('4711');
    await device.lock();
    const rename = `<key>Settings</key><array><dict><key>Item</key><string>DeviceName</string>
      <key>DeviceName</key><string>x</string></dict></array>`;
    const told = await tell(install(profile('com.example.office', [wifi()])), command('Settings', rename));
    expect(told).toMatchObject([
      { about: 'com.example.office', status: 'later', said: 'NotNow', reason: 'the screen is locked' },
      { about: 'DeviceName', status: 'later', said: 'NotNow', reason: 'not before noon', changes: [{ decided: true }] },
    ]);
    expect(told.map(describeEvent).join('\n')).toMatch(
      /later \(NotNow\).*\n +the screen is locked\n.*decided in its place/,
    );
  });

  it('tells what a profile that was put off in the middle waits for', async () => {
    const { tell } = await enrolled({
      decide: ({ kind }) => (kind === 'install-profile' ? { status: 'later', reason: 'no room today' } : undefined),
    });
    const [told] = await tell(install(profile('com.example.office', [wifi()])));
    expect(told).toMatchObject({ status: 'later', reason: 'no room today' });
  });

  it('tells what is wrong with one that is malformed, and with one that has no name', async () => {
    const { tell } = await enrolled();
    const told = await tell(
      command('RemoveProfile', '', 'one'),
      xml('<dict><key>CommandUUID</key><string>two</string></dict>'),
    );
    expect(told).toMatchObject([
      {
        name: 'RemoveProfile',
        id: 'one',
        status: 'failed',
        said: 'CommandFormatError',
        reason: 'Command/Identifier is missing',
      },
      { name: 'unreadable command', id: 'two', status: 'failed', reason: 'command: Command is missing' },
    ]);
  });

  it('tells of an acknowledged one which of its items failed', async () => {
    const { tell } = await enrolled();
    const item =
      '<dict><key>Item</key><string>TimeZone</string><key>TimeZone</key><string>Mars/Olympus</string></dict>';
    const [told] = await tell(command('Settings', `<key>Settings</key><array>${item}</array>`));
    expect(told).toMatchObject({
      status: 'done',
      about: 'TimeZone',
      error: [{ domain: 'MCSettingsErrorDomain', code: 28002, message: expect.stringMatching(/^TimeZone: .*Mars/) }],
    });
  });

  it('tells of one once what it changed is kept, and of what could not be kept that it comes again', async () => {
    const saved: string[] = [];
    let isFull = false;
    const store = {
      load: () => undefined,
      save: async () => {
        if (isFull)
          throw agentError('STATE_UNSAVED', 'it cannot be written', { cause: new Error('ENOSPC: no space left') });
        saved.push('saved');
      },
      delete: async () => {},
      ids: () => [],
      close: async () => {},
    };
    const { device, events, tell } = await enrolled({ store });
    device.onEvent(({ type }) => type === 'command' && saved.push('told'));
    saved.length = 0;
    await tell(install(profile('com.example.office', [wifi()])));
    expect(saved.slice(0, 2)).toEqual(['saved', 'told']);
    isFull = true;
    const told = await tell(install(profile('com.example.other', [wifi()]))).catch(() =>
      events.flatMap((event) => (event.type === 'command' ? [event] : [])),
    );
    expect(told).toMatchObject([{ status: 'later', reason: 'what it changes could not be stored', changes: [] }]);
    expect(events.find(({ type }) => type === 'trouble')).toMatchObject({
      code: 'STATE_UNSAVED',
      message: 'it cannot be written: ENOSPC: no space left',
    });
  });

  it('reports of the enrollment after a wipe where it is, and not its document', async () => {
    const { stage, device, events } = await enrolled();
    const document = enrollmentProfile(identity, {}, [
      wifi('<key>Password</key><string>hunter2hunter2</string><key>EncryptionType</key><string>WPA2</string>'),
    ]);
    stage.server.queue.push(
      command(
        'EraseDevice',
        `<key>ReturnToService</key><dict><key>Enabled</key><true/><key>MDMProfileData</key>${data(document)}</dict>`,
      ),
    );
    const report = await device.checkIn();
    expect(report).toEqual({ commands: 1, later: 0, requests: 2, left: 'wiped', next: { authority: 'test' } });
    expect(device.state.lifecycle).toBe('enrolled');
    const [told] = events.flatMap((event) => (event.type === 'checked-in' ? [event.report] : []));
    expect(told).toEqual(report);
  });

  describe('never a secret', () => {
    const secret = 'pl4nted-s3cret';
    const text = (key: string) => `<key>${key}</key><string>${secret}</string>`;
    const hidden = Buffer.from(secret).toString('base64');
    /** Everything that a command or a profile has been seen to carry a secret in, under names that are secret, and others. */
    const bag = (document: Uint8Array) => `
      ${text('PIN')}${text('Password')}${text('Passcode')}${text('Challenge')}${text('Username')}
      <key>UnlockToken</key>${data(Buffer.from(secret))}<key>Payload</key>${data(document)}
      <key>ManifestURL</key><string>https://user:${secret}@mdm.test/manifest?token=${secret}</string>
      <key>Configuration</key><dict>${text('apiKey')}</dict><key>Attributes</key><dict>${text('VPNUUID')}</dict>
      <key>ReturnToService</key><dict><key>Enabled</key><true/><key>MDMProfileData</key>${data(document)}</dict>
      <key>Settings</key><array><dict><key>Item</key><string>ApplicationConfiguration</string>
        <key>Identifier</key><string>com.example.app</string><key>Configuration</key><dict>${text('licence')}</dict></dict></array>
      <key>Identifiers</key><array><string>com.example.app</string></array>
      <key>Queries</key><array><string>UDID</string></array><key>Updates</key><array/>`;

    const kinds: Readonly<Record<string, () => string>> = {
      wifi: () => wifi(`<key>EncryptionType</key><string>WPA2</string>${text('Password')}`),
      'wifi with EAP': () =>
        wifi(`<key>EncryptionType</key><string>WPA2</string><key>EAPClientConfiguration</key><dict>
          <key>AcceptEAPTypes</key><array><integer>25</integer></array><key>UserName</key><string>anna</string>${text('UserPassword')}</dict>`),
      mail: () =>
        payload(
          'com.apple.mail.managed',
          31,
          `<key>EmailAccountType</key><string>EmailTypeIMAP</string>
          <key>EmailAddress</key><string>a@b.test</string><key>IncomingMailServerAuthentication</key><string>EmailAuthPassword</string>
          <key>IncomingMailServerHostName</key><string>imap.test</string><key>IncomingMailServerUsername</key><string>a</string>
          <key>OutgoingMailServerAuthentication</key><string>EmailAuthPassword</string><key>OutgoingMailServerHostName</key>
          <string>smtp.test</string>${text('IncomingPassword')}${text('OutgoingPassword')}`,
        ),
      vpn: () =>
        payload(
          'com.apple.vpn.managed',
          32,
          `<key>UserDefinedName</key><string>v</string><key>VPNType</key><string>IPSec</string>
          <key>IPSec</key><dict><key>RemoteAddress</key><string>vpn.test</string><key>AuthenticationMethod</key>
          <string>SharedSecret</string><key>SharedSecret</key>${data(Buffer.from(secret))}${text('XAuthPassword')}</dict>`,
        ),
      exchange: () =>
        payload(
          'com.apple.eas.account',
          33,
          `<key>Host</key><string>eas.test</string>
          <key>EmailAddress</key><string>a@b.test</string>${text('Password')}`,
        ),
      'a certificate under a password': () =>
        payload(
          'com.apple.security.pkcs12',
          34,
          `<key>PayloadContent</key>${data(identity.pkcs12)}${text('Password')}`,
        ),
      'a certificate of SCEP': () => scepPayload(35, text('Challenge')),
      'a calendar': () =>
        payload(
          'com.apple.caldav.account',
          36,
          `<key>CalDAVHostName</key><string>dav.test</string>${text('CalDAVPassword')}`,
        ),
      'somebody else’s': () =>
        payload('com.example.settings', 37, `${text('licence')}<key>deep</key><dict>${text('k')}</dict>`),
    };

    function expectNothingOf(events: readonly DeviceEvent[]): void {
      const texts = [toJsonText(events), ...events.map(describeEvent)];
      for (const event of events) if (event.type === 'failed') texts.push(toJsonText(failureJson(event.error)));
      for (const each of texts) {
        expect(each).not.toContain(secret);
        expect(each).not.toContain(hidden);
        expect(each).not.toMatch(/hunter2|UnlockToken": "(?!\[secret)/);
      }
    }

    it.each(Object.keys(kinds))('of a profile: %s', async (kind) => {
      const scene = await enrolled();
      const document = profile('com.example.secret', [kinds[kind]?.() ?? '']);
      const told = await scene.tell(install(document));
      expect(told).toHaveLength(1);
      expectNothingOf(scene.events);
      await scene.device.setPasscode(secret);
      await scene.device.lock();
      expect(await scene.tell(install(document))).toHaveLength(1);
      expectNothingOf(scene.events);
    });

    it('of the enrollment’s own', async () => {
      const { events } = await enrolled({}, [
        kinds['wifi']?.() ?? '',
        kinds['mail']?.() ?? '',
        pkcs12Payload(identity, 34),
      ]);
      expect(events.map(({ type }) => type)).toEqual(['enrolling', 'enrolled']);
      expectNothingOf(events);
    });

    it('of an address: its query and its user', async () => {
      const stage = openStage();
      const device = createDeviceOf(createIos(), { platform: 'ios', ports: stage.ports });
      onTestFinished(() => device.close());
      const events: DeviceEvent[] = [];
      device.onEvent((event) => events.push(event));
      for (const status of [403, 503]) {
        stage.server.override = () => ({ status });
        const url = `https://mdm.test/enroll?code=${secret}`;
        await expect(device.enroll({ authority: 'test', url })).rejects.toThrow(/enroll\?code=… answered/);
      }
      stage.server.override = ({ url }) => (url.includes('/checkin') ? { status: 401 } : undefined);
      const text = enrollmentProfile(identity).toString().replaceAll('/checkin<', `/checkin?key=${secret}<`);
      await expect(device.enroll({ authority: 'test', document: Buffer.from(text) })).rejects.toThrow(/key=…/);
      expect(events.filter(({ type }) => type === 'failed')).toHaveLength(3);
      expectNothingOf(events);
    });

    it.each(Object.keys(requestTypes))('of the command %s, whatever it carries', async (name) => {
      const scene = await enrolled();
      const document = enrollmentProfile(identity, {}, [kinds['wifi']?.() ?? '']);
      const told = await scene.tell(command(name, bag(document)));
      expect(told.map((each) => each.name)).toEqual([name]);
      expectNothingOf(scene.events);
      if (scene.device.state.lifecycle === 'enrolled' && scene.device.state.condition.powered)
        expect(await scene.tell(command(name, text('Identifier') + bag(document)))).toHaveLength(1);
    });
  });
});
