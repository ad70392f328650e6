import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { memoryLog } from '../../../base/log.js';
import { channelUriOf, isRawNotification, tokenOfChannelUri, tokenOfParameter } from '../../../protocol/wns.js';
import type { Route, StubAnswer, StubRequest } from '../../../server-stub/http-types.js';
import { PushService } from '../../../server-stub/push/service.js';
import { wnsRoutes } from '../../../server-stub/push/wns.js';
import { describeWith, temporaryFolder } from '../../support/programs.js';
import { openStub } from '../ios/stub.js';

const token = 'a7'.repeat(32);
const hourMs = 3_600_000;

function open() {
  const clock = manualClock(Date.parse('2026-11-26T08:00:00Z'));
  const service = new PushService({ clock });
  const log = memoryLog();
  const routes = wnsRoutes({ service, clock, random: randomBytes, log });
  const ask = async (path: string, form: Partial<StubRequest> & { readonly text?: string }): Promise<StubAnswer> => {
    const [pathname = '', query = ''] = path.split('?');
    const route = routes.find((each: Route) => each.path.replace('/:tenant', '/t') === pathname);
    if (route === undefined) throw new Error(`no route ${path}`);
    return await route.handle({
      method: 'POST',
      path: pathname,
      query: new URLSearchParams(query),
      headers: {},
      params: {},
      remote: '192.0.2.1',
      body: Buffer.from(form.text ?? ''),
      ...form,
    });
  };
  const credentials = 'grant_type=client_credentials&client_id=ms-app%3A%2F%2FS-1-15-2-1&client_secret=s';
  const bearer = async (path = '/accesstoken.srf', scope = 'notify.windows.com'): Promise<string> => {
    const { status, body } = await ask(path, { text: `${credentials}&scope=${encodeURIComponent(scope)}` });
    expect(status).toBe(200);
    const answer: { access_token: string } = JSON.parse(String(body));
    return answer.access_token;
  };
  const raw = (access: string, headers: Readonly<Record<string, string | undefined>> = {}) => ({
    text: 'wake',
    headers: {
      authorization: `Bearer ${access}`,
      'x-wns-type': 'wns/raw',
      'content-type': 'application/octet-stream',
      'x-wns-cache-policy': 'cache',
      ...headers,
    },
  });
  const channel = `/${new URL(channelUriOf(token)).search}`;
  return { clock, service, ask, bearer, raw, channel, credentials, log };
}

