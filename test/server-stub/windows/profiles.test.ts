import { describe, expect, it } from 'vitest';
import { readVpnProfile } from '../../../protocol/csp/vpn-profile.js';
import { readWlanProfile } from '../../../protocol/csp/wlan-profile.js';
import { encodeResourceAsk } from '../../../protocol/resource-gate.js';
import type { SyncMlCommand } from '../../../protocol/syncml/message.js';
import type { Profile } from '../../../protocol/vocabulary.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { openStub, user1 } from '../ios/stub.js';
import { type Answer, enrolledClient, passwordOf, sha1, WindowsClient } from './client.js';

const device = './Device/Vendor/MSFT';
const wifi: Profile = {
  kind: 'wifi',
  name: 'Office',
  ssid: 'Corp Net',
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase: 'correct horse',
};
const vpn: Profile = {
  kind: 'vpn',
  name: 'Head office',
  connectionName: 'HQ',
  protocol: 'ikev2',
  server: 'vpn.example',
  authentication: 'certificate',
};
const exchange: Profile = {
  kind: 'email',
  name: 'Mail',
  account: 'exchange',
  emailAddress: 'a@b.example',
  incoming: { host: 'mail.example', tls: true, authentication: 'password', password: 'Zx81' },
};
const imap: Profile = {
  ...exchange,
  account: 'imap',
  incoming: { ...exchange.incoming, port: 1993 },
  outgoing: { host: 'smtp.example', tls: false, authentication: 'none' },
};
const scep: Profile = {
  kind: 'certificate',
  name: 'Identity 1',
  role: 'identity',
  source: {
    type: 'scep',
    url: '{{scepUrl}}',
    challenge: '{{scepChallenge}}',
    subject: [
      [['O', 'Contoso, Ltd "x"']],
      [
        ['CN', 'a'],
        ['OU', 'b'],
      ],
    ],
    keySizeBits: 2048,
  },
};
const passcode: Profile = {
  kind: 'configuration',
  name: 'Passcode',
  type: `${device}/Policy/Config/DeviceLock`,
  passcode: { required: true, minLength: 6, allowSimple: false, maxInactivityMinutes: 5 },
  settings: {},
};

async function open() {
  const stub = await openStub();
  const client = await enrolledClient(stub, user1);
  const { tenant } = stub.authority;
  const { deviceId } = client;
  const install = (profile: Profile) => tenant.queue(deviceId, { kind: 'install-profile', profile }).id;
  return {
    stub,
    client,
    tenant,
    install,
    remove: (name: string) => tenant.queue(deviceId, { kind: 'remove-profile', name }).id,
    answered: (id: string) => tenant.commands(deviceId).find((each) => each.id === id),
    held: () => tenant.device(deviceId)?.held.map(({ name }) => name),
  };
}

/** Leaves by their address, of commands and of members of an Atomic. */
const written = (commands: readonly SyncMlCommand[]): Record<string, string> =>
  Object.fromEntries(
    commands.flatMap((command) =>
      command.verb === 'Atomic'
        ? Object.entries(written(command.commands))
        : 'items' in command
          ? command.items.map(({ target = '', data = '' }) => [target, data])
          : [],
    ),
  );
const shape = (commands: readonly SyncMlCommand[]): string =>
  commands
    .map((command) => (command.verb === 'Atomic' ? `Atomic(${shape(command.commands)})` : command.verb))
    .join(' ');

