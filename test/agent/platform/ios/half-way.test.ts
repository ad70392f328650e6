// What is cut off in the middle: the device must end up whole, and the authority must hear what it has to hear.
import { beforeAll, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import type { Link } from '../../../../agent/platform/driver.js';
import { describeWith } from '../../../support/programs.js';
import type { SeenRequest } from '../../../support/scripted-http.js';
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
  scepPayload,
} from './harness.js';

const wifi = (number: number, ssid: string): string =>
  payload(
    'com.apple.wifi.managed',
    number,
    `<key>SSID_STR</key><string>${ssid}</string><key>EncryptionType</key><string>WPA2</string><key>Password</key><string>long enough</string>`,
  );
const gone = (): never => {
  throw agentError('TRANSPORT_LOST', 'gone');
};
const installing = (document: Uint8Array): Buffer => command('InstallProfile', `<key>Payload</key>${data(document)}`);
const signature = ({ headers }: SeenRequest): Buffer => Buffer.from(headers?.['Mdm-Signature'] ?? '', 'base64');

describeWith('openssl')('a renewal that is cut off', () => {
  let ca: OpensslIdentity;
  beforeAll(() => {
    ca = opensslIdentity('CA');
  });
  const enrollment = profile('test.enrollment', [mdmPayload(), scepPayload(1)]);
  const identityOf = (link: Link): Buffer =>
    Buffer.from((link.saved.data as { identity: { certificate: Uint8Array } }).identity.certificate);

  /** Enrolled, asked to renew, and cut off when `isCut` says so. */
  async function cutOff(isCut: (request: SeenRequest, stage: Stage) => 'before' | 'after' | undefined) {
    const stage = openStage();
    const scep = new ScepServer(ca, () => new Date(stage.clock.now()));
    let isBroken = false;
    stage.server.override = async (request) => {
      if (new URL(request.url).pathname === '/scep') return scep.answer(request);
      const when = isBroken ? isCut(request, stage) : undefined;
      if (when === 'after') {
        const { override } = stage.server;
        stage.server.override = undefined; // the server hears it, its answer is lost
        await stage.server.script(request);
        stage.server.override = override;
      }
      return when === undefined ? undefined : gone();
    };
    const link = await stage.enroll(enrollment);
    const before = identityOf(link);
    isBroken = true;
    stage.server.queue.push(installing(enrollment));
    await expect(link.checkIn(stage.session)).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    isBroken = false;
    return { stage, before, link };
  }

  it.each([
    ['before TokenUpdate was heard', 'TokenUpdate', 'before', ['TokenUpdate']],
    ['after Authenticate was heard, its answer lost', 'Authenticate', 'after', ['Authenticate', 'TokenUpdate']],
    ['before Authenticate was heard', 'Authenticate', 'before', ['Authenticate', 'TokenUpdate']],
  ] as const)('%s goes on with the new identity, after a restart of the process too', async (_, type, when, owed) => {
    const { stage, link, before } = await cutOff(({ bytes }) => (bytes.includes(type) ? when : undefined));
    expect(identityOf(link).equals(before)).toBe(false);
    const resumed = stage.driver.resume(structuredClone(link.saved));
    const heard = stage.server.types.length;
    const from = stage.http.requests.length;
    await resumed.checkIn(stage.session);
    expect(stage.server.types.slice(heard)).toEqual(owed);
    for (const request of stage.http.requests.slice(from))
      expect(signature(request).includes(identityOf(link))).toBe(true);
    await resumed.checkIn(stage.session);
    expect(stage.server.types.slice(heard)).toEqual(owed);
  });

  it('by a server that disowns the device meanwhile ends the enrollment', async () => {
    const stage = openStage();
    const scep = new ScepServer(ca, () => new Date(stage.clock.now()));
    let status: number | undefined;
    stage.server.override = (request) => {
      if (new URL(request.url).pathname === '/scep') return scep.answer(request);
      return status !== undefined && request.url.endsWith('/checkin') ? { status } : undefined;
    };
    const link = await stage.enroll(enrollment);
    stage.server.queue.push(installing(enrollment));
    status = 401;
    await expect(link.checkIn(stage.session)).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
  });
});

