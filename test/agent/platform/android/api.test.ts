import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { addressable, segment } from '../../../../agent/platform/android/address.js';
import { Api } from '../../../../agent/platform/android/api.js';
import { memoryFor } from '../../../../agent/platform/android/enroll.js';
import { mannersOf } from '../../../../agent/platform/android/manners.js';
import { fileSignature } from '../../../../agent/platform/android/signatures.js';
import { readConfiguration } from '../../../../protocol/headwind/configuration.js';
import { defaultSecret, responseSignature } from '../../../../protocol/headwind/signature.js';
import type { Script } from '../../../support/scripted-http.js';
import { ok, openStage, page, refusal, signed } from './stage.js';

function openApi(script: Script, { number = 'h0101', native = {}, kept = {} } = {}) {
  const stage = openStage({ script, native });
  const { ports, device, http } = stage;
  const manners = mannersOf(device.state.facts);
  const address = { base: 'http://mdm.test', project: 'hmdm' };
  const setup = {
    number,
    address,
    secondaryBaseUrl: address.base,
    retryCount: 1,
    retryDelay: 15,
    ignored: [],
    rest: {},
    portal: {},
  };
  const memory = memoryFor({ authority: 'test' }, setup, 0);
  memory.change(kept);
  const view = { state: device.state, lenient: new Set<never>(), tell: () => {} };
  const server = { rules: {} as never, roots: () => [], now: () => 0, isLenient: false, tell: () => {} };
  const { signal } = new AbortController();
  return { api: new Api({ ports, device: view, memory, manners, server, signal }), http };
}

