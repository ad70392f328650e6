// What a real Headwind MDM server gives a device beside settings, and what it is told: files, certificates, apps, log lines, dynamic
// information, messages, many devices at once. Set HMDM_URL as headwind.test.ts says. The log rule of one configuration and the
// plug-in "device info" are switched on, and off again.
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../support/self-signed.js';
import { type HeadwindAdmin, launcher } from './headwind-admin.js';
import {
  adminOf,
  describeHere,
  live,
  newName,
  type Opened,
  openDevice,
  openPorts,
  url,
  whenTold,
} from './headwind-device.js';

const rootPem = new X509Certificate(selfSigned('Interop Root').certificate).toString();

async function enrolled(change: Parameters<HeadwindAdmin['change']>[1] = {}) {
  const admin = await adminOf(url);
  const { id, qrCodeKey: key } = await admin.makeConfiguration(newName());
  await admin.change(id, change);
  const opened = await openDevice();
  await opened.enroll({ key });
  return { admin, id, key, opened };
}

/** What it did; that it was told of an update says nothing of that. */
const commands = ({ events }: Opened) =>
  events.flatMap((event) =>
    event.type === 'command' && event.name !== 'configUpdated'
      ? [
          `${event.name} ${event.about ?? ''}${event.status === 'done' ? '' : `: ${event.status} ${event.reason ?? ''}`}`,
        ]
      : [],
  );
/** Asks until it is so: the server answers a device first, and writes what it was told afterwards. */
async function written(admin: HeadwindAdmin, path: string, search: object, isIt: (found: unknown) => boolean) {
  while (!isIt(await admin.data('POST', path, search)));
}

const troubles = ({ events }: Opened) => events.filter(({ type }) => type === 'trouble');

describeHere('a Headwind MDM server gives', () => {
  it('files, one of them a certificate, with names as they come, and takes them away', async () => {
    const admin = await adminOf(url);
    const folder = newName();
    const note = await admin.upload(`${folder}-my notes é.txt`, 'for DEVICE_NUMBER', true);
    const root = await admin.upload(`${folder}-root.pem`, rootPem);
    const files = [
      { fileId: note, path: '/docs/my notes é.txt' },
      { fileId: root, path: '/certs/root.pem' },
    ];
    const settings = [{ pkg: launcher, name: 'certificates', value: '/certs/root.pem' }];
    const { id, opened } = await enrolled({ files, settings });
    expect(commands(opened)).toEqual(['file /docs/my notes é.txt', 'file /certs/root.pem', 'certificate root.pem']);
    const { fileId, path } = files[0] ?? { fileId: 0, path: '' };
    await admin.change(id, { files: [{ fileId, path, remove: true }] });
    opened.events.length = 0;
    await opened.device.checkIn();
    expect(commands(opened)).toEqual(['file /docs/my notes é.txt']);
    expect(troubles(opened)).toEqual([]);
  });

  it('apps to install and to remove, and pages', async () => {
    const admin = await adminOf(url);
    const pkg = `com.example.${newName().replace('-', '_')}`;
    const apk = await serving(Buffer.from('PK\u0003\u0004 an APK, as far as anybody looks'));
    const app = { pkg, name: 'Of a test', version: '1.2', url: apk, type: 'app', showIcon: true };
    const page = { name: newName(), url: 'https://contoso.example/', type: 'web', showIcon: true };
    const made = (await admin.data('PUT', 'private/applications/android', app)) as { readonly id: number };
    const web = (await admin.data('PUT', 'private/applications/web', page)) as { readonly id: number };
    const { id, opened } = await enrolled();
    const chosen = (action: number) => admin.chosen(id, [made.id, web.id], action);
    await admin.change(id, { applications: await chosen(1) });
    await opened.device.checkIn();
    expect(commands(opened)).toEqual([`app ${pkg}`]);
    expect(opened.device.state.apps).toMatchObject([{ id: pkg, version: '1.2', managed: true }]);
    expect(JSON.stringify(await admin.device(opened.number))).toContain(pkg);
    await admin.change(id, { applications: await chosen(2) });
    await opened.device.checkIn();
    expect(opened.device.state.apps).toEqual([]);
    expect(troubles(opened)).toEqual([]);
  });

  it('settings of one device, which win, with what the device fills in', async () => {
    const { admin, opened } = await enrolled({ settings: [{ pkg: launcher, name: 'greeting', value: 'all' }] });
    const mail = {
      email_address: 'DEVICE_NUMBER@contoso.example',
      exchange_host: 'm.contoso.example',
      exchange_username: 'ann',
    };
    const gmail = { pkg: 'com.google.android.gm', name: 'managedConfig', value: JSON.stringify(mail), variable: true };
    await admin.changeDevice(opened.number, [gmail]);
    await opened.device.checkIn();
    expect(opened.device.state.holdings.map(({ profile }) => profile)).toMatchObject([
      { kind: 'email', emailAddress: `${opened.number}@contoso.example` },
    ]);
  });
});

