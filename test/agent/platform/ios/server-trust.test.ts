// Whom a device trusts for TLS, and from when on (support.apple.com/HT204477): what its management brought, while it is there.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDevice, createMemoryStore, createPorts, type DeviceEvent } from '../../../../agent/index.js';
import { iosServerRules } from '../../../../agent/platform/ios/server-rules.js';
import { manualClock } from '../../../../base/clock.js';
import { openStub } from '../../../server-stub/ios/stub.js';
import { deviceKeys } from '../../../support/keys.js';
import { describeWith } from '../../../support/programs.js';
import type { SeenRequest } from '../../../support/scripted-http.js';
import { authority, serverCertificate, serving } from '../../../support/server-certificates.js';
import {
  command,
  data,
  enrollmentProfile,
  mdmPayload,
  openStage,
  opensslIdentity,
  payload,
  profile,
  scepPayload,
} from './harness.js';

const rootOf = (der: Uint8Array, number: number, type = 'com.apple.security.root') =>
  payload(type, number, `<key>PayloadContent</key>${data(der)}`);

/** The roots that each request could count on, by what it was. */
function watched(options: Parameters<typeof openStage>[0] = {}) {
  const stage = openStage(options);
  const roots: [what: string, count: number][] = [];
  stage.server.override = (request: SeenRequest) => {
    const what = stage.http.requests.length === 1 ? 'first' : new URL(request.url).pathname;
    roots.push([what, request.server?.roots().length ?? -1]);
    return undefined;
  };
  return { stage, roots };
}

describeWith('openssl')('roots that management brings', () => {
  const identity = opensslIdentity('device');
  const [root, other] = [authority('Root'), authority('Other')];

  it('are trusted from Authenticate on, as the profile is installed, and not when it is fetched', async () => {
    const { stage, roots } = watched();
    const document = enrollmentProfile(identity, {}, [
      rootOf(root.certificate, 40),
      rootOf(other.certificate, 41, 'com.apple.security.pkcs1'),
    ]);
    stage.server.files.set('/profile', document);
    const { document: _none, ...invitation } = { authority: 'test', document, url: 'https://mdm.test/profile' };
    const link = await stage.driver.enroll(invitation, stage.apply, stage.signal);
    expect(roots).toEqual([
      ['first', 0],
      ['/checkin', 2],
      ['/checkin', 2],
    ]);
    expect(stage.http.requests[1]?.server).toMatchObject({ rules: iosServerRules, isLenient: false });
    expect(link.server?.roots().map((der) => Buffer.from(der))).toEqual([root.certificate, other.certificate]);
  });

  it('are none after an enrollment that failed', async () => {
    const { stage, roots } = watched();
    const document = enrollmentProfile(identity, { checkOut: false }, [rootOf(root.certificate, 40)]);
    const before = stage.server.override;
    stage.server.override = (request) => before?.(request) ?? { status: 400 };
    await expect(stage.enroll(document)).rejects.toMatchObject({ code: 'ENROLL_FAILED' });
    stage.server.override = before;
    await stage.driver
      .enroll({ authority: 'test', url: 'https://mdm.test/none' }, stage.apply, stage.signal)
      .catch(() => {});
    expect(roots.map(([, count]) => count)).toEqual([1, 0]);
  });

  it('come and go with the profiles that brought them, and are the same after a restart', async () => {
    const { stage } = watched();
    const link = await stage.enroll(enrollmentProfile(identity, {}, [rootOf(root.certificate, 40)]));
    const names = (of = link) => of.server?.roots().map((der) => Buffer.from(der));
    expect(names()).toEqual([root.certificate]);
    const more = profile('more', [rootOf(other.certificate, 41)]);
    stage.server.queue.push(command('InstallProfile', `<key>Payload</key>${data(more)}`));
    await link.checkIn(stage.session);
    expect(names()).toEqual([root.certificate, other.certificate]);
    const resumed = openStage().driver.resume(JSON.parse(JSON.stringify(link.saved), revived));
    expect(names(resumed)).toEqual([root.certificate, other.certificate]);
    stage.server.queue.push(command('RemoveProfile', '<key>Identifier</key><string>more</string>'));
    await link.checkIn(stage.session);
    expect(names()).toEqual([root.certificate]);
  });

  it('are judged by the device’s own clock and, where it is lenient, leniently', async () => {
    const { stage } = watched({ lenient: ['tls'] });
    const link = await stage.enroll(enrollmentProfile(identity));
    await stage.clock.advance(1000);
    expect([link.server?.now(), link.server?.isLenient]).toEqual([stage.clock.now(), true]);
  });
});

