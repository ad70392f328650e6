import { describe, expect, it } from 'vitest';
import { adds, atomic, command, openCsps } from './csp-stage.js';

const root = './User/Vendor/MSFT/EMAIL2';
const account = (digit: number) => `${root}/%7B${String(digit).repeat(8)}-1111-2222-3333-444455556666%7D`;

type Leaf = readonly [name: string, value: string, format?: string];
const leaves = (changes: Readonly<Record<string, string | undefined>> = {}): Leaf[] =>
  Object.entries({
    ACCOUNTTYPE: 'Email',
    AUTHNAME: 'user1',
    AUTHREQUIRED: '1',
    AUTHSECRET: 'hush',
    DWNDAY: '14',
    INSERVER: 'imap.contoso.example:993',
    OUTSERVER: 'smtp.contoso.example:587',
    REPLYADDR: 'user1@contoso.example',
    SERVICENAME: 'Contoso Mail',
    SERVICETYPE: 'IMAP4',
    SYNCINGCONTENTTYPES: '0x1',
    'TAGPROPS/8128000B': '1',
    'TAGPROPS/812C000B': '0',
    ...changes,
  }).flatMap(([name, value]): Leaf[] => (value === undefined ? [] : [[name, value]]));

const add = (digit: number, changes: Readonly<Record<string, string | undefined>> = {}) =>
  atomic(...adds(account(digit), leaves({ SERVICENAME: `Mail ${digit}`, ...changes })));

describe('EMAIL2', () => {
  it('makes a mail account of an Atomic of Adds', async () => {
    const device = openCsps();
    const codes = await device.codes(atomic(...adds(account(1), leaves())));
    expect(new Set(codes)).toEqual(new Set([200]));
    expect(device.profiles()).toEqual([
      {
        kind: 'email',
        name: 'Contoso Mail',
        account: 'imap',
        emailAddress: 'user1@contoso.example',
        incoming: {
          host: 'imap.contoso.example',
          port: 993,
          tls: true,
          authentication: 'password',
          username: 'user1',
          password: 'hush',
        },
        outgoing: {
          host: 'smtp.contoso.example',
          port: 587,
          tls: false,
          authentication: 'password',
          username: 'user1',
          password: 'hush',
        },
        daysToSync: 14,
      },
    ]);
  });

  it('is there when its last required leaf came, one command after the other', async () => {
    const device = openCsps();
    const all = adds(account(1), leaves());
    for (const [index, each] of all.entries()) {
      expect(await device.codes(each)).toEqual([200]);
      if (index < 5) expect(device.profiles()).toEqual([]);
    }
    expect(device.profiles()).toHaveLength(1);
    expect(await device.codes(command('Delete', `${account(1)}/OUTSERVER`))).toEqual([200]);
    expect(device.profiles()).toEqual([]);
  });

  it('reads POP3, ports left out, and a sender of another name', async () => {
    const device = openCsps();
    await device.run(
      add(1, {
        SERVICETYPE: 'POP3',
        INSERVER: 'pop.contoso.example',
        DWNDAY: '-1',
        SMTPALTENABLED: '1',
        SMTPALTAUTHNAME: 'sender',
        SMTPALTPASSWORD: 'other',
      }),
    );
    expect(device.profile('Mail 1')).toMatchObject({
      account: 'pop',
      daysToSync: 0,
      incoming: { host: 'pop.contoso.example' },
      outgoing: { username: 'sender', password: 'other', authentication: 'password' },
    });
  });

  it('does not give its secrets back', async () => {
    const device = openCsps();
    await device.run(add(1, { SMTPALTPASSWORD: 'other' }));
    for (const leaf of ['AUTHSECRET', 'SMTPALTPASSWORD']) {
      const { data = '' } = await device.get(`${account(1)}/${leaf}`);
      expect(data).not.toMatch(/hush|other/);
    }
    expect(await device.get(`${account(1)}/AUTHNAME`)).toEqual({ code: 200, data: 'user1' });
  });

  it('takes six accounts, and answers 500 to the seventh, of which nothing stays', async () => {
    const device = openCsps();
    for (const digit of [1, 2, 3, 4, 5, 6]) await device.run(add(digit));
    expect(device.profiles()).toHaveLength(6);
    const [whole, first] = await device.codes(add(7));
    expect([whole, first]).toEqual([507, 500]);
    expect(device.profiles()).toHaveLength(6);
    expect((await device.get(account(7))).code).toBe(404);
    expect(await device.codes(command('Replace', `${account(3)}/SERVICENAME`, 'Renamed'))).toEqual([200]);
    expect(device.profile('Renamed')).toBeDefined();
    expect(await device.codes(command('Delete', account(1)))).toEqual([200]);
    expect((await device.codes(add(7)))[0]).toBe(200);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['a protocol that is neither IMAP4 nor POP3', { SERVICETYPE: 'JMAP' }],
    ['voice mail, which no PC has', { ACCOUNTTYPE: 'VVM' }],
    ['a server that is no host', { INSERVER: 'https://mail.contoso.example/' }],
    ['a port beyond 65535', { OUTSERVER: 'smtp.contoso.example:99999' }],
  ])('answers 500 in an Atomic of 507 to %s', async (_why, changes) => {
    const device = openCsps();
    const codes = await device.codes(add(1, changes));
    expect(codes[0]).toBe(507);
    expect(codes).toContain(500);
    expect(device.profiles()).toEqual([]);
    expect((await device.get(account(1))).code).toBe(404);
  });

  it('does not exist for the device, and not without the user', async () => {
    expect(await openCsps().codes(command('Add', account(1).replace('./User', './Device'), undefined, 'node'))).toEqual(
      [404],
    );
    expect(await openCsps({ signedIn: 'none' }).codes(add(1))).toContain(405);
  });

  it('wants the braces of its GUID', async () => {
    const device = openCsps();
    expect(
      await device.codes(command('Add', `${root}/11111111-1111-2222-3333-444455556666`, undefined, 'node')),
    ).toEqual([500]);
  });
});
