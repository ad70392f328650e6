import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../../agent/console.js';
import { serverIn } from '../../../../agent/platform/android/provisioning.js';
import { defaultSecret, requestSignature } from '../../../../protocol/headwind/signature.js';
import { authority } from '../../../support/server-certificates.js';
import { line, openStage, page, refusal, signed } from './stage.js';

const base = 'http://mdm.test:8080';
const bundle = (more: object = {}): string =>
  JSON.stringify({ 'com.hmdm.DEVICE_ID': 'h0101', 'com.hmdm.BASE_URL': base, 'com.hmdm.SERVER_PROJECT': '', ...more });
const component = 'com.hmdm.launcher/com.hmdm.launcher.AdminReceiver';
const key = (name: string): string => `android.app.extra.PROVISIONING_${name}`;
const qr = (extras: object, outer: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      [key('DEVICE_ADMIN_COMPONENT_NAME')]: component,
      ...outer,
      [key('ADMIN_EXTRAS_BUNDLE')]: { 'com.hmdm.BASE_URL': base, ...extras },
    }),
  );

describe('the server of a QR code', () => {
  it.each([
    [bundle(), base],
    [bundle({ 'com.hmdm.SERVER_PROJECT': '/hmdm/' }), `${base}/hmdm`],
    [qr({ 'com.hmdm.SERVER_PROJECT': 'hmdm' }).toString(), `${base}/hmdm`],
    ['{}', undefined],
    ['no QR code', undefined],
  ])('is named before the device enrolls: %s', (text, expected) => {
    expect(serverIn(Buffer.from(text))).toBe(expected);
  });
});

