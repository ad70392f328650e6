// Passcode policies as iOS has them (com.apple.mobiledevice.passwordpolicy.yaml, passcode.settings.yaml).
import { beforeAll, describe, expect, it } from 'vitest';
import { declaredPolicy } from '../../../../agent/platform/ios/passcode.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import { schemaFile } from '../../../support/apple-schema.js';
import { describeWith } from '../../../support/programs.js';
import { withSchema } from '../../../support/shared.js';
import { type Asking, askedDevice } from './asking.js';
import { command, type OpensslIdentity, opensslIdentity, payload } from './harness.js';

const day = 24 * 3600 * 1000;
const policy = (number: number, keys: string): string => payload('com.apple.mobiledevice.passwordpolicy', number, keys);
const key = (name: string, value: string): string => `<key>${name}</key>${value}`;
const integer = (name: string, value: number): string => key(name, `<integer>${value}</integer>`);

describeWith('openssl')('a passcode policy in a profile', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });
  const security = async ({ ask }: Asking): Promise<PlistDict> =>
    (await ask('SecurityInfo'))['SecurityInfo'] as PlistDict;
  const isCompliant = async (asking: Asking, passcode?: string): Promise<unknown> => {
    if (passcode !== undefined) asking.stage.change({ passcode });
    const { PasscodeCompliant, PasscodeCompliantWithProfiles } = await security(asking);
    expect(PasscodeCompliantWithProfiles).toBe(PasscodeCompliant);
    return PasscodeCompliant;
  };

  it.each([
    ['allowSimple', key('allowSimple', '<false/>'), '111111', '482915'],
    ['allowSimple', key('allowSimple', '<false/>'), '123456', '482915'],
    ['minComplexChars', integer('minComplexChars', 2), '111111', '1#1#1'],
    ['minLength', integer('minLength', 6), '48291', '482915'],
    ['requireAlphanumeric', key('requireAlphanumeric', '<true/>'), '482915', '482a'],
  ])('%s (%s) does not let %s pass, but %s', async (_name, keys, bad, good) => {
    const asking = await askedDevice(identity);
    await asking.install('p', [policy(50, keys)]);
    expect(await isCompliant(asking)).toBe(true); // no passcode, and none required
    expect(await isCompliant(asking, bad)).toBe(false);
    expect(await isCompliant(asking, good)).toBe(true);
  });

  it('forcePIN asks for a passcode, whatever it is', async () => {
    const asking = await askedDevice(identity);
    await asking.install('p', [policy(50, key('forcePIN', '<true/>'))]);
    expect(await isCompliant(asking)).toBe(false);
    expect(await isCompliant(asking, '1')).toBe(true);
  });

  it('maxPINAgeInDays lets it expire by the device’s clock', async () => {
    const asking = await askedDevice(identity);
    await asking.install('p', [policy(50, integer('maxPINAgeInDays', 30))]);
    asking.stage.change({ passcode: '4829', passcodeSetAt: asking.stage.clock.now() });
    expect(await isCompliant(asking)).toBe(true);
    await asking.stage.clock.advance(30 * day);
    expect(await isCompliant(asking)).toBe(false);
  });

  it('ClearPasscode takes a passcode that is required: the device is not compliant then', async () => {
    const asking = await askedDevice(identity);
    await asking.install('p', [policy(50, key('forcePIN', '<true/>'))]);
    asking.stage.change({ passcode: '4829' });
    const token = asking.stage.server.checkIns.at(-1)?.['UnlockToken'] as Uint8Array;
    const answer = await asking.ask(
      'ClearPasscode',
      key('UnlockToken', `<data>${Buffer.from(token).toString('base64')}</data>`),
    );
    expect(answer['Status']).toBe('Acknowledged');
    expect(await security(asking)).toMatchObject({ PasscodePresent: false, PasscodeCompliant: false });
  });

  it('Restrictions adds several up to the strictest, under the names of the profile', async () => {
    const asking = await askedDevice(identity);
    await asking.install('one', [
      policy(
        50,
        key('allowSimple', '<false/>') +
          integer('minLength', 4) +
          integer('maxFailedAttempts', 10) +
          integer('pinHistory', 3) +
          integer('maxGracePeriod', 5),
      ),
    ]);
    await asking.install('two', [
      policy(
        51,
        key('forcePIN', '<true/>') +
          key('requireAlphanumeric', '<true/>') +
          integer('minLength', 8) +
          integer('minComplexChars', 1) +
          integer('maxFailedAttempts', 4) +
          integer('maxInactivity', 2) +
          integer('maxPINAgeInDays', 90) +
          integer('pinHistory', 12) +
          integer('maxGracePeriod', 15),
      ),
    ]);
    const answer = await asking.ask('Restrictions', key('ProfileRestrictions', '<true/>'));
    expect(answer['GlobalRestrictions']).toMatchObject({
      restrictedBool: {
        allowSimple: { value: false },
        forcePIN: { value: true },
        requireAlphanumeric: { value: true },
      },
      restrictedValue: {
        minLength: { value: 8 },
        minComplexChars: { value: 1 },
        maxFailedAttempts: { value: 4 },
        maxInactivity: { value: 2 },
        maxPINAgeInDays: { value: 90 },
        pinHistory: { value: 12 },
        maxGracePeriod: { value: 5 },
      },
    });
    expect(answer['ProfileRestrictions']).toMatchObject({
      two: { restrictedBool: { allowSimple: { value: true } }, restrictedValue: { minLength: { value: 8 } } },
    });
  });

  it('Restrictions of each profile need the right to inspect profiles', async () => {
    const asking = await askedDevice(identity, { mdm: { rights: 512 } });
    const answer = await asking.ask('Restrictions', key('ProfileRestrictions', '<true/>'));
    expect(answer['Status']).toBe('Acknowledged');
    expect(answer['ProfileRestrictions']).toBeUndefined();
  });

  it('maxGracePeriod bounds the grace period that was chosen', async () => {
    const asking = await askedDevice(identity);
    const saved = asking.link.saved.data as { settings?: object };
    const link = asking.stage.driver.resume({
      ...asking.link.saved,
      data: { ...saved, settings: { gracePeriodSeconds: 900 } },
    });
    const resumed = { ...asking, link, ask: askedBy(asking, link) };
    expect(await security(resumed)).toMatchObject({ PasscodeLockGracePeriodEnforced: 900 });
    asking.stage.view.state = {
      ...asking.stage.view.state,
      holdings: [
        {
          profile: {
            kind: 'configuration',
            name: 'p',
            type: 't',
            passcode: { required: false, maxGraceMinutes: 1 },
            settings: {},
          },
          authority: 'a',
          installedAt: 0,
        },
      ],
    };
    expect(await security(resumed)).toMatchObject({
      PasscodeLockGracePeriod: 900,
      PasscodeLockGracePeriodEnforced: 60,
    });
  });

  it('what only macOS has is not looked at', async () => {
    const asking = await askedDevice(identity);
    const keys = key('customRegex', '<string>not even a dictionary</string>') + integer('changeAtNextAuth', 7);
    expect((await asking.install('p', [policy(50, keys)]))['Status']).toBe('Acknowledged');
    expect(await isCompliant(asking, '1')).toBe(true);
  });
});