/** Bytes as JSON.stringify writes them. */
const revived = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value
    ? Buffer.from(value.data as number[])
    : value;

describe('a device over real TLS', () => {
  async function opened(stub: Awaited<ReturnType<typeof openStub>>, ca?: string) {
    const made = await createPorts({ clock: stub.clock, keys: deviceKeys(1), ...(ca === undefined ? {} : { ca }) });
    onTestFinished(() => made.close());
    return made.ports;
  }

  it.each(['pkcs12', 'scep'])(
    'enrolls at the stub by a profile with its root (%s), without --ca, and checks in after a restart',
    async (way) => {
      const stub = await openStub();
      const query = `user=user1@contoso.example&identity=${way}`;
      const { body: document } = await stub.send(`/enroll/ios?${query}`);
      const store = createMemoryStore();
      const first = createDevice({ platform: 'ios', ports: await opened(stub), store });
      onTestFinished(() => first.close());
      const told: DeviceEvent[] = [];
      first.onEvent((event) => told.push(event));
      await first.enroll({ authority: stub.authority.url, document });
      await first.checkIn();
      expect(told.filter(({ type }) => type === 'trouble' || type === 'lifted')).toEqual([]);
      const state = store.load(first.state.facts.id);
      if (state === undefined) throw new Error('nothing was stored');
      const again = createDevice({ platform: 'ios', ports: await opened(stub), store, state });
      onTestFinished(() => again.close());
      expect((await again.checkIn()).requests).toBeGreaterThan(0);
    },
  );

  it('is told once that only --ca let it fetch the profile, and nothing of what comes after', async () => {
    const stub = await openStub();
    const { url } = stub.authority;
    const device = createDevice({ platform: 'ios', ports: await opened(stub, stub.authority.caPem) });
    onTestFinished(() => device.close());
    const told: DeviceEvent[] = [];
    device.onEvent((event) => told.push(event));
    const user = 'user1@contoso.example';
    await device.enroll({ authority: url, url: `${url}/enroll/ios?user=${user}`, user });
    await device.checkIn();
    expect(told.filter(({ type }) => type === 'trouble')).toMatchObject([{ code: 'TLS_UNTRUSTED', about: url }]);
  });

  it('does not enroll where the server’s certificate breaks a rule of iOS, and says which', async () => {
    const root = authority();
    const server = await serving(serverCertificate(root, { days: 3650 }), [root]);
    const made = await createPorts({ clock: manualClock(Date.now()), keys: deviceKeys(1), ca: root.pem });
    onTestFinished(() => made.close());
    const invitation = { authority: 'test', url: `${server.origin}/profile` };
    const strict = createDevice({ platform: 'ios', ports: made.ports });
    await expect(strict.enroll(invitation)).rejects.toMatchObject({ code: 'TLS_VALIDITY' });
    const lenient = createDevice({ platform: 'ios', ports: made.ports, lenient: ['tls'] });
    const told: DeviceEvent[] = [];
    lenient.onEvent((event) => told.push(event));
    await expect(lenient.enroll(invitation)).rejects.toMatchObject({ code: 'ENROLL_FAILED' }); // “ok” is no profile
    const said = told.filter(({ type }) => type === 'lifted' || type === 'trouble');
    expect(said).toMatchObject([{ type: 'lifted', lenient: 'tls', code: 'TLS_VALIDITY' }, { type: 'trouble' }]);
    await Promise.all([strict.close(), lenient.close()]);
  });

  it('is told once what was lifted of a server, whose SCEP is judged by the roots of the profile besides', async () => {
    const root = authority();
    const seen: string[] = [];
    const server = await serving(serverCertificate(root, { days: 3650 }), [root], {
      listener({ url = '' }, response) {
        seen.push(url);
        if (url === '/profile') response.end(profile('scep', [mdmPayload(), scep, rootOf(root.certificate, 40)]));
        else response.writeHead(404).end();
      },
    });
    const scep = scepPayload(1, '', `${server.origin}/scep`);
    const made = await createPorts({ clock: manualClock(Date.now()), keys: deviceKeys(1), ca: root.pem });
    onTestFinished(() => made.close());
    const device = createDevice({ platform: 'ios', ports: made.ports, lenient: ['tls'] });
    onTestFinished(() => device.close());
    const told: DeviceEvent[] = [];
    device.onEvent((event) => told.push(event));
    const invitation = { authority: 'test', url: `${server.origin}/profile` };
    await expect(device.enroll(invitation)).rejects.toMatchObject({ code: 'ENROLL_FAILED' });
    expect(seen).toEqual(['/profile', '/scep?operation=GetCACert']);
    expect(told.filter(({ type }) => type === 'lifted')).toHaveLength(1);
  });
});