describe('the WNS-shaped service', () => {
  it('has channel URIs in the shape of WNS, from which the token comes back', () => {
    const uri = channelUriOf(token);
    expect(uri).toMatch(/^https:\/\/\w+\.notify\.windows\.com\/\?token=[A-Za-z0-9%]+$/);
    expect(tokenOfChannelUri(uri)).toBe(token);
    for (const other of [
      '',
      'no uri',
      `${uri}!`,
      uri.replace('notify', 'evil'),
      'https://rollcall.notify.windows.com/',
    ])
      expect(tokenOfChannelUri(other)).toBeUndefined();
    expect(tokenOfParameter('AAA=AAAA')).toBeUndefined();
  });

  it('takes a raw notification for a known channel, keeps it for a device that is away, and tells how it stands', async () => {
    const { service, ask, bearer, raw, channel, clock } = open();
    service.expect(token, 'Contoso.Management_abc');
    const answer = await ask(channel, raw(await bearer(), { 'x-wns-requestforstatus': 'true', 'x-wns-ttl': '60' }));
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'x-wns-status': 'received',
      'x-wns-deviceconnectionstatus': 'disconnected',
      'x-wns-msg-id': expect.stringMatching(/^[0-9A-F]{16}$/),
    });
    expect(service.progress).toMatchObject({ kept: 1 });
    await clock.advance(61_000);
    const offered: string[] = [];
    const device = { address: '', isOpen: true, known: () => {}, offer: (each: string) => offered.push(each) };
    service.register(token, device);
    expect(service.take(token, device)).toEqual({ isLast: true }); // its time to live was over
    await ask(channel, raw(await bearer()));
    const { notification } = service.take(token, device);
    expect(isRawNotification(notification?.payload ?? '')).toBe(true);
  });

  it('keeps nothing that is not to be cached', async () => {
    const { service, ask, bearer, raw, channel } = open();
    service.expect(token, 'pfn');
    const answer = await ask(channel, raw(await bearer(), { 'x-wns-cache-policy': undefined }));
    expect([answer.status, answer.headers?.['x-wns-status']]).toEqual([200, 'dropped']);
    expect(service.progress).toMatchObject({ kept: 0 });
  });

  it('refuses as WNS does: 401 without a current token, 400, 404, 410, 413', async () => {
    const { service, ask, bearer, raw, channel, clock, log } = open();
    const access = await bearer('/t/oauth2/v2.0/token', 'https://wns.windows.com/.default');
    const status = async (path: string, request: Parameters<typeof ask>[1]) => (await ask(path, request)).status;
    expect(await status(channel, raw(access))).toBe(404);
    service.expect(token, 'pfn');
    expect(await status(channel, { text: 'x' })).toBe(401);
    expect(await status(channel, raw(`${access}x`))).toBe(401);
    expect(await status(channel, raw(`9${access}`))).toBe(401);
    expect(await status(channel, raw(access, { 'x-wns-type': undefined }))).toBe(400);
    expect(await status(channel, raw(access, { 'x-wns-type': 'wns/toast' }))).toBe(400);
    expect(await status(channel, raw(access, { 'content-type': 'text/xml' }))).toBe(400);
    expect(await status(channel, raw(access, { 'x-wns-ttl': '-1' }))).toBe(400);
    expect(await status(channel, { ...raw(access), text: '' })).toBe(400);
    expect(await status(channel, { ...raw(access), text: 'x'.repeat(5001) })).toBe(413);
    expect(await status('/?token=none', raw(access))).toBe(404);
    const gone = { address: '', isOpen: true, known: () => {}, offer: () => {} };
    service.register(token, gone);
    service.unregister(token, gone);
    expect(await status(channel, raw(access))).toBe(410);
    await clock.advance(hourMs);
    expect(await status(channel, raw(access))).toBe(401);
    expect(JSON.stringify(log.lines)).not.toContain(token);
  });

  it.each([
    ['grant_type=password&client_id=a&client_secret=b&scope=notify.windows.com', 'unsupported_grant_type'],
    ['grant_type=client_credentials&client_id=a&scope=notify.windows.com', 'invalid_client'],
    ['grant_type=client_credentials&client_id=a&client_secret=b&scope=other', 'invalid_scope'],
    ['', 'unsupported_grant_type'],
  ])('gives no token for %j', async (text, error) => {
    const { status, body } = await open().ask('/accesstoken.srf', { text });
    expect([status, JSON.parse(String(body))]).toEqual([400, { error }]);
  });
});

describeWith('curl')('curl, told of the stub as its proxy', () => {
  it('gets a token and posts to a channel by the names of Microsoft', async () => {
    const stub = await openStub();
    stub.authority.push.expect(token, 'pfn');
    const ca = join(temporaryFolder(), 'ca.pem');
    writeFileSync(ca, stub.authority.caPem);
    const proxy = stub.authority.url.replace('127.0.0.1', 'localhost');
    const curl = (...args: string[]) =>
      new Promise<string>((resolve) => {
        const common = ['-s', '--proxy', proxy, '--proxy-cacert', ca, '--cacert', ca];
        execFile('curl', [...common, ...args], (_, stdout) => resolve(stdout));
      });
    const form = 'grant_type=client_credentials&client_id=ms-app://S-1&client_secret=s&scope=notify.windows.com';
    const given: { access_token: string } = JSON.parse(
      await curl('-d', form, 'https://login.live.com/accesstoken.srf'),
    );
    const headers = [`Authorization: Bearer ${given.access_token}`, 'X-WNS-Type: wns/raw', 'X-WNS-Cache-Policy: cache'];
    const sent = [...headers, 'Content-Type: application/octet-stream'].flatMap((header) => ['-H', header]);
    const more = ['-d', 'wake', '-o', '/dev/null', '-w', '%{http_code}', channelUriOf(token)];
    expect(await curl(...sent, ...more)).toBe('200');
    expect(stub.authority.push.log()).toMatchObject([{ outcome: 'kept' }]);
  });
});
