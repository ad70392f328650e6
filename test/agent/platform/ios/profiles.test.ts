import { beforeAll, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import type { Link } from '../../../../agent/platform/driver.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import { judgeResult } from '../../../support/apple-schema.js';
import { describeWith, openssl } from '../../../support/programs.js';
import { hasSchema } from '../../../support/shared.js';
import { ScepServer } from '../../scep/server.js';
import {
  command,
  data,
  enrollmentProfile,
  mdmPayload,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  payload,
  pkcs12Payload,
  profile,
  type Stage,
  type StageOptions,
  scepPayload,
} from './harness.js';

const wifi = (
  number: number,
  ssid: string,
  keys = '<key>EncryptionType</key><string>WPA2</string><key>Password</key><string>long enough</string>',
) => payload('com.apple.wifi.managed', number, `<key>SSID_STR</key><string>${ssid}</string>${keys}`);
const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const wifiBy = (number: number, identity: number): string =>
  wifi(
    number,
    'secure',
    `<key>EncryptionType</key><string>WPA2</string><key>PayloadCertificateUUID</key><string>${uuid(identity)}</string>
     <key>EAPClientConfiguration</key><dict><key>AcceptEAPTypes</key><array><integer>13</integer></array></dict>`,
  );

describeWith('openssl')('configuration profiles', () => {
  let identity: OpensslIdentity;
  let ca: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
    ca = opensslIdentity('CA');
  });

  type Ask = (requestType: string, keys?: string) => Promise<PlistDict>;
  async function enrolled(options: StageOptions = {}, document = enrollmentProfile(identity)) {
    const stage: Stage = openStage(options);
    const scep = new ScepServer(ca, () => new Date(stage.clock.now()));
    stage.server.override = (request) => (new URL(request.url).pathname === '/scep' ? scep.answer(request) : undefined);
    const link: Link = await stage.enroll(document);
    const ask: Ask = async (requestType, keys = '') => {
      stage.server.queue.push(command(requestType, keys));
      await link.checkIn(stage.session);
      if (hasSchema()) expect(judgeResult(requestType, stage.server.last, { isSupervised: true })).toEqual([]);
      return stage.server.last;
    };
    const install = (document: Uint8Array) => ask('InstallProfile', `<key>Payload</key>${data(document)}`);
    const remove = (identifier: string) => ask('RemoveProfile', `<key>Identifier</key><string>${identifier}</string>`);
    return { stage, scep, link, ask, install, remove };
  }
  const codes = (answer: PlistDict): number[] =>
    ((answer['ErrorChain'] ?? []) as PlistDict[]).map((each) => Number(each['ErrorCode']));
  const certificates = async (ask: Ask) => (await ask('CertificateList'))['CertificateList'] as PlistDict[];

  it('are installed, listed and removed with what came with them', async () => {
    const { stage, ask, install, remove } = await enrolled();
    const root = payload('com.apple.security.root', 20, `<key>PayloadContent</key>${data(ca.certificate)}`);
    expect((await install(profile('office', [wifi(21, 'office'), root])))['Status']).toBe('Acknowledged');
    expect(stage.names()).toEqual(['office', 'office/test.payload.20']);
    const list = (await ask('ProfileList'))['ProfileList'] as PlistDict[];
    expect(list.map((each) => each['PayloadIdentifier'])).toEqual(['test.enrollment', 'office']);
    expect(list[1]).toMatchObject({ PayloadDisplayName: 'Test' });
    expect(list[1]?.['PayloadContent']).toMatchObject([
      { PayloadType: 'com.apple.wifi.managed' },
      { PayloadUUID: uuid(20) },
    ]);
    expect((await certificates(ask)).map((each) => [each['CommonName'], each['IsIdentity']])).toEqual([
      ['device', true],
      ['CA', false],
    ]);
    expect((await remove('office'))['Status']).toBe('Acknowledged');
    expect(stage.names()).toEqual([]);
    expect(await certificates(ask)).toHaveLength(1);
    expect(codes(await remove('office'))).toEqual([12075]);
  });

  it('make the device really fetch a SCEP certificate', async () => {
    const { ask, install, scep, stage } = await enrolled();
    const subject =
      '<key>Subject</key><array><array><array><string>CN</string><string>wifi</string></array></array></array>';
    expect((await install(profile('secure', [wifiBy(31, 30), scepPayload(30, subject)])))['Status']).toBe(
      'Acknowledged',
    );
    expect(scep.requests).toHaveLength(1);
    expect(stage.commands.filter(({ kind }) => kind === 'install-profile')).toMatchObject([
      { profile: { kind: 'certificate', name: 'secure/test.payload.30' } }, // the identity before what refers to it
      { profile: { kind: 'wifi', name: 'secure', eap: { identity: 'secure/test.payload.30' } } },
    ]);
    expect((await certificates(ask)).map((each) => each['CommonName'])).toEqual(['device', 'wifi']);
  });

  it('that cannot get their certificate are not there at all, and the chain says why', async () => {
    const { install, scep, stage, ask } = await enrolled();
    scep.failInfo = 'badRequest';
    const answer = await install(profile('secure', [wifiBy(31, 30), scepPayload(30)]));
    expect(codes(answer)).toEqual([4001, 4001, 1009, 22013]);
    expect(stage.names()).toEqual([]);
    expect((await ask('ProfileList'))['ProfileList']).toHaveLength(1);
  });

  it('bring a PKCS#12 identity, kept over a restart of the process', async () => {
    const { install, link, stage } = await enrolled();
    await install(profile('identity', [pkcs12Payload(ca, 35)]));
    const resumed = stage.driver.resume(structuredClone(link.saved));
    stage.server.queue.push(command('CertificateList'));
    await resumed.checkIn(stage.session);
    expect(stage.server.last['CertificateList']).toHaveLength(2);
  });

  it('of the same identifier replace each other, and what the new one lacks goes', async () => {
    const { install, stage, ask } = await enrolled();
    await install(profile('office', [wifi(21, 'one'), wifi(22, 'two')]));
    await install(profile('office', [wifi(22, 'two'), wifi(23, 'three')]));
    expect(stage.names()).toEqual(['office/test.payload.22', 'office/test.payload.23']);
    expect((await ask('ProfileList'))['ProfileList']).toHaveLength(2);
  });

  it('are replaced wholly or not at all', async () => {
    let refuses = false;
    const { install, stage, ask } = await enrolled({
      decide: (asked) =>
        refuses && asked.kind === 'install-profile' && asked.profile.name.endsWith('23')
          ? { status: 'failed', reason: 'no room', code: 'MCWiFiErrorDomain 13000' }
          : undefined,
    });
    await install(profile('office', [wifi(21, 'one'), wifi(22, 'two')]));
    const before = stage.view.state.holdings.map(({ profile: held }) => held);
    refuses = true;
    const answer = await install(profile('office', [wifi(22, 'changed'), wifi(23, 'three')]));
    expect(codes(answer)).toEqual([4001, 1009, 13000]);
    const after = stage.view.state.holdings.map(({ profile: held }) => held);
    expect(after.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(before);
    const [, office] = (await ask('ProfileList'))['ProfileList'] as PlistDict[];
    expect(office?.['PayloadContent']).toMatchObject([{ PayloadUUID: uuid(21) }, { PayloadUUID: uuid(22) }]);
  });

  it('put off by the device half-way are NotNow, and nothing stays', async () => {
    const { install, stage } = await enrolled({
      decide: (asked) =>
        asked.kind === 'install-profile' && asked.profile.name.endsWith('22')
          ? { status: 'later', reason: 'busy' }
          : undefined,
    });
    expect((await install(profile('office', [wifi(21, 'one'), wifi(22, 'two')])))['Status']).toBe('NotNow');
    expect(stage.names()).toEqual([]);
  });

  it.each<[string, Buffer, number[]]>([
    ['no property list', Buffer.from('hello'), [4000, 1000]],
    ['bad CMS', Buffer.from('3003020101', 'hex'), [4001, 1004]],
    ['no payloads', profile('p', []), [4001, 1005]],
    ['a required key missing', profile('p', [payload('com.apple.vpn.managed', 40, '')]), [4001, 1000, 2002]],
    ['an identity that is not there', profile('p', [wifiBy(41, 42)]), [4001, 1009, 13004]],
    ['the same payload twice', profile('p', [wifi(43, 'a'), wifi(43, 'b')]), [4002, 1007]],
    ['a second MDM', profile('p', [mdmPayload({ identity: 44 }), scepPayload(44)]), [4001, 12001]],
  ])('with %s are refused', async (_name, document, expected) => {
    const { install, stage } = await enrolled();
    expect(codes(await install(document))).toEqual(expected);
    expect(stage.names()).toEqual([]);
  });

  it('for supervised devices only are refused on one that is not', async () => {
    const { install } = await enrolled({ facts: { supervised: false } });
    const lock = payload('com.apple.app.lock', 45, '<key>App</key><dict/>');
    expect(codes(await install(profile('p', [lock])))).toEqual([4025, 29000]);
  });

  it('encrypted to the device identity by openssl are opened', async () => {
    const { install, stage } = await enrolled();
    const content = Buffer.from(
      profile('p', [wifi(46, 'hidden')])
        .toString()
        .match(/<key>PayloadContent<\/key>(<array>[\s\S]*<\/array>)<\/dict><\/plist>/)?.[1] ?? '',
    );
    const list = Buffer.concat([
      Buffer.from('<?xml version="1.0"?><plist version="1.0">'),
      content,
      Buffer.from('</plist>'),
    ]);
    const envelope = openssl(
      ['cms', '-encrypt', '-binary', '-aes-256-cbc', '-outform', 'DER', identity.file('cert.pem')],
      list,
    );
    const keys = `<key>IsEncrypted</key><true/><key>EncryptedPayloadContent</key>${data(envelope)}`;
    const document = Buffer.from(
      profile('p', [], keys).toString().replace('<key>PayloadContent</key><array></array>', ''),
    );
    expect((await install(document))['Status']).toBe('Acknowledged');
    expect(stage.names()).toEqual(['p']);
    const stranger = openssl(
      ['cms', '-encrypt', '-binary', '-aes-256-cbc', '-outform', 'DER', ca.file('cert.pem')],
      list,
    );
    const foreign = document.toString().replace(data(envelope), data(stranger));
    expect(codes(await install(Buffer.from(foreign)))).toEqual([4001, 1006]);
  });

  it('go by themselves on their RemovalDate', async () => {
    const { install, stage, link } = await enrolled();
    await install(profile('p', [wifi(47, 'brief')], '<key>DurationUntilRemoval</key><real>60</real>'));
    expect(stage.names()).toEqual(['p']);
    const now = stage.clock.now();
    expect(link.nextLocalAct?.(now)).toBe(now + 60_000);
    expect(link.nextLocalAct?.(now + 60_000)).toBeUndefined();
    await link.actLocally?.({ now: now + 59_999, apply: stage.apply });
    expect(stage.names()).toEqual(['p']);
    expect(await link.actLocally?.({ now: now + 60_000, apply: stage.apply })).toEqual({});
    expect([stage.names(), link.nextLocalAct?.(0)]).toEqual([[], undefined]);
  });

  it('go in the order of their dates', async () => {
    const { install, stage, link } = await enrolled();
    for (const [seconds, number] of [
      [60, 41],
      [30, 42],
      [90, 43],
    ] as const) {
      const keys = `<key>DurationUntilRemoval</key><real>${seconds}</real>`;
      await install(profile(`p${number}`, [wifi(number, `n${number}`)], keys));
    }
    const now = stage.clock.now();
    expect([0, now + 30_000, now + 60_000].map((after) => link.nextLocalAct?.(after))).toEqual(
      [30_000, 60_000, 90_000].map((ms) => now + ms),
    );
  });

  it('for which the SCEP server cannot be reached are refused: the queue goes on behind them', async () => {
    const { stage, install } = await enrolled();
    stage.server.override = (request) => {
      if (new URL(request.url).pathname === '/scep') throw agentError('TRANSPORT_LOST', 'gone');
      return undefined;
    };
    expect(codes(await install(profile('s', [scepPayload(30)])))).toEqual([4001, 4001, 1009, 22005]);
    expect(stage.names()).toEqual([]);
  });
});