describeWith('openssl')('what the device owes', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  it('a TokenUpdate after an update of the system, until it is taken: the commands go on meanwhile', async () => {
    const stage = openStage({ facts: { osVersion: '18.0', osBuild: '22A3354' } });
    const link = await stage.enroll(enrollmentProfile(identity));
    const keys = '<key>ProductVersion</key><string>18.0.1</string><key>InstallAction</key><string>InstallASAP</string>';
    stage.server.queue.push(command('ScheduleOSUpdate', `<key>Updates</key><array><dict>${keys}</dict></array>`));
    await link.checkIn(stage.session);
    stage.server.override = (request) => (request.url.endsWith('/checkin') ? { status: 500 } : undefined);
    stage.server.queue.push(command('ProfileList'));
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 1 });
    expect(stage.view.state.facts.osVersion).toBe('18.0.1');
    stage.server.override = undefined;
    await link.checkIn(stage.session);
    await link.checkIn(stage.session);
    expect(stage.server.types).toEqual(['Authenticate', 'TokenUpdate', 'TokenUpdate']);
  });

  it.each(['ShutDownDevice', 'RestartDevice'])('nothing more after %s: what is queued behind waits', async (type) => {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity));
    stage.server.queue.push(command(type, '', 'off'), command('ProfileList', '', 'next'));
    expect(await link.checkIn(stage.session)).toEqual({ commands: 1, later: 0, requests: 2 });
    expect(stage.server.last).toMatchObject({ CommandUUID: 'off', Status: 'Acknowledged' });
  });

  it('its leave, when the enrollment profile has reached its date', async () => {
    const stage = openStage();
    const document = profile(
      'test.enrollment',
      [mdmPayload(), pkcs12Payload(identity)],
      '<key>DurationUntilRemoval</key><real>60</real>',
    );
    const link = await stage.enroll(document);
    await stage.clock.advance(61_000);
    const sent = stage.http.requests.length;
    expect(await link.actLocally?.({ now: stage.clock.now(), apply: stage.apply })).toEqual({ left: 'removed' });
    expect(stage.http.requests).toHaveLength(sent); // without a word; device.ts says goodbye
    expect(stage.commands.at(-1)).toEqual({ kind: 'retire' });
  });

  it('a profile that cannot be removed when its date has come, which stays', async () => {
    const stage = openStage({
      decide: ({ kind }) => (kind === 'remove-profile' ? { status: 'failed', reason: 'no' } : undefined),
    });
    const link = await stage.enroll(enrollmentProfile(identity));
    stage.server.queue.push(
      installing(profile('p', [wifi(47, 'brief')], '<key>DurationUntilRemoval</key><real>60</real>')),
    );
    await link.checkIn(stage.session);
    await stage.clock.advance(61_000);
    await expect(link.actLocally?.({ now: stage.clock.now(), apply: stage.apply })).resolves.toEqual({});
    expect(stage.names()).toEqual(['p']);
  });
});

describeWith('openssl')('Return to Service', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });
  const network = profile('test.network', [wifi(60, 'setup')]);

  it('hands on the profile of the network, and the next enrollment installs it first', async () => {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity));
    const document = enrollmentProfile(identity);
    const keys = `<key>ReturnToService</key><dict><key>Enabled</key><true/><key>MDMProfileData</key>${data(document)}
      <key>WiFiProfileData</key>${data(network)}</dict>`;
    stage.server.queue.push(command('EraseDevice', keys));
    const { next } = await link.checkIn(stage.session);
    if (next?.document === undefined) return expect.unreachable();
    const fresh = openStage();
    fresh.server.override = (request) => {
      if (request.bytes.includes('Authenticate')) expect(fresh.names()).toEqual(['test.network']);
      return undefined;
    };
    const again = await fresh.enroll(next.document, next);
    expect(fresh.names()).toEqual(['test.network']);
    fresh.server.queue.push(command('ProfileList'));
    await again.checkIn(fresh.session);
    expect(fresh.server.last['ProfileList']).toMatchObject([
      { PayloadIdentifier: 'test.enrollment' },
      { PayloadIdentifier: 'test.network' },
    ]);
  });

  it('that is switched off, or brings no enrollment profile, is a wipe like any other', async () => {
    for (const keys of ['<key>Enabled</key><false/>', '<key>Enabled</key><true/>']) {
      const stage = openStage();
      const link = await stage.enroll(enrollmentProfile(identity));
      stage.server.queue.push(command('EraseDevice', `<key>ReturnToService</key><dict>${keys}</dict>`));
      const report = await link.checkIn(stage.session);
      expect([report.left, report.next]).toEqual(['wiped', undefined]);
    }
  });

  it('leaves no network behind where the enrollment fails, and takes none that is no network’s', async () => {
    const stage = openStage();
    stage.server.override = () => ({ status: 500 });
    await expect(stage.enroll(enrollmentProfile(identity), { network })).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { step: 'Authenticate' },
    });
    expect(stage.names()).toEqual([]);
    for (const bad of [Buffer.from('nonsense'), enrollmentProfile(identity)])
      await expect(stage.enroll(enrollmentProfile(identity), { network: bad })).rejects.toMatchObject({
        code: 'ENROLL_FAILED',
        details: { step: 'network' },
      });
  });
});