describe('profiles on a Windows device', () => {
  it('of Wi-Fi are a WLAN profile under the network’s name: Add, then Replace, then Delete (case D8)', async () => {
    const { client, install, remove, answered, held } = await open();
    install(wifi);
    const { commands } = await client.session();
    const node = `${device}/WiFi/Profile/Corp%20Net`;
    expect(shape(commands)).toBe('Add');
    const xml = written(commands)[`${node}/WlanXml`] ?? '';
    expect(readWlanProfile(xml)).toMatchObject({
      name: 'Corp Net',
      authentication: 'WPA2PSK',
      encryption: 'AES',
      connectionMode: 'auto',
      sharedKey: { keyType: 'passPhrase', keyMaterial: 'correct horse' },
    });
    expect(held()).toEqual(['Office']);
    install({ ...wifi, hidden: true });
    expect(shape((await client.session()).commands)).toBe('Replace');
    const removed = remove('Office');
    const last = (await client.session(() => '404')).commands;
    expect([shape(last), Object.keys(written(last))]).toEqual(['Delete', [node]]);
    expect([answered(removed)?.status, held()]).toEqual(['done', []]);
  });

  it('are deleted under their old name where it has changed', async () => {
    const { client, install } = await open();
    install(wifi);
    await client.session();
    install({ ...wifi, ssid: 'Other' });
    const { commands } = await client.session();
    expect([shape(commands), Object.keys(written(commands))]).toEqual([
      'Delete Delete Add',
      [`${device}/WiFi/Profile/Corp%20Net`, `${device}/WiFi/Profile/Other`, `${device}/WiFi/Profile/Other/WlanXml`],
    ]);
  });

  it('are let through the gate under the name that the device knows, with the secret that it was given', async () => {
    const { client, install, stub } = await open();
    install(wifi);
    await client.session();
    const ask = async (name: string) => {
      const body = encodeResourceAsk({ deviceId: client.deviceId, name });
      return (await stub.send('/resources/wifi', { method: 'POST', body })).status;
    };
    expect([await ask('Corp Net'), await ask('Office'), await ask('Other')]).toEqual([200, 200, 403]);
  });

  it('of two names and one network are not deleted with one of them', async () => {
    const { client, install, remove, answered } = await open();
    install(wifi);
    install({ ...wifi, name: 'Same network' });
    await client.session();
    const id = remove('Same network');
    expect((await client.session()).commands).toEqual([]);
    expect(answered(id)).toMatchObject({ status: 'done' });
  });

  it('that the device has already, or has lost, are put right in the same session', async () => {
    const { client, install, answered } = await open();
    const add = install(wifi);
    const there = await client.session(once('Add', '418'));
    expect([shape(there.commands), answered(add)?.status]).toEqual(['Add Delete Add', 'done']);
    const change = install({ ...wifi, hidden: true });
    const lost = await client.session((command) =>
      command.verb === 'Replace' || command.verb === 'Delete' ? '404' : '200',
    );
    expect([shape(lost.commands), answered(change)?.status]).toEqual(['Replace Delete Add', 'done']);
  });

  it('whose answer was lost are not added once more', async () => {
    const { client, install, answered } = await open();
    const id = install(vpn);
    await client.session(() => undefined);
    const { commands } = await client.session();
    expect([shape(commands), answered(id)?.status]).toEqual(['Delete Atomic(Add)', 'done']);
  });

  it('of VPN are a ProfileXML in an Atomic, changed by Delete and Add', async () => {
    const { client, install } = await open();
    install(vpn);
    const { commands } = await client.session();
    const node = `${device}/VPNv2/Head%20office`;
    expect(shape(commands)).toBe('Atomic(Add)');
    expect(readVpnProfile(written(commands)[`${node}/ProfileXML`] ?? '')).toMatchObject({
      native: { servers: 'vpn.example', protocol: 'IKEv2', machineMethod: 'Certificate' },
    });
    install({ ...vpn, server: 'other.example' });
    expect(shape((await client.session()).commands)).toBe('Delete Atomic(Add)');
  });

  it('of mail are accounts of the user under a GUID of their name, in an Atomic', async () => {
    const { client, install } = await open();
    install(exchange);
    const { commands } = await client.session();
    const leaves = written(commands);
    const [first = ''] = Object.keys(leaves);
    const node = first.slice(0, first.lastIndexOf('/'));
    expect(node).toMatch(
      /^\.\/User\/Vendor\/MSFT\/ActiveSync\/Accounts\/%7B[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}%7D$/,
    );
    expect(leaves).toMatchObject({
      [`${node}/EmailAddress`]: 'a@b.example',
      [`${node}/AccountName`]: 'Mail',
      [`${node}/ServerName`]: 'mail.example',
      [`${node}/UserName`]: 'a@b.example',
      [`${node}/Password`]: 'Zx81',
      [`${node}/Options/UseSSL`]: '1',
      [`${node}/Options/MailAgeFilter`]: '3',
    });
    install({ ...exchange, emailAddress: 'c@d.example' });
    const changed = await client.session();
    expect(shape(changed.commands)).toMatch(/^Atomic\(Replace Replace/);
    install(imap); // the same name, another CSP
    const moved = await client.session();
    expect(shape(moved.commands)).toMatch(/^Delete Delete Atomic\(Add/);
    const [server] = Object.entries(written(moved.commands)).filter(([uri]) => uri.endsWith('/INSERVER'));
    expect(server?.[0]).toContain('./User/Vendor/MSFT/EMAIL2/%7B');
    expect(Object.values(written(moved.commands))).toEqual(
      expect.arrayContaining(['mail.example:1993', 'smtp.example:25', 'IMAP4', 'Mail']),
    );
  });

  it('of the user wait until the user is signed in', async () => {
    const { client, install, answered } = await open();
    const id = install(exchange);
    const none = await client.session(() => '200', { login: 'none' });
    expect([none.commands, answered(id)?.outcome]).toEqual([
      [],
      { status: 'later', reason: 'the user is not signed in' },
    ]);
    await client.session();
    expect(answered(id)?.status).toBe('done');
  });

  it('of the user are said once more where the user signed out during the session, and then have failed', async () => {
    const { client, install, answered } = await open();
    const signedOut: Answer = (command) => {
      if (command.verb === 'Atomic') return '507';
      return 'items' in command && command.items[0]?.target?.endsWith('/EmailAddress') ? '405' : '215';
    };
    const id = install(exchange);
    await client.session(signedOut);
    expect(answered(id)?.status).toBe('later');
    await client.session();
    expect(answered(id)?.status).toBe('done');
    const other = install({ ...exchange, name: 'Other' });
    await client.session(signedOut);
    await client.session(signedOut);
    expect(answered(other)).toMatchObject({ status: 'failed', outcome: { code: '405' } });
  });

  it('of a trusted certificate are named by its thumbprint, and one that is there is the right one', async () => {
    const { client, install, answered } = await open();
    const der = defaultTenant().profiles.flatMap(({ profile }) =>
      profile.kind === 'certificate' && profile.source.type === 'der' ? [profile.source.der] : [],
    )[0];
    if (der === undefined) return expect.unreachable();
    const id = install({ kind: 'certificate', name: 'Root', role: 'root', source: { type: 'der', der } });
    const { commands } = await client.session(() => '418');
    const uri = `${device}/RootCATrustedCertificates/Root/${sha1(der)}/EncodedCertificate`;
    expect([shape(commands), written(commands)]).toEqual(['Add', { [uri]: Buffer.from(der).toString('base64') }]);
    expect(answered(id)?.status).toBe('done');
  });

  it('of a passcode are policies, each with its Status', async () => {
    const { client, install, answered } = await open();
    const id = install(passcode);
    const { commands } = await client.session((command) =>
      'items' in command && command.items[0]?.target?.endsWith('/AllowSimpleDevicePassword') === true ? '500' : '200',
    );
    expect(written(commands)).toEqual({
      [`${device}/Policy/Config/DeviceLock/DevicePasswordEnabled`]: '0',
      [`${device}/Policy/Config/DeviceLock/AllowSimpleDevicePassword`]: '0',
      [`${device}/Policy/Config/DeviceLock/MinDevicePasswordLength`]: '6',
      [`${device}/Policy/Config/DeviceLock/MaxInactivityTimeDeviceLock`]: '5',
    });
    expect(answered(id)).toMatchObject({
      status: 'failed',
      outcome: { code: '500', reason: expect.stringContaining('AllowSimpleDevicePassword: 500 Command failed') },
    });
  });

  it('that Windows has no word for fail, and nothing is sent', async () => {
    const { client, install, answered, stub } = await open();
    const refused: Profile[] = [
      { ...vpn, protocol: 'ipsec' },
      { ...vpn, authentication: 'none' },
      { ...wifi, ssid: 'x'.repeat(33) },
      { ...exchange, certificate: 'Identity 1' },
      { ...passcode, type: 'com.apple.mobiledevice.passwordpolicy' },
      { ...wifi, eap: { types: ['leap'] } },
      { ...vpn, certificate: 'nobody assigned it' },
    ];
    const ids = refused.map(install);
    expect((await client.session()).commands).toEqual([]);
    expect(ids.map((id) => answered(id)?.outcome)).toEqual([
      ...Array(6).fill(expect.objectContaining({ status: 'failed', code: 'MESSAGE_REFUSED' })),
      expect.objectContaining({ status: 'failed', code: 'NOT_FOUND' }),
    ]);
    expect(JSON.stringify(stub.lines())).not.toMatch(/Zx81|correct horse/);
  });

  it('in an Atomic that failed name the member that was wrong, not its consequences', async () => {
    const { client, install, answered } = await open();
    const id = install(exchange);
    await client.session((command) => {
      if (command.verb === 'Atomic') return '507';
      const target = 'items' in command ? (command.items[0]?.target ?? '') : '';
      return target.endsWith('/EmailAddress') ? '216' : target.endsWith('/ServerName') ? '415' : '215';
    });
    expect(answered(id)?.outcome).toMatchObject({ code: '415', reason: expect.stringMatching(/ServerName: 415 /) });
  });
});

describe('a certificate by SCEP', () => {
  const status = (value: string, more: Readonly<Record<string, string>> = {}): Answer => {
    const node = `${device}/ClientCertificateInstall/SCEP/Identity%201`;
    return (command) =>
      command.verb === 'Get' ? { code: '200', results: { [`${node}/Status`]: value, ...more } } : '200';
  };

  it('is asked for in one Atomic that ends in Enroll, and is there when its Status says so', async () => {
    const { client, install, answered, held, stub } = await open();
    const id = install(scep);
    const { commands } = await client.session();
    const node = `${device}/ClientCertificateInstall/SCEP/Identity%201`;
    expect(shape(commands)).toMatch(/^Atomic\((?:Add )+Exec\)$/);
    const leaves = written(commands);
    expect(leaves).toMatchObject({
      [`${node}/Install/ServerURL`]: `${stub.authority.url}/scep`,
      [`${node}/Install/Challenge`]: expect.stringMatching(/^[0-9A-F]{36}$/), // PrintableString (case D5)
      [`${node}/Install/SubjectName`]: 'O="Contoso, Ltd ""x""", CN=a+OU=b',
      [`${node}/Install/KeyLength`]: '2048',
      [`${node}/Install/CAThumbprint`]: client.document?.certificates[0]?.thumbprint,
    });
    expect((await stub.send('/scep/pkiclient.exe?operation=GetCACaps&message=default')).status).toBe(200);
    expect([answered(id)?.status, held()]).toEqual(['later', []]); // 200 is "queued"
    const pending = await client.session(status('2'));
    expect([shape(pending.commands), answered(id)?.status]).toEqual(['Get', 'later']);
    await client.session(status('1', { [`${node}/CertThumbprint`]: 'AB'.repeat(20) }));
    expect(answered(id)).toMatchObject({ status: 'done', outcome: { data: { thumbprint: 'AB'.repeat(20) } } });
    expect(held()).toEqual(['Identity 1']);
    expect((await client.session()).commands).toEqual([]);
  });

  it('of another version is asked for in the place of the one before, which is not deleted', async () => {
    const { client, install } = await open();
    install(scep);
    await client.session();
    await client.session(status('1'));
    install({ ...scep, source: { ...scep.source, keySizeBits: 4096 } } as Profile);
    const { commands } = await client.session();
    expect(shape(commands)).toMatch(/^Atomic\(Replace Add (?:Replace )+Exec\)$/); // the challenge, which the device has erased
    expect(Object.keys(written(commands))[1]).toMatch(/\/Install\/Challenge$/);
    install({ ...scep, source: { ...scep.source, keySizeBits: 1024 } } as Profile);
    const odd = await client.session((command) => (command.verb === 'Atomic' ? '418' : '200'));
    expect(shape(odd.commands)).toContain('Delete Atomic(Add'); // of a device that erases no challenge
  });

  it('that failed on the device has failed, with its error', async () => {
    const { client, install, answered } = await open();
    const id = install(scep);
    await client.session();
    const node = `${device}/ClientCertificateInstall/SCEP/Identity%201`;
    await client.session(status('16', { [`${node}/ErrorCode`]: '-2146885599' }));
    expect(answered(id)?.outcome).toMatchObject({ status: 'failed', code: '0x80092021' });
  });

  it('that the device knows nothing of any more is asked for anew', async () => {
    const { client, install, answered } = await open();
    const id = install(scep);
    await client.session();
    const { commands } = await client.session((command) =>
      command.verb === 'Get' || command.verb === 'Delete' ? '404' : '200',
    );
    expect([shape(commands).replaceAll('Add ', ''), answered(id)?.status]).toEqual([
      'Get Delete Atomic(Exec)',
      'later',
    ]);
  });
});

describe('the built-in organisation', () => {
  it('is rendered whole for Windows, under either authority, and moved from one to the other', async () => {
    const stub = await openStub({ tenant: defaultTenant({ authority: 'office365', users: 1 }) });
    const { tenant } = stub.authority;
    const client = new WindowsClient(stub);
    await client.enroll(passwordOf(user1));
    const answer: Answer = (command) =>
      command.verb === 'Get'
        ? {
            code: '200',
            results: Object.fromEntries(
              command.items.map(({ target = '' }) => [
                target,
                target.endsWith('/SCEP/Device%20identity/Status') ? '1' : '',
              ]),
            ),
          }
        : '200';
    await client.session(answer);
    await client.session(answer);
    const held = () =>
      tenant
        .device(client.deviceId)
        ?.held.map(({ name, stale }) => `${name}${stale ? ' (stale)' : ''}`)
        .sort();
    const all = ['Contoso VPN', 'Contoso Wi-Fi', 'Contoso mail', 'Contoso root', 'Device identity', 'Passcode'];
    expect(held()).toEqual([...all, 'Contoso guests'].sort());
    tenant.setAuthority('intune', 'the test');
    await client.session(answer);
    await client.session(answer);
    expect(held()).toEqual([...all, 'Contoso guests (stale)', 'Contoso laboratory'].sort());
    expect(tenant.commands(client.deviceId).filter(({ status }) => status !== 'done')).toEqual([]);
    expect(stub.lines()).toEqual([]);
  });
});

/** This code for the first command of this verb, 200 for all others. */
function once(verb: string, code: string): Answer {
  let isFirst = true;
  return (command) => {
    if (command.verb !== verb || !isFirst) return '200';
    isFirst = false;
    return code;
  };
}
