import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { parsePlistDict } from '../../../../protocol/plist/parse.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import { judgeCheckin } from '../../../support/apple-schema.js';
import { describeWith, openssl } from '../../../support/programs.js';
import { hasSchema } from '../../../support/shared.js';
import {
  enrollmentProfile,
  inFile,
  mdmPayload,
  memoryWake,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  payload,
  pkcs12Payload,
  profile,
  xml,
} from './harness.js';

const wifi = payload(
  'com.apple.wifi.managed',
  30,
  '<key>SSID_STR</key><string>office</string><key>EncryptionType</key><string>WPA2</string><key>Password</key><string>long enough</string>',
);
const refusal = {
  code: 'E03',
  failureCategory: 'enrollmentRestrictionsEnforced',
  failureReason: 'Not licensed',
  remedies: 'Ask',
};

describeWith('openssl')('enrolling', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  it('says Authenticate, then TokenUpdate, and both fit the schema', async () => {
    const { wake, asked } = memoryWake();
    const stage = openStage({ wake });
    const link = await stage.enroll(enrollmentProfile(identity));
    expect(stage.server.types).toEqual(['Authenticate', 'TokenUpdate']);
    const [authenticate, tokenUpdate] = stage.server.checkIns as [PlistDict, PlistDict];
    if (hasSchema()) {
      expect(judgeCheckin('Authenticate', authenticate)).toEqual([]);
      expect(judgeCheckin('TokenUpdate', tokenUpdate)).toEqual([]);
    }
    expect(authenticate['SerialNumber']).toBe(stage.view.state.facts.serial);
    expect(tokenUpdate['UnlockToken']).toBeInstanceOf(Uint8Array);
    expect(tokenUpdate['AwaitingConfiguration']).toBe(false);
    expect([...asked]).toEqual([Buffer.from(tokenUpdate['Token'] as Uint8Array).toString('hex')]);
    expect(link.saved).toMatchObject({ platform: 'ios', authority: 'test', origin: 'https://mdm.test' });
    expect(stage.http.openSessions()).toBe(0);
  });

  it('tells nothing of the device where the profile has no right to ask, and gives no unlock token', async () => {
    const stage = openStage();
    await stage.enroll(enrollmentProfile(identity, { rights: 3 }));
    const [authenticate, tokenUpdate] = stage.server.checkIns;
    expect(Object.keys(authenticate ?? {}).sort()).toEqual(['MessageType', 'Topic', 'UDID']);
    expect(tokenUpdate?.['UnlockToken']).toBeUndefined();
  });

  it('fetches the profile from a URL, as a person with a password', async () => {
    const stage = openStage();
    stage.server.files.set('/enroll', enrollmentProfile(identity));
    await stage.driver.enroll(
      { authority: 'a', url: 'https://mdm.test/enroll', user: 'ada@x.test', secret: 'pw' },
      stage.apply,
      stage.signal,
    );
    const [first] = stage.http.requests;
    expect(first?.method).toBe('GET');
    expect(first?.headers?.['Authorization']).toBe(`Basic ${Buffer.from('ada@x.test:pw').toString('base64')}`);
  });

  it('takes a profile that openssl signed, and lists the signer', async () => {
    const stage = openStage();
    const signed = openssl(
      [
        'cms',
        '-sign',
        '-nodetach',
        '-binary',
        '-outform',
        'DER',
        '-signer',
        identity.file('cert.pem'),
        '-inkey',
        identity.file('key.pem'),
      ],
      enrollmentProfile(identity),
    );
    const link = await stage.enroll(signed);
    expect(JSON.stringify(link.saved.data)).toContain('signers');
  });

  it('signs every message so that openssl verifies it over the exact bytes', async () => {
    const stage = openStage();
    await stage.enroll(enrollmentProfile(identity));
    for (const request of stage.http.requests) {
      const signature = Buffer.from(request.headers?.['Mdm-Signature'] ?? '', 'base64');
      const content = inFile(request.bytes, 'body');
      const verified = openssl(
        [
          'cms',
          '-verify',
          '-inform',
          'DER',
          '-binary',
          '-content',
          content,
          '-noverify',
          '-certfile',
          identity.file('cert.pem'),
        ],
        signature,
      );
      expect(verified.equals(request.bytes)).toBe(true);
      // At hand all the same: an mTLS proxy before the server asks for it (case 7).
      expect(Buffer.from(request.identity?.certificates[0] ?? []).equals(identity.certificate)).toBe(true);
    }
  });

  it('offers its certificate in TLS and signs nothing where SignMessage is false', async () => {
    const stage = openStage();
    await stage.enroll(enrollmentProfile(identity, { signMessage: false }));
    for (const request of stage.http.requests) {
      expect(request.headers?.['Mdm-Signature']).toBeUndefined();
      expect(Buffer.from(request.identity?.certificates[0] ?? []).equals(identity.certificate)).toBe(true);
    }
  });

  it('pins the server to the certificates that the profile names', async () => {
    const stage = openStage();
    const root = payload(
      'com.apple.security.root',
      40,
      `<key>PayloadContent</key><data>${identity.certificate.toString('base64')}</data>`,
    );
    const pins =
      '<key>CheckInURLPinningCertificateUUIDs</key><array><string>00000000-0000-4000-8000-000000000040</string></array>';
    await stage.enroll(enrollmentProfile(identity, { extra: pins }, [root]));
    for (const request of stage.http.requests)
      expect(request.pins?.map((pin) => identity.certificate.equals(pin))).toEqual([true]);
    expect(stage.names()).toEqual(['test.enrollment/test.payload.40']);
  });

  it('installs what else is in the profile between Authenticate and TokenUpdate', async () => {
    const stage = openStage();
    const seen: string[] = [];
    stage.server.override = (request) => {
      if (request.url.endsWith('/checkin')) seen.push(stage.names().join());
      return undefined;
    };
    await stage.enroll(enrollmentProfile(identity, {}, [wifi]));
    expect(seen).toEqual(['', 'test.enrollment']);
    expect(stage.names()).toEqual(['test.enrollment']);
  });

  it.each([
    ['a token', xml('<dict><key>TokenData</key><data>AAAA</data></dict>')],
    ['nothing', Buffer.alloc(0)],
    ['a refusal', { status: 500 }],
  ])('asks for the token of a Managed Apple Account, and goes on with %s', async (_name, answer) => {
    const stage = openStage();
    stage.server.override = (request) => (request.bytes.includes('GetToken') ? answer : undefined);
    const extra = `<key>AssignedManagedAppleID</key><string>ada@x.test</string>
      <key>ServerCapabilities</key><array><string>com.apple.mdm.token</string></array>`;
    await expect(stage.enroll(enrollmentProfile(identity, { extra }))).resolves.toBeDefined();
    const message = parsePlistDict(stage.http.requests.at(-1)?.bytes ?? Buffer.alloc(0));
    expect(message).toMatchObject({ MessageType: 'GetToken', TokenServiceType: 'com.apple.maid' });
    if (hasSchema()) expect(judgeCheckin('GetToken', message)).toEqual([]);
  });

  it.each([400, 404, 500, 503])('leaves nothing behind when Authenticate is answered %i', async (status) => {
    const { wake, asked } = memoryWake();
    const stage = openStage({ wake });
    stage.server.override = (request) => (request.url.endsWith('/checkin') ? { status } : undefined);
    await expect(stage.enroll(enrollmentProfile(identity, {}, [wifi]))).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { step: 'Authenticate', status },
    });
    expect(stage.names()).toEqual([]);
    expect(asked.size).toBe(0);
    expect(stage.http.requests).toHaveLength(1); // the server knows nothing of us: no CheckOut
  });

  it('does not need a push service: says so once, enrolls, and is woken once it is there', async () => {
    const made = memoryWake();
    const lost = agentError('PUSH_LOST', 'no push', { cause: new Error('ECONNREFUSED'), hint: 'by hand' });
    let tries = 0;
    const wake = {
      ...made.wake,
      ask: async () => {
        tries++;
        throw lost;
      },
    };
    const stage = openStage({ wake });
    const link = await stage.enroll(enrollmentProfile(identity));
    const trouble = {
      type: 'trouble',
      code: 'PUSH_LOST',
      message: 'no push: ECONNREFUSED',
      hint: 'by hand',
      about: 'push',
    };
    expect(stage.happenings).toEqual([trouble]);
    expect(stage.server.types).toEqual(['Authenticate', 'TokenUpdate']);
    const { address = '', data } = link.wakeAsk ?? {};
    made.deliver(address, JSON.stringify({ mdm: data?.['magic'] }));
    const woken: unknown[] = [];
    for await (const wakeUp of link.wakeups(new AbortController().signal)) woken.push(wakeUp);
    expect(woken).toHaveLength(1);

    made.deliver(address, JSON.stringify({ mdm: data?.['magic'] }));
    const resumed = stage.driver.resume(link.saved); // a later process asks anew
    for await (const wakeUp of resumed.wakeups(new AbortController().signal)) woken.push(wakeUp);
    expect([woken.length > 1, tries, stage.happenings]).toEqual([true, 2, [trouble, trouble]]);
  });

  it('ends with what else goes wrong with the push service', async () => {
    const stopped = agentError('STATE_UNSAVED', 'as never seen');
    const wake = { ...memoryWake().wake, ask: () => Promise.reject(stopped) };
    await expect(openStage({ wake }).enroll(enrollmentProfile(identity))).rejects.toBe(stopped);
  });

  it.each([
    [400, 'AUTHORITY_REFUSED', /does not take this message.*own log/],
    [404, 'AUTHORITY_REFUSED', /CheckInURL and ServerURL/],
    [429, 'AUTHORITY_BUSY', /cause says at which step/],
    [503, 'AUTHORITY_BUSY', /cause says at which step/],
  ] as const)('says what to do when Authenticate is answered %i, and that is %s', async (status, code, hint) => {
    const stage = openStage();
    stage.server.override = () => ({ status });
    await expect(stage.enroll(enrollmentProfile(identity))).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      retry: false,
      hint: expect.stringMatching(hint),
      cause: { code, retry: code === 'AUTHORITY_BUSY' },
    });
  });

  it('blames the identity, and not who enrolls, when Authenticate is answered 401', async () => {
    const stage = openStage();
    stage.server.override = () => ({ status: 401 });
    await expect(stage.enroll(enrollmentProfile(identity))).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      hint: expect.stringMatching(/does not believe the identity.*Mdm-Signature or the TLS client certificate/),
    });
  });

  it('asks who enrolls where the profile’s own address answered 401', async () => {
    const stage = openStage();
    stage.server.override = () => ({ status: 401 });
    const ask = (invitation: object) =>
      stage.driver.enroll({ authority: 'a', url: 'https://mdm.test/p', ...invitation }, stage.apply, stage.signal);
    await expect(ask({})).rejects.toMatchObject({ code: 'ENROLL_REFUSED', hint: expect.stringMatching(/^Say who/) });
    await expect(ask({ user: 'a', secret: 'b' })).rejects.toMatchObject({
      hint: expect.stringMatching(/neither this user nor this password/),
    });
  });

  it('is refused, with the reason, when Authenticate is', async () => {
    const stage = openStage();
    stage.server.override = () => ({
      status: 403,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(refusal)),
    });
    await expect(stage.enroll(enrollmentProfile(identity))).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      message: expect.stringMatching(/^Authenticate: .* answered 403: E03: Not licensed$/),
      details: refusal,
    });
  });

  it('rolls back and checks out when TokenUpdate fails', async () => {
    const { wake, asked } = memoryWake();
    const stage = openStage({ wake });
    let calls = 0;
    stage.server.override = () => (++calls === 2 ? { status: 500 } : undefined);
    await expect(stage.enroll(enrollmentProfile(identity, {}, [wifi]))).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { step: 'TokenUpdate' },
    });
    expect(stage.server.types).toEqual(['Authenticate', 'CheckOut']);
    expect(stage.names()).toEqual([]);
    expect(asked.size).toBe(0);
  });

  it('rolls back when the device refuses a payload', async () => {
    const stage = openStage({
      decide: ({ kind }) => (kind === 'install-profile' ? { status: 'failed', reason: 'no room' } : undefined),
    });
    await expect(stage.enroll(enrollmentProfile(identity, { checkOut: false }, [wifi]))).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { step: 'install' },
    });
    expect(stage.server.types).toEqual(['Authenticate']);
    expect(stage.names()).toEqual([]);
  });

  it('keeps the name of a transport failure, which may pass', async () => {
    const stage = openStage();
    stage.server.override = () => {
      throw agentError('TRANSPORT_LOST', 'no answer');
    };
    await expect(stage.enroll(enrollmentProfile(identity))).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
      retry: true,
    });
  });

  it('refuses a server without https unless the invitation allows it', async () => {
    const text = enrollmentProfile(identity).toString().replaceAll('https://mdm.test', 'http://mdm.test');
    await expect(openStage().enroll(Buffer.from(text))).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { step: 'profile' },
    });
    await expect(openStage().enroll(Buffer.from(text), { allowHttp: true })).resolves.toBeDefined();
  });

  it('refuses a profile without an MDM payload, and one with a wrong password', async () => {
    await expect(openStage().enroll(profile('p', [wifi]))).rejects.toMatchObject({ code: 'ENROLL_FAILED' });
    const wrong = pkcs12Payload(identity).replace('secret', 'wrong');
    await expect(openStage().enroll(profile('p', [mdmPayload(), wrong]))).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { errorChain: [{ ErrorCode: 4001 }, { ErrorCode: 1009 }, { ErrorCode: 9000 }] },
    });
  });
});