describe('the calls of the Headwind protocol', () => {
  it('have the paths, methods and headers of the launcher', async () => {
    const { api, http } = openApi(({ url }) => {
      if (url.includes('/sync/configuration/')) return signed({});
      if (url.includes('/log/rules/')) return ok([{ packageId: 'a', logLevel: 2 }]);
      return url.includes('/deviceinfo-plugin-settings/') ? ok({ sendData: true, intervalMins: 5 }) : ok();
    });
    const info = { deviceId: 'h0101' };
    await api.sync();
    await api.sendInfo(info);
    expect(await api.logRules()).toEqual([{ packageId: 'a', logLevel: 2 }]);
    await api.sendLog([{ timestamp: 1, logLevel: 3, packageId: 'com.hmdm.launcher', message: 'x' }]);
    for (const what of ['reset', 'reboot', 'password'] as const)
      expect(await api.confirm(what, info)).toBe('confirmed');
    await api.messageStatus('5', 2);
    expect(await api.dynamicInfoSettings()).toEqual({ sendData: true, intervalMins: 5 });
    await api.sendDynamicInfo([{ ts: 1 }]);
    expect(
      http.requests.map(({ method, url, headers }) => `${method} ${url} ${headers?.['Content-Type'] ?? ''}`.trim()),
    ).toEqual([
      'GET http://mdm.test/hmdm/rest/public/sync/configuration/h0101',
      'POST http://mdm.test/hmdm/rest/public/sync/info application/json',
      'GET http://mdm.test/hmdm/rest/plugins/devicelog/log/rules/h0101',
      'POST http://mdm.test/hmdm/rest/plugins/devicelog/log/list/h0101 application/json',
      'POST http://mdm.test/hmdm/rest/plugins/devicereset/public/h0101 application/json',
      'POST http://mdm.test/hmdm/rest/plugins/devicereset/public/reboot/h0101 application/json',
      'POST http://mdm.test/hmdm/rest/plugins/devicereset/public/password/h0101 application/json',
      'GET http://mdm.test/hmdm/rest/plugins/messaging/public/status/5/2',
      'GET http://mdm.test/hmdm/rest/plugins/deviceinfo/deviceinfo-plugin-settings/device/h0101',
      'PUT http://mdm.test/hmdm/rest/plugins/deviceinfo/deviceinfo/public/h0101 application/json',
    ]);
    expect(api.requests).toBe(http.requests.length);
    for (const { headers = {}, url } of http.requests) {
      expect(headers['User-Agent']).toBe('okhttp/4.12.0');
      const isSigned = url.includes('/sync/configuration/');
      expect(['X-Request-Signature' in headers, 'X-CPU-Arch' in headers]).toEqual([isSigned, isSigned]);
    }
    api.close();
    expect(http.openSessions()).toBe(0);
  });

  const signedText = (data: string) => ({
    body: Buffer.from(`{"status":"OK","data":${data}}`),
    headers: { 'x-response-signature': responseSignature(defaultSecret, data) },
  });

  it.each([
    ['as it is kept', '{"description":"a","files":[]}'],
    ['in another order of keys', '{"files":[],"description":"a"}'],
    ['with blanks', '{"description": "a", "files":[] }'],
    ['with an escape', '{"description":"\\u0061","files":[]}'],
    ['with a key twice', '{"description":"b","description":"a","files":[]}'],
    ['with a number that has another spelling', '{"description":"a","files":[],"timeout":1.0e1}'],
    ['with keys that JavaScript sorts', '{"b":1,"2":1,"1":1,"__proto__":{"x":1}}'],
  ])('keep a configuration by what its text says, whatever was kept: %s', async (_, data) => {
    const plain = JSON.stringify(JSON.parse(data));
    for (const configuration of [plain, data, '{"description":"a","files":[]}', '{}', undefined]) {
      const kept = configuration === undefined ? {} : { configuration: JSON.stringify(JSON.parse(configuration)) };
      const { api } = openApi(() => signedText(data), { kept });
      const { text, configuration: read } = await api.sync();
      expect(text).toBe(plain);
      expect(read).toEqual(readConfiguration(JSON.parse(data)));
      api.close();
    }
  });

  it('carry numbers with blanks and letters of any script, as OkHttp encodes them', async () => {
    const { api, http } = openApi(() => signed({}), { number: 'Lager 7 & ü@x' });
    await api.sync();
    expect(http.requests[0]?.url).toBe('http://mdm.test/hmdm/rest/public/sync/configuration/Lager%207%20&%20%C3%BC@x');
    expect(segment('a/b?c#d%e')).toBe('a%2Fb%3Fc%23d%25e');
  });

  it.each([
    ['HTTP 403 page', page(403), /HTTP status: 403.*HTTP Status 403/],
    ['HTTP 500 page', page(500), /HTTP status: 500/],
    [
      'a text',
      { status: 400, headers: { 'content-type': 'text/plain' }, body: Buffer.from('Unrecognized\u001b[2J token') },
      /400, Unrecognized[^\u001b]*token/,
    ],
    ['denied', refusal('error.permission.denied'), /JSON message: error\.permission\.denied/],
    ['disabled', refusal('error.resource.disabled'), /JSON message: error\.resource\.disabled/],
    ['a WARNING', Buffer.from('{"status":"WARNING","message":null,"data":{}}'), /JSON status: WARNING/],
    ['no data', Buffer.from('{"status":"OK","message":null,"data":null}'), /no data/],
    ['a list', Buffer.from('{"status":"OK","message":null,"data":[]}'), /no data/],
    ['no JSON', 'no JSON', /Failed to parse JSON/],
    ['nothing', '', /Failed to parse JSON/],
    ['a wrong type', signed({ kioskMode: 'perhaps', applications: 7 }), /Failed to parse JSON/],
  ])('say in the launcher’s words what is wrong: %s', async (_name, answer, why) => {
    const { api } = openApi(() => answer);
    await expect(api.sync()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY', message: expect.stringMatching(why) });
  });

  it('of a confirmation are a yes, a no, or nothing that was heard', async () => {
    for (const [answer, expected] of [
      [page(404), 'refused'],
      [refusal('error.internal.server'), 'confirmed'], // the launcher looks at the status alone
      [ok(), 'confirmed'],
    ] as const)
      expect(await openApi(() => answer).api.confirm('reset', { deviceId: 'x' })).toBe(expected);
    const { api } = openApi(() => {
      throw agentError('TRANSPORT_LOST', 'no answer');
    });
    expect(await api.confirm('reset', { deviceId: 'x' })).toBe('unanswered');
  });
});

describe('a download', () => {
  it('is signed over what follows /files/, decoded as the server does or as it is written as the launcher does', () => {
    const data = { secret: defaultSecret, number: 'x', project: '' };
    const sign = (url: string, signatures: string) =>
      fileSignature(data, url, mannersOf({ native: { Signatures: signatures } }));
    expect(sign('http://mdm.test/files/certs/ca.pem', 'server')).toBe('413EE9829779FDDBD0C5E0740A3581D2F2E448A2');
    expect(sign('http://elsewhere.test/a/files/certs/ca.pem', 'launcher-6.36')).toBe(
      '413EE9829779FDDBD0C5E0740A3581D2F2E448A2',
    );
    expect(sign('http://mdm.test/files/my%20notes.txt', 'server')).toBe(
      sign('http://mdm.test/files/my notes.txt', 'server'),
    );
    expect(sign('http://mdm.test/files/my%20notes.txt', 'launcher-6.36')).not.toBe(
      sign('http://mdm.test/files/my notes.txt', 'launcher-6.36'),
    );
    expect(sign('http://mdm.test/files/100%', 'server')).toBeDefined();
    expect(sign('http://mdm.test/file/x', 'server')).toBeUndefined();
  });

  it('asks for the address as the server wrote it, but for what a request line cannot carry', async () => {
    const { api, http } = openApi(() => Buffer.from('bytes'));
    const answer = await api.download('http://mdm.test/files/my notes ü.txt?a=b%20c', {
      maxBytes: 10,
      range: 'bytes=0-99',
    });
    expect(answer.body.toString()).toBe('bytes');
    const [request] = http.requests;
    expect(request?.url).toBe('http://mdm.test/files/my%20notes%20%C3%BC.txt?a=b%20c');
    expect(request).toMatchObject({ method: 'GET', maxBytes: 10 });
    expect(request?.headers).toMatchObject({
      Range: 'bytes=0-99',
      'User-Agent': 'Dalvik/2.1.0 (Linux; U; Android 15; Pixel 8 Build/AP4A.250205.002)',
    });
    expect(addressable(' http://a/\u0000"<>\\^`{|}\ud800 ')).toBe('http://a/%00%22%3C%3E%5C%5E%60%7B%7C%7D%EF%BF%BD');
  });
});