describeHere('a Headwind MDM server is told', () => {
  it('the lines that its rules ask for, and dynamic information where that is on', async () => {
    const { admin, id, opened } = await enrolled();
    const rule = { name: newName(), active: true, applicationPkg: launcher, severity: 'VERBOSE', configurationId: id };
    await admin.data('PUT', 'plugins/devicelog/devicelog-plugin-settings/private/rule', rule).catch(() => {});
    const info = 'plugins/deviceinfo/deviceinfo-plugin-settings/private';
    const settings = (await admin.data('GET', info)) as object;
    onTestFinished(async () => void (await admin.data('PUT', info, settings)));
    await admin.data('PUT', info, { ...settings, sendData: true, intervalMins: 15 });
    await admin.push(opened.number, 'runCommand', '{command: "id"}');
    live(opened);
    await whenTold(opened, ({ type }) => type === 'checked-in');
    await opened.device.checkIn();
    await written(admin, 'plugins/devicelog/log/private/search', { deviceFilter: opened.number }, (lines) =>
      JSON.stringify(lines).includes('Got Push Message, type runCommand'),
    );
    const known = { deviceNumber: opened.number, useFixedInterval: true };
    await written(
      admin,
      'plugins/deviceinfo/deviceinfo/private/search/dynamic',
      known,
      (found) => (found as { totalItemsCount: number }).totalItemsCount === 1,
    );
  });

  it('that a message was shown', async () => {
    const { admin, opened } = await enrolled();
    live(opened);
    const shown = whenTold(opened, (event) => event.type === 'command' && event.name === 'textMessage');
    const message = { scope: 'device', deviceNumber: opened.number, message: 'Hello "you" {now}' };
    await admin.data('POST', 'plugins/messaging/private/send', message);
    await shown;
    const found = await admin.data('POST', 'plugins/messaging/private/search', { pageNum: 1, pageSize: 1000 });
    expect(found).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ deviceNumber: opened.number, status: 2 })]),
    });
  });
});

describeHere('fifty devices at a Headwind MDM server', () => {
  it('enroll by one QR code, are woken by one change, and are seen', { timeout: 300_000 }, async () => {
    const admin = await adminOf(url);
    const { id, qrCodeKey: key } = await admin.makeConfiguration(newName());
    await admin.change(id, { applications: [] }); // those that every new configuration has are downloaded from afar
    const made = await openPorts();
    const all = await Promise.all(Array.from({ length: 50 }, () => openDevice(newName(), made)));
    await Promise.all(all.map((each) => each.enroll({ key })));
    const since = Date.now();
    for (const each of all) live(each);
    const applied = all.map((each) => whenTold(each, (event) => event.type === 'command' && event.name === 'email'));
    const mail = { email_address: 'ann@contoso.example', exchange_host: 'm.contoso.example', exchange_username: 'ann' };
    const gmail = { pkg: 'com.google.android.gm', name: 'managedConfig', value: JSON.stringify(mail) };
    await admin.change(id, { settings: [gmail] });
    await Promise.all(applied);
    await Promise.all(all.map(({ device }) => device.checkIn())); // what it told is at the server
    const asked = { value: '', configurationId: id, groupId: -1, pageNum: 1, pageSize: 100 };
    const found = (await admin.data('POST', 'private/devices/search', asked)) as Found;
    const seen = found.devices.items.filter(({ lastUpdate }) => lastUpdate >= since);
    expect(seen.map(({ number }) => number).sort()).toEqual(all.map(({ number }) => number).sort());
  });
});

interface Found {
  readonly devices: { readonly items: readonly { readonly number: string; readonly lastUpdate: number }[] };
}

/** The address of a file. */
async function serving(content: Buffer): Promise<string> {
  const server = createServer((_, response) => response.end(content)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/app.apk`;
}