function askedBy({ stage }: Asking, link: Asking['link']): Asking['ask'] {
  return async (requestType) => {
    stage.server.queue.push(command(requestType));
    await link.checkIn(stage.session);
    return stage.server.last;
  };
}

describe('a passcode policy in a declaration', () => {
  it('requires a passcode by any key but RequirePasscode', () => {
    expect(declaredPolicy({})).toEqual({ required: false });
    expect(declaredPolicy({ RequirePasscode: true })).toEqual({ required: true });
    expect(declaredPolicy({ RequirePasscode: false, MinimumLength: 6 })).toEqual({ required: true, minLength: 6 });
    expect(declaredPolicy({ RequireComplexPasscode: false })).toEqual({ required: true, allowSimple: true });
    expect(declaredPolicy({ CustomRegex: { Regex: '^a' }, ChangeAtNextAuth: true })).toEqual({ required: false });
  });

  it('has a neutral rule for every key that iOS has', withSchema, () => {
    const keys = schemaFile('declarative/declarations/configurations/passcode.settings.yaml').payloadkeys ?? [];
    const ofIos = keys.filter(({ supportedOS }) => supportedOS?.['iOS']?.introduced !== 'n/a');
    for (const { key: name, type } of ofIos) {
      if (name === 'RequirePasscode') continue;
      const value = type === '<boolean>' ? true : 3;
      const rules = Object.entries(declaredPolicy({ [name]: value })).filter(([rule]) => rule !== 'required');
      expect([name, rules.map(([, given]) => given)]).toEqual([
        name,
        [name === 'RequireComplexPasscode' ? false : value],
      ]);
    }
  });
});
