import { expect, it } from 'vitest';
import { replyOf } from '../../../../protocol/headwind/recordings.js';
import { describeWithFixtures } from '../../../../support/shared.js';
import { at, file, openAndroid } from './apply-stage.js';

const setting = (packageId: string, name: string, value: string) => ({ packageId, name, type: 1, value });
const launcher = 'com.hmdm.launcher';
const gmail = setting(
  'com.google.android.gm',
  'managedConfig',
  '{"email_address":"a@example.com","exchange_host":"mail.example.com","exchange_username":"a","exchange_ssl_required":true}',
);

describeWithFixtures('certificates and managed configurations of a document', () => {
  const pem = replyOf({ dir: 'rest', name: 'file-01-signed' }).body;
  const kinds = (device: ReturnType<typeof openAndroid>) => device.state().holdings.map(({ profile }) => profile.kind);

  it('come to be held: a CA certificate from a file, an account from an app’s settings', async () => {
    const device = openAndroid({ files: { [at('ca.pem')]: pem } });
    await device.take({
      files: [file('ca.pem')],
      applicationSettings: [setting(launcher, 'certificates', 'ca.pem'), gmail],
    });
    expect(kinds(device).sort()).toEqual(['certificate', 'email']);
    expect(device.lines()).toContain('3 Certificate installed: /storage/emulated/0/ca.pem');
    expect(new Set(device.commands().map(({ id }) => id)).size).toBe(device.commands().length);
  });

  it('are read by paths that are not trimmed one by one, and that nothing makes absolute', async () => {
    const device = openAndroid({ files: { [at('ca.pem')]: pem } });
    const value = ' /storage/emulated/0/ca.pem; ca.pem,//ca.pem:gone.pem ';
    await device.take({ files: [file('ca.pem')], applicationSettings: [setting(launcher, 'certificates', value)] });
    expect(device.lines().filter((line) => line.includes('ertificate'))).toEqual([
      '3 Certificate installed: /storage/emulated/0/ca.pem',
      '2 Failed to read certificate /storage/emulated/0/ ca.pem: No such file or directory',
      '3 Certificate installed: /storage/emulated/0/ca.pem',
      '2 Failed to read certificate /storage/emulated/0/gone.pem: No such file or directory',
    ]);
    expect(kinds(device)).toEqual(['certificate']);
  });

  it('stay as they were where a file ended the update of launcher 6.36, and accounts come all the same', async () => {
    const files = { [at('ca.pem')]: pem, [at('other.pem')]: pem, [at('gone')]: 404 };
    const device = openAndroid({ files, manners: { mode: 'launcher' } });
    const names = () => device.state().holdings.map(({ profile }) => profile.name);
    await device.take({ files: [file('ca.pem')], applicationSettings: [setting(launcher, 'certificates', 'ca.pem')] });
    const applicationSettings = [setting(launcher, 'certificates', 'ca.pem,other.pem'), gmail];
    const two = [file('ca.pem'), file('other.pem')];
    await device.take({ files: [...two, file('gone')], applicationSettings }, { ground: 'background' });
    expect(device.paths()).toHaveLength(2);
    expect(names()).toEqual(['ca.pem', 'Gmail']);
    await device.take({ files: two, applicationSettings }, { ground: 'background' });
    expect(names()).toEqual(['ca.pem', 'Gmail', 'other.pem']);
  });

  it('are given to no app where the launcher does not own the device', async () => {
    const manners = { management: 'work-profile', mode: 'launcher' } as const;
    const launched = openAndroid({ manners });
    await launched.take({ applicationSettings: [gmail] });
    expect(kinds(launched)).toEqual([]);
    const device = openAndroid({ manners: { management: 'work-profile' } });
    await device.take({ applicationSettings: [gmail] });
    await device.take({ applicationSettings: [gmail] });
    expect(kinds(device)).toEqual(['email']);
    expect(device.troubles('LAUNCHER_DIFFERS')).toMatchObject([{ about: 'applicationSettings' }]);
  });

  it('are no certificates for an app like any other, which is told once', async () => {
    const files = { [at('ca.pem')]: pem };
    const document = {
      files: [file('ca.pem')],
      applicationSettings: [setting(launcher, 'certificates', 'ca.pem')],
    };
    const device = openAndroid({ files, manners: { management: 'application' } });
    await device.take(document);
    await device.take(document);
    expect(device.troubles('LAUNCHER_DIFFERS')).toMatchObject([{ about: 'certificates' }]);
    expect(kinds(device)).toEqual(['certificate']);
    for (const [management, held] of [
      ['application', []],
      ['work-profile', ['certificate']],
    ] as const) {
      const launched = openAndroid({ files, manners: { management, mode: 'launcher' } });
      await launched.take(document);
      expect([management, kinds(launched)]).toEqual([management, held]);
    }
  });

  it('that the launcher breaks are told once', async () => {
    const device = openAndroid();
    const broken = setting('com.example', 'managedConfig', '{"port":9999999999,"lost":"x"}');
    await device.take({ applicationSettings: [broken] });
    await device.take({ applicationSettings: [broken] });
    expect(device.troubles('HEADWIND_SERVER')).toMatchObject([{ about: 'com.example.managedConfig.port' }]);
  });

  it('have their variables replaced before they are looked at', async () => {
    const device = openAndroid({ files: { [at('h0101.pem')]: pem } });
    const certificates = { ...setting(launcher, 'certificates', 'DEVICE_NUMBER.pem'), variable: true };
    await device.take({ files: [file('h0101.pem')], applicationSettings: [certificates] });
    expect(device.lines()).toContain('3 Certificate installed: /storage/emulated/0/h0101.pem');
    expect(device.troubles()).toEqual([]);
    expect(kinds(device)).toEqual(['certificate']);
  });
});
