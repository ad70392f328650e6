import { beforeEach, describe, expect, it } from 'vitest';
import { nextCheckIn } from '../../../../../agent/platform/windows/schedule.js';
import { writeMsiInstallJob } from '../../../../../protocol/csp/msi-install-job.js';
import { decodeSyncMl } from '../../../../../protocol/syncml/read.js';
import { describeWithFixtures, fixture } from '../../../../support/shared.js';
import { atomic, command, openCsps } from './csp-stage.js';

const id = '{AF9257BA-6BBD-4624-AA9B-0182D50292C3}';
const below = `Vendor/MSFT/EnterpriseDesktopAppManagement/MSI/%7B${id.slice(1, -1)}%7D`;
const product = `./Device/${below}`;
const usersProduct = `./User/${below}`;
const job = {
  id: '{9BD4F7CD-880A-40B5-B74C-1BEECB51E596}',
  version: '1.2.3',
  contentUrls: ['https://files.contoso.example/a/Orca%20Two.msi'],
  fileHash: '4525065777EF18B9444ABF71DD4B48E5F64F4F0E1E029995FB8DA441CDE4296E',
  commandLine: '/quiet',
};
const install = (at = product) => [
  command('Add', `${at}/DownloadInstall`),
  command('Exec', `${at}/DownloadInstall`, writeMsiInstallJob(job), 'xml'),
];
const app = { id, name: 'Orca Two', version: '1.2.3', sizeBytes: 0, managed: true };

describe('An MSI package', () => {
  let device: ReturnType<typeof openCsps>;
  beforeEach(() => {
    device = openCsps();
  });
  const status = async (at = product) => (await device.get(`${at}/Status`)).data;
  /** Lets time pass until the work that waits is due, and does it. */
  const step = async () => {
    const [{ at = 0 } = {}] = device.memory.data.works ?? [];
    await device.clock.advance(at - device.clock.now());
    return device.work();
  };

  it('walks from initialized to installed, each step at its time, and is an app then', async () => {
    const [add, exec] = install();
    expect(await device.codes(add ?? '')).toEqual([200]);
    expect(await status()).toBe('10');
    expect((await device.get(`${product}/LastError`)).code).toBe(404);
    expect(await device.codes(exec ?? '')).toEqual([200]);
    const seen = [await status()];
    await device.work();
    seen.push(await status());
    const now = device.clock.now();
    expect(nextCheckIn(device.memory.data, now)).toEqual({ at: now + 60_000, reason: 'report-due' });
    while ((device.memory.data.works ?? []).length > 0) {
      await step();
      seen.push(await status());
    }
    expect(seen).toEqual(['10', '20', '40', '50', '70']);
    expect(device.clock.now()).toBe(Date.UTC(2026, 10, 26, 12, 2, 10));
    expect(device.view.state.apps).toEqual([app]);
    const leaf = async (name: string) => (await device.get(`${product}/${name}`)).data;
    expect(
      await Promise.all(['LastError', 'Version', 'Name', 'Publisher', 'InstallPath', 'InstallDate'].map(leaf)),
    ).toEqual(['0', '1.2.3', 'Orca Two', 'files.contoso.example', 'C:\\Program Files\\Orca Two\\', '20261126']);
  });

  const installed = async (at = product) => {
    await device.run(...install(at));
    await device.work();
    while ((device.memory.data.works ?? []).length > 0) await step();
  };

  it('is uninstalled with its node, and comes back when it is installed again', async () => {
    await installed();
    expect(await device.codes(command('Delete', product), command('Get', product))).toEqual([200, 404]);
    expect(device.view.state.apps).toEqual([]);
    await installed();
    expect(device.view.state.apps).toEqual([app]);
  });

  it('stays where its deletion is rolled back', async () => {
    await installed();
    await device.run(atomic(command('Delete', product), command('Replace', './DevInfo/DevId', 'x')));
    expect(device.view.state.apps).toEqual([app]);
    expect(await status()).toBe('70');
  });

  it('of the device and of the user is one app, until both are gone', async () => {
    await installed();
    await installed(usersProduct);
    expect(device.view.state.apps).toEqual([app]);
    await device.run(command('Delete', product));
    expect(device.view.state.apps).toEqual([app]);
    await device.run(command('Delete', usersProduct));
    expect(device.view.state.apps).toEqual([]);
  });

  it('that is deleted on its way never arrives', async () => {
    await device.run(...install());
    await device.work();
    await device.run(command('Delete', `${product}/DownloadInstall`));
    expect(device.memory.data.works).toBeUndefined();
    await device.run(...install(), command('Delete', `${product}/DownloadInstall`));
    await device.work();
    expect(device.memory.data.works).toBeUndefined();
    expect(device.view.state.apps).toEqual([]);
  });

  it('of the user’s waits for the user: refused before sign-in, pending where the user went away since', async () => {
    const away = openCsps({ signedIn: 'none' });
    expect(await away.codes(...install(usersProduct))).toEqual([405, 405]);
    await device.run(...install(usersProduct));
    await device.work();
    await step();
    device.view.state = { ...device.view.state, condition: { ...device.view.state.condition, signedIn: 'none' } };
    await step();
    device.view.state = { ...device.view.state, condition: { ...device.view.state.condition, signedIn: 'user' } };
    expect(await status(usersProduct)).toBe('48');
    await step();
    expect(await status(usersProduct)).toBe('50');
    await step();
    expect(device.view.state.apps).toEqual([app]);
  });

  it.each([
    ['no document', undefined],
    ['what is no XML', '<MsiInstallJob'],
    ['a job without an address', writeMsiInstallJob({ ...job, contentUrls: [] })],
  ])('is refused with %s, and nothing is begun', async (_, data) => {
    await device.run(command('Add', `${product}/DownloadInstall`));
    expect(await device.codes(command('Exec', `${product}/DownloadInstall`, data, 'xml'))).toEqual([500]);
    expect(device.memory.data.works).toBeUndefined();
    expect(await status()).toBe('10');
  });

  it('is not installed before its node was added, and its results are nobody’s to write', async () => {
    const [, exec] = install();
    expect(await device.codes(exec ?? '', command('Replace', `${product}/Status`, '70', 'int'))).toEqual([404, 405]);
    expect((await device.get(`./Device/Vendor/MSFT/EnterpriseDesktopAppManagement/MSI/UpgradeCode/%7Bx%7D`)).code).toBe(
      404,
    );
  });

  it('fails where the device has no room for an app', async () => {
    const apps = Array.from({ length: 10_000 }, (_, at) => ({ ...app, id: String(at) }));
    device.view.state = { ...device.view.state, apps };
    await installed();
    expect(await status()).toBe('60');
    expect((await device.get(`${product}/LastError`)).data).toBe(String(0x80070643));
    expect(device.memory.data.alerts).toMatchObject([{ code: '1224', data: String(0x80070643) }]);
    expect(device.view.state.apps).toHaveLength(10_000);
  });

  describeWithFixtures('at its end', () => {
    it('says the alert that Learn shows', async () => {
      await installed();
      const text = fixture('windows/learn-edam-alert-1224-win32csp.xml').toString('utf8');
      const whole = `<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>a</LocURI></Target><Source><LocURI>b</LocURI></Source></SyncHdr><SyncBody>${text}</SyncBody></SyncML>`;
      const [shown] = decodeSyncMl(Buffer.from(whole)).commands;
      const [item] = shown?.verb === 'Alert' ? shown.items : [];
      expect(device.memory.data.alerts).toEqual([
        { code: '1224', source: item?.source, data: item?.data, ...item?.meta },
      ]);
    });
  });
});
