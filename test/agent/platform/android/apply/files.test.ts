import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { at, file, openAndroid } from './apply-stage.js';

const storage = '/storage/emulated/0';
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('files of a configuration', () => {
  it('are downloaded where they are missing, and told with size and hash', async () => {
    const device = openAndroid({ files: { [at('certs/ca.pem')]: pem } });
    await device.take({ files: [file('/certs/ca.pem')] });
    expect(device.paths()).toEqual([`${storage}/certs/ca.pem`]);
    expect(device.textAt(`${storage}/certs/ca.pem`)).toBe(pem);
    const sha256 = createHash('sha256').update(pem).digest('hex');
    expect(device.commands()).toMatchObject([
      {
        id: '1.1',
        name: 'file',
        about: '/certs/ca.pem',
        status: 'done',
        said: `stored ${pem.length} bytes, SHA-256 ${sha256}`,
      },
    ]);
    expect(device.saves.count).toBeGreaterThan(0);
  });

  it('are downloaded again when the server’s is newer, not when it is as old or its bytes differ', async () => {
    const device = openAndroid({ files: { [at('a.pem')]: pem } });
    await device.take({ files: [file('a.pem')] });
    await device.take({ files: [file('a.pem')] });
    await device.take({ files: [file('a.pem', { lastUpdate: 999 })] });
    expect(device.fetched).toHaveLength(1);
    await device.take({ files: [file('a.pem', { lastUpdate: 1001 })] });
    expect(device.fetched).toHaveLength(2);
  });

  it('are downloaded again where the path is written another way: there is no record of that one', async () => {
    const device = openAndroid({ files: { [at('a.pem')]: pem } });
    await device.take({ files: [file('a.pem')] });
    await device.take({ files: [file('/a.pem')] });
    expect(device.fetched).toHaveLength(2);
    await device.take({ files: [file('a.pem'), file('/a.pem')] });
    expect(device.fetched).toHaveLength(2);
    expect(device.paths()).toEqual([`${storage}/a.pem`]);
  });

  it('lie below shared storage, at the root after two slashes, and nowhere where they climb out', async () => {
    const device = openAndroid({ files: { [at('x')]: 'x' } });
    const url = at('x');
    await device.take({
      files: [
        file('x', { url }),
        file('//data/local/tmp/my notes.txt', { url }),
        file('//a/../b', { url }),
        file('sub/../y', { url }),
        file('../../../etc/hosts', { url }),
        file('a\0b', { url }),
        file('n'.repeat(256), { url }),
        file('d/'.repeat(150), { url }),
      ],
    });
    expect(device.paths()).toEqual(['/b', '/data/local/tmp/my notes.txt', `${storage}/x`, `${storage}/y`]);
    expect(device.troubles('HEADWIND_FAILED').map(({ message }) => message)).toEqual([
      'Failed to create file ../../../etc/hosts: Permission denied: the path leaves shared storage',
      'Failed to create file a\\u0000b: Invalid file path',
      expect.stringMatching(/^Failed to create file n+…: File name too long$/),
      expect.stringMatching(/File name too long$/),
    ]);
  });

  it('are removed, by whatever path they were stored; what is not there is none of it', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a', [at('b')]: 'b' } });
    await device.take({ files: [file('a'), file('b')] });
    await device.take({ files: [file('//storage/emulated/0/a', { remove: true }), file('c', { remove: true })] });
    expect(device.paths()).toEqual([`${storage}/b`]);
    expect(device.commands().slice(2)).toMatchObject([{ id: '2.1', said: 'removed' }]);
    expect(device.lines()).toContain('4 Removing file: //storage/emulated/0/a');
  });

  it('come and go in turn where a list has a file twice, once to be removed: it is made before anything is done', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a' } });
    const files = [file('a'), file('a', { remove: true })];
    await device.take({ files });
    expect(device.paths()).toHaveLength(1);
    await device.take({ files });
    expect(device.paths()).toHaveLength(0);
  });

  it('have their variables replaced one after the other, each over what the one before left', async () => {
    const device = openAndroid({
      files: { [at('w.json')]: 'DEVICE_NUMBER|IMEI|CUSTOM1|CUSTOM2|CUSTOM3|DEVICE_NUMBER' },
    });
    const document = { custom1: 'one CUSTOM2', custom2: 'two', files: [file('w.json', { varContent: true })] };
    await device.take(document);
    const { imei } = device.info();
    expect(device.textAt(`${storage}/w.json`)).toBe(`h0101|${imei}|one two|two||h0101`);
  });

  it('take the server’s IMEI where the launcher may not read its own', async () => {
    const files = { [at('w.json')]: 'IMEI' };
    const device = openAndroid({ files, manners: { management: 'work-profile' } });
    await device.take({ imei: '123456789012345', files: [file('w.json', { varContent: true })] });
    expect(device.textAt(`${storage}/w.json`)).toBe('123456789012345');
  });

  it('with variables are refused where they are large, or would become so', async () => {
    const large = 'x'.repeat(4 * 1024 * 1024 + 1);
    const device = openAndroid({ files: { [at('l.json')]: large, [at('g.json')]: 'CUSTOM1'.repeat(1000) } });
    await device.take({
      custom1: 'y'.repeat(10_000),
      files: [file('l.json', { varContent: true }), file('g.json', { varContent: true })],
    });
    expect(device.paths()).toEqual([]);
    expect(device.troubles('HEADWIND_FAILED')).toMatchObject([
      { about: 'l.json', message: expect.stringContaining('larger than 4194304 bytes') },
      { about: 'g.json' },
    ]);
  });

  it('are known by hash and size alone unless somebody on the device reads them', async () => {
    const device = openAndroid({
      files: { [at('a.bin')]: 'text', [at('b.bin')]: pem, [at('c.pem')]: Buffer.alloc(300_000), [at('d.bin')]: 'text' },
    });
    await device.take({ files: [file('a.bin'), file('b.bin'), file('c.pem'), file('d.bin')] });
    const kept = device.paths().filter((path) => device.textAt(path) !== undefined);
    expect(kept).toEqual([`${storage}/b.bin`]);
    expect(device.memory.data.files?.[`${storage}/c.pem`]).toMatchObject({ size: 300_000 });
  });

  it('are fetched again when a setting names them and their bytes were not kept', async () => {
    const device = openAndroid({ files: { [at('a.bin')]: 'text' } });
    await device.take({ files: [file('a.bin')] });
    const applicationSettings = [{ packageId: 'com.hmdm.launcher', name: 'certificates', value: 'a.bin' }];
    await device.take({ files: [file('a.bin')], applicationSettings });
    await device.take({ files: [file('a.bin')], applicationSettings });
    expect(device.fetched).toHaveLength(2);
    expect(device.textAt(`${storage}/a.bin`)).toBe('text');
  });

  it('cannot take the place of a folder, nor lie in a file', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a', [at('b')]: 'b' } });
    await device.take({
      files: [file('d/a', { url: at('a') }), file('d', { url: at('b') }), file('d/a/b', { url: at('b') })],
    });
    expect(device.paths()).toEqual([`${storage}/d/a`]);
    expect(device.troubles('HEADWIND_FAILED').map(({ message }) => message)).toEqual([
      'Failed to create file d: Is a directory',
      'Failed to create file d/a/b: Not a directory',
    ]);
  });
});

