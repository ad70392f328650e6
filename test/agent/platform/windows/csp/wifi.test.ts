import { describe, expect, it } from 'vitest';
import { readWlanProfile, type WlanProfile, writeWlanProfile } from '../../../../../protocol/csp/wlan-profile.js';
import { atomic, command, openCsps } from './csp-stage.js';

const network = './Vendor/MSFT/WiFi/Profile/Corp%20Net';
const wlan: WlanProfile = {
  name: 'Corp Net',
  ssid: Buffer.from('Corp Net'),
  nonBroadcast: true,
  connectionType: 'ESS',
  connectionMode: 'auto',
  authentication: 'WPA2PSK',
  encryption: 'AES',
  useOneX: false,
  sharedKey: { keyType: 'passPhrase', isProtected: false, keyMaterial: 'correct horse' },
};
const add = (profile: WlanProfile = wlan, uri = network) => command('Add', `${uri}/WlanXml`, writeWlanProfile(profile));
const replace = (profile: WlanProfile) => command('Replace', `${network}/WlanXml`, writeWlanProfile(profile));

const thumbprint = '0A1B2C3D4E5F60718293A4B5C6D7E8F900112233';
const eapTls: WlanProfile = {
  name: 'Corp Net',
  ssid: Buffer.from('Corp Net'),
  nonBroadcast: false,
  connectionType: 'ESS',
  connectionMode: 'manual',
  authentication: 'WPA2',
  encryption: 'AES',
  useOneX: true,
  oneX: {
    authMode: 'user',
    eap: {
      type: 13,
      authorId: 0,
      server: {
        isPerformed: true,
        isPromptDisabled: true,
        serverNames: ['radius.example'],
        trustedRoots: [thumbprint],
      },
    },
  },
};

