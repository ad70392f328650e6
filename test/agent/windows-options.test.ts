// What `rollcall device --platform windows` makes of its options.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DeviceCommandOptions } from '../../agent/command-options.js';
import { checkOptions, readSettings } from '../../agent/device-settings.js';
import { agentError } from '../../agent/errors.js';
import { invitationOf } from '../../agent/invite.js';
import { type Started, withOptionHint } from '../../agent/option-hints.js';
import { nothingRemembered } from '../../agent/remembered.js';
import { wishedFacts } from '../../agent/wished-device.js';

const plain = { unsupervised: false, once: false, stay: false, forget: false, json: false } as const;
const options = (given: Partial<DeviceCommandOptions>): DeviceCommandOptions => ({
  platform: 'windows',
  ...plain,
  ...given,
});
const settings = (given: Partial<DeviceCommandOptions>, before = nothingRemembered) => {
  checkOptions(options(given));
  return readSettings(options(given), before, undefined);
};
const user = 'user1@contoso.example';

afterEach(() => vi.unstubAllEnvs());

describe('where a Windows device enrolls', () => {
  it('is the discovery service of an origin, or the address as it was given', () => {
    expect(settings({ server: 'https://mdm.test:8443/', user }).invitation).toEqual({
      authority: 'https://mdm.test:8443',
      url: 'https://mdm.test:8443/EnrollmentServer/Discovery.svc',
      user,
      allowHttp: false,
    });
    const given = 'HTTPS://mdm.test/enrollmentserver/discovery';
    expect(settings({ server: given }).invitation).toMatchObject({ authority: 'https://mdm.test', url: given });
  });

  it('is found by the domain of the user, where nothing else says it', () => {
    const { invitation, lastInvitation } = settings({ user: 'User1@Contoso.Example' });
    expect(invitation).toEqual({
      authority: 'https://enterpriseenrollment.contoso.example',
      user: 'User1@Contoso.Example',
      allowHttp: false,
    });
    expect(lastInvitation()).toEqual(invitation);
  });

  it('is what the folder remembers, a server before the domain of its user', () => {
    const before = { version: 1, server: 'https://mdm.test', user } as const;
    const { invitation, lastInvitation } = settings({ state: './pc' }, before);
    expect(invitation).toBeUndefined();
    expect(lastInvitation()).toMatchObject({ url: 'https://mdm.test/EnrollmentServer/Discovery.svc', user });
    const byUser = settings({ state: './pc' }, { version: 1, user });
    expect(byUser.lastInvitation()).toMatchObject({ authority: 'https://enterpriseenrollment.contoso.example' });
  });

  it('is where a token service says, which the folder remembers', () => {
    const { invitation, remembered } = settings({ entra: 'https://mdm.test:8443', user });
    const expected = {
      authority: 'https://mdm.test:8443',
      entra: 'https://mdm.test:8443/entra',
      user,
      allowHttp: false,
    };
    expect(invitation).toEqual(expected);
    expect(remembered).toMatchObject({ entra: 'https://mdm.test:8443', push: 'wss://mdm.test:8443/push' });
    expect(settings({ state: './pc' }, remembered).lastInvitation()).toEqual(expected);
    const both = settings({ entra: 'https://login.test/x', server: 'https://mdm.test/d.svc', user });
    expect(both.invitation).toMatchObject({ url: 'https://mdm.test/d.svc', entra: 'https://login.test/x' });
    expect(() => settings({ entra: 'login.test' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('is nowhere for a user without a domain', () => {
    expect(() => settings({ user: 'user1' })).toThrow('nothing says which device this is to be');
    expect(invitationOf({ platform: 'windows', user: 'user1', isByUser: true, 'allow-http': false })).toBeUndefined();
  });

  it('is no enrollment profile', () => {
    expect(() => settings({ profile: 'enroll.mobileconfig' })).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('--server') }),
    );
  });
});

describe('what a Windows device enrolls with', () => {
  it('is a token of the option, or of the environment, which the option wins over', () => {
    const server = 'https://mdm.test';
    expect(settings({ server }).invitation).not.toHaveProperty('token');
    vi.stubEnv('ROLLCALL_ENROLL_TOKEN', 'of the environment');
    vi.stubEnv('ROLLCALL_PASSWORD', 'secret');
    expect(settings({ server }).invitation).toMatchObject({ token: 'of the environment', secret: 'secret' });
    const { invitation, remembered } = settings({ server, 'enroll-token': 'of the option' });
    expect(invitation).toMatchObject({ token: 'of the option' });
    expect(JSON.stringify(remembered)).not.toMatch(/of the|secret/);
  });

  it('is a request of the form that was asked for', () => {
    expect(wishedFacts(options({ csr: 'strict', seed: '7' })).native).toMatchObject({ CsrForm: 'strict' });
    expect(wishedFacts(options({ seed: '7' })).native).not.toHaveProperty('CsrForm');
  });

  it.each([
    { 'enroll-token': 'token' },
    { entra: 'https://mdm.test' },
    { csr: 'win10' },
    { autopilot: 'user-driven' },
  ] as const)('is nothing for iOS: %o', (given) => {
    expect(() => checkOptions({ ...options(given), platform: 'ios', server: 'https://mdm.test' })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: `--${Object.keys(given)[0]} is for Windows` }),
    );
  });
});