describe('a file that fails', () => {
  const files = { [at('good')]: 'good', [at('gone')]: 404, [at('moved')]: 304, [at('lost')]: 'no answer' as const };
  const document = { files: [file('gone'), file('good')], restrictions: 'no_config_vpn' };

  it('is told, and the others come all the same', async () => {
    const device = openAndroid({ files });
    const applied = await device.take({ files: ['gone', 'moved', 'lost', 'good'].map((name) => file(name)) });
    expect(applied).toMatchObject({ failed: 3, isEnded: false, sendsInfo: true });
    expect(device.troubles().map(({ code, message }) => `${code} ${message}`)).toEqual([
      'HEADWIND_FAILED Failed to download file gone: Bad server response: 404',
      'HEADWIND_FAILED Failed to download file moved: Bad server response: 304',
      'HEADWIND_FAILED Failed to download file lost: no answer from mdm.example.test',
    ]);
    expect(device.lines()).toContain('2 Failed to download file gone: Bad server response: 404');
    expect(device.paths()).toEqual([`${storage}/good`]);
  });

  it('ends the update of launcher 6.36 in the background: no sync/info', async () => {
    const device = openAndroid({ files, manners: { mode: 'launcher' } });
    const applied = await device.take(document, { ground: 'background' });
    expect(applied).toMatchObject({ isEnded: true, sendsInfo: false });
    expect(device.fetched).toEqual([at('gone')]);
    expect(device.lines().at(-1)).toBe('2 Failed to download file gone: Bad server response: 404');
  });

  it('is passed over by launcher 6.36 in the foreground, and no longer listed', async () => {
    const device = openAndroid({ files, manners: { mode: 'launcher' } });
    const applied = await device.take(document);
    expect(applied).toMatchObject({ isEnded: false, sendsInfo: true });
    expect(device.memory.data.skippedFiles).toEqual(['gone']);
    await device.take({ files: [] });
    expect(device.memory.data.skippedFiles).toBeUndefined();
  });

  it('is told as what would have ended the launcher’s update, where the device goes on in the background', async () => {
    const device = openAndroid({ files });
    const applied = await device.take(document, { ground: 'background' });
    expect(applied).toMatchObject({ isEnded: false, sendsInfo: true });
    expect(device.troubles('LAUNCHER_DIFFERS').map(({ about }) => about)).toEqual(['gone', 'sync/info']);
  });

  it('is not tried again once it arrived and could not be put in place, until the history is cleared or by hand', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a', [at('b')]: 'b' } });
    const twice = { files: [file('d/a', { url: at('a') }), file('d', { url: at('b') })] };
    await device.take(twice);
    await device.take(twice);
    expect(device.fetched).toEqual([at('a'), at('b')]);
    expect(device.lines()).toContain('3 Skip download due to previous install failure: d');
    await device.take(twice, { isByHand: true });
    expect(device.fetched).toHaveLength(3);
    await device.push('clearDownloadHistory');
    await device.take(twice);
    expect(device.fetched).toHaveLength(4);
  });

  it('is given up in a mobile network after four attempts where downloads are limited', async () => {
    const device = openAndroid({ files, facts: { native: { Network: 'mobile' } } });
    const limited = { downloadUpdates: 'limited', files: [file('gone')] };
    for (let attempt = 0; attempt < 6; attempt++) await device.take(limited);
    expect(device.fetched).toHaveLength(4);
    expect(device.lines().at(-2)).toBe('3 Skip download due to previous download failures: gone');
  });

  it('waits with all others for Wi-Fi where the configuration says so', async () => {
    const device = openAndroid({ files, facts: { native: { Network: 'mobile' } } });
    const applied = await device.take({ downloadUpdates: 'wifi', files: [file('good')] });
    expect(applied.later).toBe(1);
    expect(device.fetched).toEqual([]);
    await device.take({ downloadUpdates: 'wifi', files: [file('good')] }, { isByHand: true });
    expect(device.fetched).toEqual([at('good')]);
  });

  it('may have an address that nothing can be fetched from', async () => {
    const device = openAndroid();
    await device.take({ files: [file('a', { url: 'ftp://x/a' }), file('b', { url: 'b' }), file('c', { url: null })] });
    expect(device.troubles().map(({ message }) => message)).toEqual([
      'Failed to download file a: unknown protocol: ftp',
      'Failed to download file b: no protocol',
    ]);
    expect(device.fetched).toEqual([]);
  });
});