describe('WiFi', () => {
  it('takes an Add, refuses the same again with 418, takes a Replace and a Delete, and answers 404 to a Replace of nothing (D8)', async () => {
    const device = openCsps();
    expect(await device.codes(add())).toEqual([200]);
    expect(device.profile('Corp Net')).toEqual({
      kind: 'wifi',
      name: 'Corp Net',
      ssid: 'Corp Net',
      hidden: true,
      autoJoin: true,
      security: 'wpa2',
      passphrase: 'correct horse',
    });
    expect(await device.codes(add({ ...wlan, nonBroadcast: false }))).toEqual([418]);
    expect(device.profile('Corp Net')).toMatchObject({ hidden: true });
    expect(await device.codes(replace({ ...wlan, nonBroadcast: false }))).toEqual([200]);
    expect(device.profile('Corp Net')).toMatchObject({ hidden: false });
    expect(await device.codes(command('Delete', network))).toEqual([200]);
    expect(device.profiles()).toEqual([]);
    expect(await device.codes(replace(wlan))).toEqual([404]);
    expect(await device.codes(command('Delete', network))).toEqual([404]);
  });

  it('goes when its WlanXml is deleted, and then can be added anew', async () => {
    const device = openCsps();
    await device.run(add());
    expect(await device.codes(command('Delete', `${network}/WlanXml`))).toEqual([200]);
    expect((await device.get('./Vendor/MSFT/WiFi/Profile')).data).toBe('');
    expect(device.profiles()).toEqual([]);
    expect(await device.codes(add())).toEqual([200]);
  });

  it('lists its networks by their names, percent-encoded', async () => {
    const device = openCsps();
    await device.run(
      add(),
      add({ ...wlan, name: 'Gäste', ssid: Buffer.from('Gäste') }, './Vendor/MSFT/WiFi/Profile/G%C3%A4ste'),
    );
    expect(await device.get('./Device/Vendor/MSFT/WiFi/Profile')).toEqual({ code: 200, data: 'Corp%20Net/G%C3%A4ste' });
  });

  it('gives the document back without its key', async () => {
    const device = openCsps();
    await device.run(add());
    const { data = '' } = await device.get(`${network}/WlanXml`);
    expect(data).not.toContain('correct horse');
    expect(readWlanProfile(data)).toMatchObject({ name: 'Corp Net', sharedKey: { isProtected: true } });
  });

  it.each<[string, string]>([
    ['a name that is not its node’s', writeWlanProfile({ ...wlan, name: 'corp net' })],
    ['no XML', '<WLANProfile'],
    ['a document of another kind', '<VPNProfile/>'],
    ['a passphrase of seven characters', writeWlanProfile(wlan).replace('correct horse', '1234567')],
  ])('answers 500 to %s, and keeps nothing of it', async (_why, xml) => {
    const device = openCsps();
    expect(await device.codes(command('Add', `${network}/WlanXml`, xml))).toEqual([500]);
    expect((await device.get(network)).code).toBe(404);
  });

  it('keeps what was there when a Replace is refused', async () => {
    const device = openCsps();
    await device.run(add());
    expect(await device.codes(replace({ ...wlan, name: 'Other' }))).toEqual([500]);
    expect(device.profile('Corp Net')).toMatchObject({ passphrase: 'correct horse' });
    expect((await device.get(`${network}/WlanXml`)).data).toContain('<name>Corp Net</name>');
  });

  it('has names of 32 octets at most', async () => {
    const device = openCsps();
    const long = `./Vendor/MSFT/WiFi/Profile/${'%C3%BC'.repeat(17)}`;
    expect(await device.codes(command('Add', long, undefined, 'node'))).toEqual([500]);
    expect(await device.codes(command('Add', `${long}/WlanXml`, writeWlanProfile(wlan)))).toEqual([500]);
  });

  it('has no proxy on a PC, and the whole Atomic fails by it', async () => {
    const device = openCsps();
    const [whole] = await device.codes(atomic(add(), command('Add', `${network}/Proxy`, 'proxy.example:80')));
    expect(whole).toBe(507);
    expect(device.profiles()).toEqual([]);
    await device.run(add());
    expect(await device.codes(command('Add', `${network}/WiFiCost`, '2', 'int'))).toEqual([200]);
    expect(await device.codes(command('Replace', `${network}/WiFiCost`, '4', 'int'))).toEqual([500]);
  });

  it('reads EAP-TLS: roots by their thumbprints, the identity by its name where there is one', async () => {
    const device = openCsps();
    await device.run(add(eapTls));
    const eap = { types: ['tls'], anchors: [thumbprint], serverNames: ['radius.example'] };
    expect(device.profile('Corp Net')).toMatchObject({ security: 'wpa2', autoJoin: false, eap });
    const scep = './Device/Vendor/MSFT/ClientCertificateInstall/SCEP/wifi-identity';
    await device.run(command('Add', scep, undefined, 'node'), command('Delete', network), add(eapTls));
    expect(device.profile('Corp Net')).toMatchObject({ eap: { ...eap, identity: 'wifi-identity' } });
  });

  it('reads PEAP with a password inside, which shows no certificate', async () => {
    const device = openCsps();
    const scep = './Device/Vendor/MSFT/ClientCertificateInstall/SCEP/wifi-identity';
    const peap: WlanProfile = { ...eapTls, oneX: { eap: { type: 25, authorId: 0, inner: { type: 26 } } } };
    await device.run(command('Add', scep, undefined, 'node'), add(peap));
    expect(device.profile('Corp Net')).toMatchObject({ eap: { types: ['peap'], innerAuthentication: 'mschapv2' } });
    expect(device.profile('Corp Net')).not.toHaveProperty('eap.identity');
  });

  it.each<[WlanProfile['authentication'], WlanProfile['encryption'], string]>([
    ['open', 'none', 'none'],
    ['OWE', 'AES', 'none'],
    ['WPA3ENT192', 'GCMP256', 'wpa3'],
    ['WPA', 'TKIP', 'wpa'],
  ])('reads the security of %s with %s as %s', async (authentication, encryption, security) => {
    const device = openCsps();
    const { sharedKey: _none, ...open } = wlan;
    const isEnterprise = authentication.startsWith('WPA');
    const oneX = isEnterprise && eapTls.oneX !== undefined ? { oneX: eapTls.oneX } : {};
    await device.run(add({ ...open, authentication, encryption, useOneX: isEnterprise, ...oneX }));
    expect(device.profile('Corp Net')).toMatchObject({ security });
  });
});