describe('an Android device enrolls', () => {
  it('by the address of a QR code’s bundle: POST, log rules, what the configuration says, sync/info', async () => {
    const stage = openStage();
    stage.invitation = { authority: 'test', url: `${base}/rest/public/qr/json/KEY?create=1` };
    stage.answer = ({ url }) =>
      url.includes('/qr/json/') ? bundle({ 'com.hmdm.CONFIG': '4', 'com.hmdm.GROUP': '1,2,1' }) : undefined;
    const { requests } = stage.http;
    await stage.device.enroll(stage.invitation);
    expect(requests.map(line)).toEqual([
      'GET /rest/public/qr/json/KEY',
      'POST /rest/public/sync/configuration/h0101',
      'GET /rest/plugins/devicelog/log/rules/h0101',
      'POST /rest/public/sync/info',
    ]);
    const [, post, , info] = requests;
    expect(JSON.parse(post?.bytes.toString() ?? '')).toMatchObject({
      customer: null,
      configuration: '4',
      groups: ['1', '2'],
    });
    expect(post?.headers).toEqual({
      'User-Agent': 'okhttp/4.12.0',
      'Accept-Encoding': 'gzip',
      'X-Request-Signature': requestSignature(defaultSecret, 'h0101'),
      'X-CPU-Arch': 'arm64-v8a',
      'Content-Type': 'application/json; charset=UTF-8',
    });
    expect(info?.headers).toEqual({
      'User-Agent': 'okhttp/4.12.0',
      'Accept-Encoding': 'gzip',
      'Content-Type': 'application/json',
    });
    expect(JSON.parse(info?.bytes.toString() ?? '')).toMatchObject({ deviceId: 'h0101', model: 'Pixel 8' });
    expect(stage.device.state).toMatchObject({ lifecycle: 'enrolled', link: { platform: 'android', origin: base } });
    expect(stage.http.openSessions()).toBe(0);
  });

  it('by a full QR code that is given, by admin extras, and by an address with its own number', async () => {
    for (const invitation of [
      { document: qr({ 'com.hmdm.DEVICE_ID': 'h0101', 'com.hmdm.SERVER_PROJECT': 'hmdm' }) },
      { document: Buffer.from(bundle({ 'com.hmdm.SERVER_PROJECT': '/hmdm/' })) },
      { url: `${base}/hmdm/` },
    ]) {
      const stage = openStage();
      stage.invitation = { authority: 'test', ...invitation };
      const [post] = await stage.enroll();
      expect(post).toBe('POST /hmdm/rest/public/sync/configuration/h0101');
      expect(stage.data()).toMatchObject({ number: 'h0101', baseUrl: base, secondaryBaseUrl: base, project: 'hmdm' });
    }
  });

  it('says nothing of itself where the QR code says nothing: all-null, and the body is sent all the same', async () => {
    const stage = openStage();
    const { requests } = stage.http;
    await stage.device.enroll(stage.invitation);
    expect(JSON.parse(requests[0]?.bytes.toString() ?? '')).toMatchObject({
      customer: null,
      configuration: null,
      groups: null,
    });
  });

  it('tells of itself and of a Company Portal by convention, what it may not read left out; launcher 6.36 does neither', async () => {
    const ask = async (native: Record<string, string>, osVersion = '15') => {
      const stage = openStage({ native, facts: { serial: 'SER0002', imei: '490154203237518', osVersion } });
      await stage.device.setCompanyPortal({ version: '5.2410.1' });
      await stage.device.enroll(stage.invitation);
      const [post] = stage.http.requests;
      return { headers: post?.headers ?? {}, body: JSON.parse(post?.bytes.toString() ?? '') };
    };
    const words = { androidVersion: '15', manufacturer: 'Google', model: 'Pixel 8' };
    const owner = await ask({});
    expect(owner.body.rollcall).toEqual({ ...words, mdmMode: true, serial: 'SER0002', imei: '490154203237518' });
    expect(owner.headers).toMatchObject({ 'Rollcall-Company-Portal': '5.2410.1' });
    expect(owner.headers).not.toHaveProperty('Rollcall-Enrollment');
    const profile = await ask({ Management: 'work-profile' }, '12');
    expect(profile.body.rollcall).toEqual({ ...words, androidVersion: '12', mdmMode: false });
    expect(profile.headers).toMatchObject({ 'Rollcall-Enrollment': 'workProfile' });
    const older = await ask({ Management: 'work-profile' }, '11');
    expect(older.body.rollcall).toMatchObject({ serial: 'SER0002', imei: '490154203237518', mdmMode: false });
    expect((await ask({ Management: 'application' }, '11')).body.rollcall).not.toHaveProperty('serial');
    const exact = await ask({ Launcher: 'launcher', Management: 'work-profile' });
    expect(Object.keys(exact.body)).toEqual(['configuration', 'customer', 'groups', 'groupSet']);
    expect(Object.keys(exact.headers).filter((name) => name.startsWith('Rollcall'))).toEqual([]);
  });

  it('under its IMEI or serial number where the QR code asks for that, and under the number of the reply', async () => {
    const stage = openStage({ facts: { serial: 'SER0002', imei: '490154203237518' } });
    stage.invitation = { authority: 'test', document: qr({ 'com.hmdm.DEVICE_ID_USE': 'serial' }) };
    stage.configuration = { newNumber: 'i0001' };
    expect(await stage.enroll()).toEqual([
      'POST /rest/public/sync/configuration/SER0002',
      'GET /rest/plugins/devicelog/log/rules/i0001',
      'POST /rest/public/sync/info',
    ]);
    expect(stage.data().number).toBe('i0001');
    const other = openStage({ facts: { imei: '490154203237518' } });
    other.invitation = { authority: 'test', document: qr({ 'com.hmdm.DEVICE_ID_USE': 'imei' }) };
    expect((await other.enroll())[0]).toBe('POST /rest/public/sync/configuration/490154203237518');
  });

  it('not by a number that it may not read: a work profile has neither IMEI nor serial number', async () => {
    const stage = openStage({ native: { Management: 'work-profile' } });
    stage.invitation = { authority: 'test', document: qr({ 'com.hmdm.DEVICE_ID_USE': 'serial' }) };
    await expect(stage.device.enroll(stage.invitation)).rejects.toMatchObject({ code: 'ENROLL_FAILED' });
    expect(stage.http.requests).toEqual([]);
  });

  it('keeps retries that are numbers, and passes over those that are texts, as a launcher does', async () => {
    const stage = openStage();
    stage.invitation = {
      authority: 'test',
      document: qr({ 'com.hmdm.CONN_RETRY_COUNT': 5, 'com.hmdm.CONN_RETRY_DELAY': '2' }),
    };
    await stage.enroll();
    expect(stage.data()).toMatchObject({ retryCount: 5, retryDelay: 15 });
    expect(stage.told('HEADWIND_IGNORED')).toEqual([expect.stringContaining('CONN_RETRY_DELAY')]);
    const byHand = openStage();
    await byHand.enroll();
    expect(byHand.data()).toMatchObject({ retryCount: 1, retryDelay: 15 });
    const plain = openStage();
    plain.invitation = { authority: 'test', document: qr({}) };
    await plain.enroll();
    expect(plain.data()).toMatchObject({ retryCount: 2, retryDelay: 15 });
  });

  it('signs with the secret that it was given', async () => {
    const stage = openStage();
    stage.invitation = { authority: 'test', url: base, token: 'another secret' };
    stage.answer = ({ url }) =>
      url.includes('/sync/configuration/') ? signed({}, { secret: 'another secret' }) : undefined;
    const { requests } = stage.http;
    await stage.device.enroll(stage.invitation);
    expect(requests[0]?.headers?.['X-Request-Signature']).toBe(requestSignature('another secret', 'h0101'));
  });

  it('trusts the certificates of the QR code before its first contact', async () => {
    const { certificate: root, pem } = authority();
    const stage = openStage();
    stage.invitation = { authority: 'test', document: qr({ 'com.hmdm.CERTS': 'http://ca.test/root.pem' }) };
    stage.answer = ({ url }) => (url === 'http://ca.test/root.pem' ? pem : undefined);
    const trusted: number[] = [];
    const { requests } = stage.http;
    await stage.device.enroll(stage.invitation);
    expect(requests.map(line).slice(0, 2)).toEqual(['GET /root.pem', 'POST /rest/public/sync/configuration/h0101']);
    const [, post] = requests;
    trusted.push(...(post?.server?.roots() ?? []).map((each) => Buffer.compare(each, root)));
    expect(trusted).toEqual([0]);
    expect(stage.device.state.holdings.map(({ profile }) => profile.name)).toEqual(['http://ca.test/root.pem']);
  });

  it('stops at the first certificate that it cannot have, and leaves nothing behind', async () => {
    const { pem } = authority();
    for (const wrong of [page(404), 'no certificate']) {
      const stage = openStage();
      const document = qr({ 'com.hmdm.CERTS': 'http://ca.test/a.pem,http://ca.test/b.pem,http://ca.test/c.pem' });
      stage.answer = ({ url }) => (url.endsWith('a.pem') ? pem : wrong);
      await expect(stage.device.enroll({ authority: 'test', document })).rejects.toMatchObject({
        code: 'ENROLL_FAILED',
        message: expect.stringContaining('http://ca.test/b.pem'),
      });
      expect(stage.lines()).toEqual(['GET /a.pem', 'GET /b.pem']);
      expect(stage.device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
      expect(stage.device.state).not.toHaveProperty('link');
    }
  });

  it('joins the network of the QR code, once, as that says it', async () => {
    const network = {
      WIFI_SSID: '"corp"',
      WIFI_SECURITY_TYPE: 'WPA',
      WIFI_PASSWORD: 'correct horse',
      WIFI_HIDDEN: true,
    };
    const outer = Object.fromEntries(Object.entries(network).map(([name, value]) => [key(name), value]));
    const stage = openStage();
    await stage.device.enroll({ authority: 'qr.json', document: qr({}, outer) });
    await stage.device.checkIn();
    expect(stage.device.state.holdings.map(({ profile }) => profile)).toMatchObject([
      { kind: 'wifi', security: 'wpa2', passphrase: 'correct horse', hidden: true },
    ]);
    expect(stage.commands()).toEqual(['wifi done']);
    expect(statusOf(stage.device.state).authority).toBe(base); // and not the name of a file
  });

  it('asks for its pushes where the broker is by convention', async () => {
    const stage = openStage();
    stage.invitation = { authority: 'test', document: qr({ 'com.rollcall.MQTT_PORT': '31555' }) };
    await stage.enroll();
    expect(stage.wake.asked.map(({ address }) => address)).toEqual(['h0101@mdm.test:31555']);
  });

  it('becomes a work profile where the QR code says so, and tells that launcher 6.36 does not', async () => {
    const stage = openStage();
    await stage.device.enroll({ authority: 'test', document: qr({ 'com.hmdm.WORK_PROFILE': 'true' }) });
    expect(stage.device.state.facts.native['Management']).toBe('work-profile');
    expect(stage.told('LAUNCHER_DIFFERS')).toContainEqual(expect.stringContaining('work profile'));
    const launcher = openStage({ native: { Launcher: 'launcher' } });
    await launcher.device.enroll({ authority: 'test', document: qr({ 'com.hmdm.WORK_PROFILE': 'true' }) });
    expect(launcher.device.state.facts.native).not.toHaveProperty('Management');
  });

  it('stands though sync/info was lost; the session that follows at once says it again', async () => {
    const stage = openStage();
    stage.answer = ({ url }) => (url.endsWith('/sync/info') ? page(502) : undefined);
    await stage.enroll();
    expect(stage.device.state.lifecycle).toBe('enrolled');
    expect(stage.device.nextActAt).toBe(stage.clock.now());
    stage.answer = () => undefined;
    await stage.device.actIfDue();
    expect(stage.takeLines()).toContain('POST /rest/public/sync/info');
    expect(stage.device.nextActAt).toBeGreaterThan(stage.clock.now());
  });

  it('can be picked up as it was stored before the server was told', async () => {
    const stage = openStage();
    await stage.enroll();
    const before = stage.saves.find(({ link }) => link !== undefined);
    expect(before).toMatchObject({ lifecycle: 'enrolled' });
    const again = stage.reopen(before);
    await again.checkIn();
    expect(stage.takeLines()[0]).toBe('GET /rest/public/sync/configuration/h0101');
    await again.close();
  });
});

describe('an enrollment that is refused', () => {
  const failing = async (answer: ReturnType<typeof refusal>) => {
    const stage = openStage();
    stage.answer = ({ url }) => (url.includes('/sync/configuration/') ? answer : undefined);
    const error: unknown = await stage.device.enroll(stage.invitation).catch((thrown: unknown) => thrown);
    expect(stage.device.state).toMatchObject({ lifecycle: 'unenrolled' });
    return error as { code: string; message: string; details: Record<string, unknown> };
  };

  it('carries the words of a real server', async () => {
    for (const message of ['error.notfound.device', 'error.duplicate.device', 'error.permission.denied']) {
      const error = await failing(refusal(message));
      expect(error).toMatchObject({ code: 'ENROLL_REFUSED', details: { message } });
      expect(error.message).toContain(`JSON message: ${message}`);
    }
  });

  it('carries the reasons that our own server has in the data of its reply', async () => {
    const data = { code: 'E02', failureCategory: 'userValidation', failureReason: 'no such user', remedies: 'Add it.' };
    const answer = Buffer.from(JSON.stringify({ status: 'ERROR', message: 'error.permission.denied', data }));
    const error = await failing(answer);
    expect(error).toMatchObject({ code: 'ENROLL_REFUSED', details: data });
    expect(error.message).toContain('error.permission.denied: E02: no such user');
  });

  it('has the server’s remedies as its hint, without what would move a terminal', async () => {
    const data = { code: 'E08', failureReason: 'too\u001b[2J old', remedies: 'Update\u001b[2J it.' };
    const answer = Buffer.from(JSON.stringify({ status: 'ERROR', message: 'error.permission.denied', data }));
    const error = await failing(answer);
    expect(error).toMatchObject({ hint: expect.stringMatching(/^Update[^\u001b]* it\.$/) });
    expect(error.message).toMatch(/too[^\u001b]* old$/);
  });

  it('by the answer to its first sync/info takes back what it was given; the launcher does not look, and stays', async () => {
    const data = { code: 'E08', failureCategory: 'x', failureReason: 'too old', remedies: 'Update it.' };
    const answer = Buffer.from(JSON.stringify({ status: 'ERROR', message: 'error.permission.denied', data }));
    const wifi = key('WIFI_SSID');
    for (const mode of ['thorough', 'launcher']) {
      const stage = openStage({ native: { Launcher: mode } });
      stage.answer = ({ url }) => (url.endsWith('/sync/info') ? answer : undefined);
      const enrolling = stage.device.enroll({ authority: 'test', document: qr({}, { [wifi]: 'corp' }) });
      if (mode === 'launcher') {
        await enrolling;
        expect(stage.device.state.lifecycle).toBe('enrolled');
        expect(stage.told('HEADWIND_SERVER')).toEqual([
          expect.stringContaining('error.permission.denied: E08: too old'),
        ]);
        continue;
      }
      await expect(enrolling).rejects.toMatchObject({ code: 'ENROLL_REFUSED', details: data, hint: 'Update it.' });
      expect(stage.device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
      expect(stage.saves.at(-1)).not.toHaveProperty('link');
      expect(stage.wake.withdrawn).toEqual(stage.wake.asked); // nobody waits for its pushes
      expect(stage.told('LAUNCHER_DIFFERS')).toEqual([expect.stringContaining('sync/info')]);
      stage.answer = () => undefined;
      await stage.enroll();
      expect(stage.device.state.lifecycle).toBe('enrolled');
    }
  });

  it('may be tried again where the server itself fails: an IMEI that two devices reported, HTML in a 500', async () => {
    expect(await failing(refusal('error.internal.server'))).toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(await failing(page(500))).toMatchObject({
      code: 'AUTHORITY_BUSY',
      message: expect.stringContaining('HTTP status: 500'),
    });
    expect(
      await failing({
        status: 400,
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from('Unrecognized field'),
      }),
    ).toMatchObject({
      code: 'ENROLL_REFUSED',
      message: expect.stringContaining('HTTP status: 400, Unrecognized field'),
    });
    expect(await failing(page(404))).toMatchObject({
      code: 'ENROLL_REFUSED',
      message: expect.stringContaining('HTTP Status 404'),
    });
  });

  it('has nothing sent for documents by which no device could be set up', async () => {
    const wrong: readonly [Buffer | string, RegExp][] = [
      [qr({}, { [key('DEVICE_ADMIN_COMPONENT_NAME')]: 'com.google.android.apps.work.clouddpc/.X' }), /clouddpc/],
      ['{"com.hmdm.DEVICE_ID":"x"}', /BASE_URL/],
      ['{"com.hmdm.BASE_URL":"http://mdm.test", oops oops}', /\d+/],
      [bundle({ 'com.hmdm.DEVICE_ID': 'a/b' }), /device number/],
      [bundle({ 'com.hmdm.DEVICE_ID': '../x' }), /device number/],
      [bundle({ 'com.hmdm.BASE_URL': 'ftp://mdm.test' }), /address/],
      [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]), /no text/],
      ['x'.repeat(70_000), /larger/],
    ];
    for (const [document, why] of wrong) {
      const stage = openStage();
      const enrolling = stage.device.enroll({ authority: 'test', document: Buffer.from(document) });
      await expect(enrolling, String(why)).rejects.toMatchObject({
        code: 'ENROLL_FAILED',
        message: expect.stringMatching(why),
      });
      expect(stage.http.requests).toEqual([]);
    }
  });

  it('is told of the picture, of a key that the server does not know, and of an invitation that names nothing', async () => {
    const stage = openStage();
    await expect(stage.device.enroll({ authority: 'test', url: `${base}/rest/public/qr/KEY` })).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      message: expect.stringContaining('picture'),
    });
    stage.answer = () => page(500);
    await expect(
      stage.device.enroll({ authority: 'test', url: `${base}/rest/public/qr/json/KEY` }),
    ).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      hint: expect.stringContaining('key'),
    });
    await expect(stage.device.enroll({ authority: 'test' })).rejects.toMatchObject({ code: 'ENROLL_FAILED' });
    await expect(stage.device.enroll({ authority: 'test', url: 'mdm.test' })).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
    });
  });
});