it('Autopilot enrolls by the user or by itself, and is remembered', () => {
  const place = { server: 'https://mdm.test' };
  const read = (more: Partial<DeviceCommandOptions>, before = nothingRemembered) =>
    readSettings(options({ ...place, ...more }), before, undefined);
  expect(read({ user, autopilot: 'user-driven' }).invitation).toMatchObject({ user, autopilot: 'userDriven' });
  const alone = read({ autopilot: 'self-deploying' });
  expect(alone.invitation).toMatchObject({ autopilot: 'selfDeploying' });
  expect(read({}, { ...alone.remembered, user }).invitation).not.toHaveProperty('user');
  expect(() => checkOptions(options({ ...place, user, autopilot: 'self-deploying' }))).toThrow(
    expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('user-driven') }),
  );
});

it('an iOS device looks for no token, and for no domain of its user', () => {
  vi.stubEnv('ROLLCALL_ENROLL_TOKEN', 'token');
  const { invitation, lastInvitation } = readSettings(
    { ...options({ user, state: './phone' }), platform: 'ios' },
    nothingRemembered,
    undefined,
  );
  expect([invitation, lastInvitation()]).toEqual([undefined, undefined]);
  const given = readSettings(
    { ...options({ user, server: 'https://mdm.test' }), platform: 'ios' },
    nothingRemembered,
    undefined,
  );
  expect(given.invitation).toEqual({
    authority: 'https://mdm.test',
    url: 'https://mdm.test/enroll/ios?user=user1%40contoso.example',
    user,
    allowHttp: false,
  });
});

describe('what a person is advised when the enrollment fails', () => {
  const started: Started = {
    platform: 'windows',
    user,
    server: 'https://mdm.test',
    state: undefined,
    hasToken: false,
    allowHttp: false,
  };
  const hintOf = (
    code: 'ENROLL_REFUSED' | 'TRANSPORT_LOST' | 'ENROLL_FAILED',
    hresult: string,
    how: Partial<Started>,
  ) =>
    withOptionHint(
      agentError(code, 'no', { details: { step: 'Discovery', hresult } }),
      { ...started, ...how },
      'enroll',
    );

  it('names the options that a refused sign-in came from', () => {
    expect(hintOf('ENROLL_REFUSED', '0x80180002', {})).toMatchObject({
      hint: expect.stringMatching('ROLLCALL_PASSWORD'),
    });
    expect(hintOf('ENROLL_REFUSED', '0x80180002', { hasToken: true })).toMatchObject({
      hint: expect.stringMatching('--enroll-token'),
    });
    const expired = agentError('ENROLL_REFUSED', 'no', {
      details: { hresult: '0x80180002', code: 'E12', shows: 'Sorry.' },
    });
    expect(withOptionHint(expired, { ...started, hasToken: true }, 'enroll')).toMatchObject({
      hint: expect.stringMatching(/past its date.*Windows shows: “Sorry\.”$/),
    });
    expect(hintOf('ENROLL_REFUSED', '0x80180013', {})).toMatchObject({ hint: expect.stringMatching('The authority') });
  });

  it('says where the address came from when only the user was given', () => {
    expect(hintOf('TRANSPORT_LOST', '0x80180010', { server: undefined })).toMatchObject({
      hint: expect.stringMatching(/domain of user1@contoso.example .* --server URL/),
    });
    expect(hintOf('TRANSPORT_LOST', '0x80180010', {})).toMatchObject({ hint: expect.stringMatching('No answer came') });
  });

  it('says that a phone was sent to a discovery service', () => {
    const server = 'https://mdm.test/EnrollmentServer/Discovery.svc';
    expect(hintOf('ENROLL_FAILED', '', { platform: 'ios', server })).toMatchObject({
      hint: expect.stringMatching('--platform windows'),
    });
  });
});