describe('hostile files', () => {
  it('are bounded in number, and the findings about them are counted', async () => {
    const device = openAndroid({ data: { logRules: [] } });
    const files = Array.from({ length: 6000 }, (_, index) => file(`f${index}`, { url: 'ftp://x' }));
    const applied = await device.take({ files });
    expect(applied.failed).toBe(5000);
    const troubles = device.troubles('HEADWIND_FAILED');
    expect(troubles).toHaveLength(51);
    expect(troubles[0]?.message).toBe('6000 files: the first 5000 are looked at');
    expect(troubles.at(-1)?.message).toBe('4951 more of this kind');
  });

  it('do not fill the device: its files weigh so much and no more', async () => {
    const big = `${pem}${'x'.repeat(250_000)}`;
    const device = openAndroid({ files: { [at('big')]: big } });
    const files = Array.from({ length: 100 }, (_, index) => file(`f${index}`, { url: at('big') }));
    const applied = await device.take({ files });
    expect(applied.failed).toBeGreaterThan(30);
    expect(device.paths().length).toBeLessThan(70);
    expect(device.troubles('HEADWIND_FAILED')[0]?.message).toContain('No space left on device');
  });

  it('leave nothing half done when the device is stopped: what came is kept', async () => {
    const device = openAndroid({
      files: { [at('a')]: 'a' },
      api: {},
    });
    const session = device.take({ files: [file('a'), file('b')] });
    device.stop();
    await expect(session).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
