import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toldCommand, toldProfile } from '../../../agent/model/told.js';
import { packState, unpackState } from '../../../agent/store/pack.js';
import { command, outcome } from '../../../protocol/vocabulary/command.js';
import { authored, stored } from '../../../protocol/vocabulary/derive.js';
import { secret, text } from '../../../protocol/vocabulary/fields.js';
import { masked, secretNames } from '../../../protocol/vocabulary/mask.js';
import { misfit } from '../../../protocol/vocabulary/misfit.js';
import { profileKinds } from '../../../protocol/vocabulary/names.js';
import { profile, wifiProfile } from '../../../protocol/vocabulary/profile.js';
import type { Command, Outcome, Profile } from '../../../protocol/vocabulary.js';
import { shownCommand, shownOpaque, shownOutcome, shownProfile } from '../../../server-stub/admin/shown.js';
import { samplesOf, textsIn } from '../../support/described.js';
import { someState } from '../../support/devices.js';

const profiles = samplesOf(profile);
const commands = samplesOf(command);
const kinds = new Set(profiles.map(({ value }) => (value as Profile).kind));

/** Of a configuration's own settings the device tells the names alone. */
const settingsIn = (value: Profile): string => (value.kind === 'configuration' ? textsIn(value.settings) : '');

describe('the description of profiles and commands', () => {
  it('has every kind, and samples of all its choices fit it', () => {
    expect([...kinds].sort()).toEqual([...profileKinds].sort());
    expect(profiles.length).toBe(7); // a certificate has three sources
    expect(profiles.flatMap(({ secrets }) => secrets).length).toBeGreaterThanOrEqual(8);
    for (const { value } of profiles) expect(misfit(profile, value)).toBeUndefined();
    for (const { value } of commands) expect(misfit(command, value)).toBeUndefined();
  });

  it('says which fields are secret', () => {
    expect([...secretNames(command)].sort()).toEqual(['challenge', 'passphrase', 'password', 'pkcs12', 'sharedSecret']);
  });

  const places: readonly [where: string, show: (value: Profile) => unknown][] = [
    ['what a device tells', toldProfile],
    ['a command that a device tells', (value) => toldCommand({ kind: 'install-profile', profile: value })],
    ['what the admin API shows', (value) => shownProfile(value, 'administrator')],
    [
      'a command that the admin API shows',
      (value) => shownCommand({ kind: 'install-profile', profile: value }, 'administrator'),
    ],
  ];
  it.each(places)('hides every secret from %s and nothing else', (_, show) => {
    for (const { value, open, secrets } of profiles) {
      const shown = textsIn(show(value as Profile));
      expect(secrets.filter((each) => shown.includes(each))).toEqual([]);
      const hidden = textsIn(show(value as Profile)).includes('[secret]') ? settingsIn(value as Profile) : '';
      expect(open.filter((each) => !shown.includes(each) && !hidden.includes(each))).toEqual([]);
    }
  });

  it('tells of the settings of a configuration the names alone, for nothing says which of them are secret', () => {
    const configuration: Profile = {
      kind: 'configuration',
      name: 'c',
      type: 't',
      settings: { PSK: 'three', on: false },
    };
    for (const shown of [
      toldProfile(configuration),
      (toldCommand({ kind: 'install-profile', profile: configuration }) as { profile: Profile }).profile,
    ])
      expect(shown).toEqual({ ...configuration, settings: { PSK: '[secret]', on: false } });
  });

  it('hides nothing of commands and answers that have no secrets', () => {
    for (const { value, open, secrets } of commands.filter((each) => each.secrets.length === 0)) {
      const { kind } = value as Command;
      const ofSettings = kind === 'install-profile' ? settingsIn((value as { profile: Profile }).profile) : '';
      for (const shown of [toldCommand(value as Command), shownCommand(value as Command, 'administrator')])
        expect(open.filter((each) => !textsIn(shown).includes(each) && !ofSettings.includes(each))).toEqual([]);
      expect(secrets).toEqual([]);
    }
    for (const { value, open } of samplesOf(outcome))
      expect(open.filter((each) => !textsIn(shownOutcome(value as Outcome, 'administrator')).includes(each))).toEqual(
        [],
      );
  });

  it('hides by name what lies in values of a dialect of its own', () => {
    const body = {
      Password: 'one',
      list: [{ challenge: 'two', PIN: '4711' }],
      name: 'three',
      pkcs12: Buffer.from('four'),
      port: 7,
      UnlockToken: 'five',
    };
    const native: Command = { kind: 'native', platform: 'ios', name: 'X', body };
    expect(shownCommand(native, 'administrator')).toMatchObject({
      body: {
        Password: '(secret)',
        UnlockToken: '(secret)',
        list: [{ challenge: '(secret)', PIN: '(secret)' }],
        name: 'three',
        pkcs12: '(secret)',
        port: 7,
      },
    });
    expect(JSON.stringify(toldCommand(native))).not.toMatch(/one|two|four|five|4711/);
  });

  it('shows a reader the names alone of what no description tells secrets in, however they are spelled', () => {
    const body = { RequestType: 'X', UNLOCKTOKEN: 'one', Pin: 1234, List: [{ apiKey: Buffer.from('two') }], On: true };
    expect(shownCommand({ kind: 'native', platform: 'ios', name: 'X', body }, 'reader')).toEqual({
      kind: 'native',
      platform: 'ios',
      name: 'X',
      body: {
        RequestType: '(secret)',
        UNLOCKTOKEN: '(secret)',
        Pin: '(secret)',
        List: [{ apiKey: '(secret)' }],
        On: true,
      },
    });
    const configuration: Profile = {
      kind: 'configuration',
      name: 'c',
      type: 't',
      settings: { PSK: 'three', on: false },
    };
    expect(shownProfile(configuration, 'reader')).toMatchObject({
      type: 't',
      settings: { PSK: '(secret)', on: false },
    });
    expect(shownOutcome({ status: 'done', data: { Escrow: 'four' } }, 'reader')).toEqual({
      status: 'done',
      data: { Escrow: '(secret)' },
    });
    expect(shownOpaque('{{secret}}', 'reader')).toBe('{{secret}}');
  });

  it('shows placeholders at the admin API: they give nothing away', () => {
    const wifi: Profile = {
      kind: 'wifi',
      name: 'w',
      ssid: 's',
      hidden: false,
      autoJoin: true,
      security: 'wpa2',
      passphrase: '{{secret}}',
    };
    expect(shownProfile(wifi, 'reader')).toEqual(wifi);
    expect(shownProfile({ ...wifi, passphrase: '{{secret}} and more' }, 'reader')).toMatchObject({
      passphrase: '(secret)',
    });
  });

  it('gives back the same object where there is nothing to hide', () => {
    const restart: Command = { kind: 'lost-mode', on: true, footnote: 'call me' };
    expect(toldCommand(restart)).toBe(restart);
  });

  it('is what a device stores: every field is there when it is read', () => {
    const state = {
      ...someState(),
      holdings: profiles.map(({ value }) => ({ profile: value as Profile, authority: 'a', installedAt: 1 })),
    };
    expect(unpackState(packState(state))).toEqual(state);
  });

  it('reads what it stored before, whatever its bounds are now', () => {
    const long = { kind: 'wifi', name: '', ssid: 'x'.repeat(9999), hidden: false, autoJoin: true, security: 'none' };
    expect(misfit(profile, long)).toMatch(/^ssid: /);
    expect(stored(profile).parse({ ...long, gone: 1 })).toEqual(long);
    expect(stored(profile).safeParse({ ...long, hidden: 'no' }).success).toBe(false);
  });

  it('is written by a person with bytes as base64, names that are not empty, and no key that is unknown', () => {
    const asWritten = authored(profile);
    const der = { kind: 'certificate', name: 'c', role: 'root', source: { type: 'der', der: 'AQI=' } };
    expect(asWritten.parse(der)).toEqual({ ...der, source: { type: 'der', der: Buffer.from([1, 2]) } });
    const mail = {
      kind: 'email',
      name: 'm',
      account: 'imap',
      emailAddress: 'a@b',
      incoming: { host: 'h', tls: true, authentication: 'none' },
    };
    expect(asWritten.safeParse(mail).success).toBe(true);
    const wrong = [
      { ...mail, name: '' },
      { ...mail, name: 'x'.repeat(513) },
      { ...mail, incoming: { ...mail.incoming, port: 0 } },
      { ...mail, incoming: { ...mail.incoming, port: 65_536 } },
      { ...mail, incoming: { ...mail.incoming, pasword: 'x' } },
      { ...mail, daysToSync: 2 },
      { ...der, source: { type: 'der', der: 'not base64!' } },
    ];
    expect(wrong.filter((each) => asWritten.safeParse(each).success)).toEqual([]);
  });
});

describe('a field that is added to a description', () => {
  const wifi = wifiProfile.extend({ sae: z.strictObject({ word: secret(text), group: text }).exactOptional() });
  const value = {
    kind: 'wifi',
    name: 'w',
    ssid: 's',
    hidden: false,
    autoJoin: true,
    security: 'wpa3',
    sae: { word: 'swordfish', group: '19' },
  } as const;

  it('is stored, written by people, and hidden, with nothing else touched', () => {
    expect(stored(wifi).parse(value)).toEqual(value);
    expect(authored(wifi).parse(value)).toEqual(value);
    expect(misfit(wifi, { ...value, sae: { word: 5, group: '19' } })).toMatch(/^sae\.word: /);
    const veil = { secret: () => '(secret)', opaque: (each: unknown) => each };
    expect(masked(wifi, value, veil)).toEqual({ ...value, sae: { word: '(secret)', group: '19' } });
    expect([...secretNames(wifi)]).toContain('word');
  });

  it('is not lost on those that know the description alone: an unknown key is opaque to them', () => {
    const opaque: unknown[] = [];
    masked(wifiProfile, value as never, { secret: () => '', opaque: (each) => opaque.push(each) });
    expect(opaque).toEqual([value.sae]);
  });
});
