import { describe, expect, it } from 'vitest';
import { adds, atomic, command, openCsps } from './csp-stage.js';

const account = './User/Vendor/MSFT/ActiveSync/Accounts/%7B12345678-1111-2222-3333-444455556666%7D';
const leaves: readonly (readonly [string, string])[] = [
  ['EmailAddress', 'user1@contoso.example'],
  ['Domain', 'CONTOSO'],
  ['AccountIcon', ''],
  ['AccountType', 'Exchange'],
  ['AccountName', 'Contoso Exchange'],
  ['Password', 'hush'],
  ['ServerName', 'mail.contoso.example'],
  ['UserName', 'user1'],
];
const mail = '%7Bc6d47067-6e92-480e-b0fc-4ba82182fac7%7D';

describe('ActiveSync', () => {
  it('makes an Exchange account with the defaults of its options', async () => {
    const device = openCsps();
    const codes = await device.codes(atomic(...adds(account, leaves)));
    expect(new Set(codes)).toEqual(new Set([200]));
    expect(device.profiles()).toEqual([
      {
        kind: 'email',
        name: 'Contoso Exchange',
        account: 'exchange',
        emailAddress: 'user1@contoso.example',
        incoming: {
          host: 'mail.contoso.example',
          tls: true,
          authentication: 'password',
          username: 'CONTOSO\\user1',
          password: 'hush',
        },
        daysToSync: 7,
      },
    ]);
  });

  it('does as its options say', async () => {
    const device = openCsps();
    await device.run(
      atomic(
        ...adds(account, [
          ...leaves.filter(([name]) => name !== 'Domain'),
          ['Options/UseSSL', '0'],
          ['Options/MailAgeFilter', '5'],
        ]),
        ...adds(account, [[`Options/ContentTypes/${mail}/Enabled`, '1']]),
      ),
    );
    expect(device.profile('Contoso Exchange')).toMatchObject({
      daysToSync: 31,
      incoming: { tls: false, username: 'user1' },
    });
  });

  it('shows asterisks for its password', async () => {
    const device = openCsps();
    await device.run(atomic(...adds(account, leaves)));
    expect(await device.get(`${account}/Password`)).toEqual({ code: 200, data: '********' });
  });

  it('is a new account under another name when AccountName is replaced, and goes with its node', async () => {
    const device = openCsps();
    await device.run(atomic(...adds(account, leaves)));
    await device.run(atomic(command('Replace', `${account}/AccountName`, 'Mail')));
    expect(device.profiles().map(({ name }) => name)).toEqual(['Mail']);
    expect(await device.codes(command('Delete', account))).toEqual([200]);
    expect(device.profiles()).toEqual([]);
  });

  it('answers 500 to a content type that there is not, and to a server that is no host', async () => {
    const device = openCsps();
    await device.run(atomic(...adds(account, leaves)));
    const other = mail.replace('c6d4', '0000');
    expect(await device.codes(...adds(account, [[`Options/ContentTypes/${other}/Enabled`, '1']]))).toEqual([500]);
    expect(await device.codes(command('Replace', `${account}/ServerName`, 'a b'))).toEqual([500]);
    expect(device.profile('Contoso Exchange')).toMatchObject({ incoming: { host: 'mail.contoso.example' } });
  });
});