describe('an invitation that is refused', () => {
  const invitation = { authority: 'a', url: 'https://mdm.test/enroll' };

  it.each([
    [403, 'ENROLL_REFUSED'],
    [404, 'ENROLL_REFUSED'],
    [429, 'AUTHORITY_BUSY'],
    [503, 'AUTHORITY_BUSY'],
  ])('HTTP %i is %s', async (status, code) => {
    const stage = openStage();
    stage.server.override = () => ({ status, body: Buffer.from(JSON.stringify(refusal)) });
    const failure = stage.driver.enroll(invitation, stage.apply, stage.signal);
    await expect(failure).rejects.toMatchObject({
      code,
      message: expect.stringMatching(status < 429 ? /: E03: Not licensed$/ : /answered/),
      details: status < 429 ? refusal : { status },
    });
  });

  it.each([
    [
      'a page to log in at',
      { status: 200, body: Buffer.from('\n<!DOCTYPE html><html>') },
      /web page/,
      /downloaded from/,
    ],
    ['nothing there', { status: 404 }, /answered 404/, /^No enrollment profile is there: give the whole address/],
    ['a refusal without a word', { status: 400 }, /answered 400/, /its own log says why/],
  ])('says what it found: %s', async (_, answer, message, hint) => {
    const stage = openStage();
    stage.server.override = () => answer;
    await expect(stage.driver.enroll(invitation, stage.apply, stage.signal)).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('an answer that is no refusal document has none of its keys', async () => {
    const stage = openStage();
    stage.server.override = () => ({ status: 403, body: Buffer.from(`<html>${randomUUID()}`) });
    const failure = stage.driver.enroll(invitation, stage.apply, stage.signal);
    await expect(failure).rejects.toMatchObject({ code: 'ENROLL_REFUSED', details: { status: 403 } });
  });

  it('neither a document nor a url is a failure', async () => {
    const stage = openStage();
    await expect(stage.driver.enroll({ authority: 'a' }, stage.apply, stage.signal)).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
    });
  });
});