describeWith('openssl')('the enrollment profile sent again', () => {
  let ca: OpensslIdentity;
  beforeAll(() => {
    ca = opensslIdentity('CA');
  });
  const enrollment = (rights = 8191, keys = ''): Buffer =>
    profile('test.enrollment', [mdmPayload({ rights, extra: keys }), scepPayload(1, scepKeys)]);
  let scepKeys = '';

  async function enrolled() {
    const stage = openStage();
    const scep = new ScepServer(ca, () => new Date(stage.clock.now()));
    const status: { checkIn?: number } = {};
    stage.server.override = (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/scep') return scep.answer(request);
      return pathname === '/checkin' && status.checkIn !== undefined ? { status: status.checkIn } : undefined;
    };
    const link = await stage.enroll(enrollment());
    const install = async (document: Uint8Array) => {
      stage.server.queue.push(command('InstallProfile', `<key>Payload</key>${data(document)}`));
      await link.checkIn(stage.session);
      return stage.server.last;
    };
    const identity = (): Buffer =>
      Buffer.from((link.saved.data as { identity: { certificate: Uint8Array } }).identity.certificate);
    return { stage, scep, link, install, identity, status };
  }

  it('renews the identity, says Authenticate and TokenUpdate with it, and answers with it', async () => {
    const { stage, scep, install, identity } = await enrolled();
    const before = identity();
    scepKeys = '<key>Challenge</key><string>the new one</string>';
    const answer = await install(enrollment());
    scepKeys = '';
    expect(answer['Status']).toBe('Acknowledged');
    // Apple's client knows PKCSReq and CertPoll only: what proves its right to a renewal is the new profile's challenge.
    expect(scep.requests.map(({ messageType }) => messageType)).toEqual(['PKCSReq', 'PKCSReq']);
    expect(scep.requests[1]?.content).toMatchObject({ csr: { challengePassword: 'the new one' } });
    expect(Buffer.from(scep.requests[1]?.signer ?? []).equals(before)).toBe(false);
    expect(before.equals(identity())).toBe(false);
    expect(stage.server.types).toEqual(['Authenticate', 'TokenUpdate', 'Authenticate', 'TokenUpdate']);
    expect(stage.server.checkIns[3]?.['PushMagic']).toBe(stage.server.checkIns[1]?.['PushMagic']);
    const signer = (index: number): Buffer =>
      Buffer.from(stage.http.requests.at(index)?.headers?.['Mdm-Signature'] ?? '', 'base64');
    for (const index of [-1, -2, -3]) expect(signer(index).includes(identity())).toBe(true);
  });

  it('is refused where it would change the server or add a right', async () => {
    const { install, stage, scep } = await enrolled();
    const other = Buffer.from(
      enrollment().toString().replace('https://mdm.test/connect', 'https://other.test/connect'),
    );
    const codes = (answer: PlistDict): number[] =>
      ((answer['ErrorChain'] ?? []) as PlistDict[]).map((each) => Number(each['ErrorCode']));
    expect(codes(await install(other))).toEqual([4001, 12009, 12012]);
    const few = await enrolledWith(3);
    expect(codes(await few(enrollment(8191)))).toEqual([4001, 12000]);
    expect(stage.server.types).toHaveLength(2);
    expect(scep.requests).toHaveLength(1);
  });

  async function enrolledWith(rights: number) {
    const stage = openStage();
    const scep = new ScepServer(ca, () => new Date(stage.clock.now()));
    stage.server.override = (request) => (new URL(request.url).pathname === '/scep' ? scep.answer(request) : undefined);
    const link = await stage.enroll(enrollment(rights));
    return async (document: Uint8Array): Promise<PlistDict> => {
      stage.server.queue.push(command('InstallProfile', `<key>Payload</key>${data(document)}`));
      await link.checkIn(stage.session);
      return stage.server.last;
    };
  }

  it('keeps the old identity when the server does not take the new one', async () => {
    const { install, identity, status, stage } = await enrolled();
    const before = identity();
    status.checkIn = 500;
    const answer = await install(enrollment());
    expect((answer['ErrorChain'] as PlistDict[]).map((each) => each['ErrorCode'])).toEqual([4001, 12002]);
    expect(before.equals(identity())).toBe(true);
    const signature = Buffer.from(stage.http.requests.at(-1)?.headers?.['Mdm-Signature'] ?? '', 'base64');
    expect(signature.includes(before)).toBe(true);
  });
});
