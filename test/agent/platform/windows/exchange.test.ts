import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import type { QueuedAlert } from '../../../../agent/platform/windows/saved.js';
import { printBody } from '../../../../protocol/printers.js';
import { decodeSyncMl } from '../../../../protocol/syncml/read.js';
import { encodeWbxml } from '../../../../protocol/syncml/wbxml.js';
import { enrolledAt, get, openStage, serverSays } from './session-stage.js';
import { someMemory } from './some-device.js';

/** What a server wrote below its own node. */
function written(values: Readonly<Record<string, string>>) {
  const root = './Device/Vendor/MSFT/DMClient/Provider/Rollcall';
  const nodes = Object.entries(values).map(([leaf, value]) => {
    const uri = `${root}/${leaf}`;
    return [uri.toLowerCase(), { uri, format: 'chr' as const, value }] as const;
  });
  return Object.fromEntries(nodes);
}

describe('the head of a message', () => {
  it('is the one of a 19043 client, in the order in which it was printed', async () => {
    const stage = openStage({ data: { sessions: { next: 1, vector: 'a/tCeBgffEqA5408', count: 0 } } });
    await stage.checkIn();
    expect(Object.entries(stage.http.requests[0]?.headers ?? {})).toEqual([
      ['Accept', 'application/vnd.syncml.dm+xml, application/vnd.syncml.dm+wbxml, application/octet-stream'],
      ['Accept-Charset', 'UTF-8'],
      ['Client-Request-Id', '0'],
      ['Content-Type', 'application/vnd.syncml.dm+xml'],
      ['MS-CV', 'a/tCeBgffEqA5408.0.0.0'],
      ['User-Agent', 'MSFT OMA DM Client/1.2.0.1'],
    ]);
    expect(stage.http.requests[0]).toMatchObject({ method: 'POST', identity: { certificates: [expect.anything()] } });
  });

  it('has one correlation vector for a session, and the next one for the next', async () => {
    const stage = openStage();
    stage.script.push(serverSays(get('2', './A')));
    await stage.checkIn();
    await stage.checkIn();
    const vectors = stage.http.requests.map(({ headers }) => headers?.['MS-CV']);
    expect(vectors).toEqual(['AAAAAAAAAAAAAAAA.0.0.0', 'AAAAAAAAAAAAAAAA.0.0.0', 'AAAAAAAAAAAAAAAA.0.0.1']);
  });

  it('carries the EntDMID that the server gave, unless no head can hold it', async () => {
    for (const [given, sent] of [
      ['e1f2', 'e1f2'],
      ['a\r\nHost: x', '0'],
      ['', '0'],
    ] as const) {
      const stage = openStage({ data: { tree: written({ EntDMID: given }) } });
      await stage.checkIn();
      expect(stage.http.requests[0]?.headers?.['Client-Request-Id']).toBe(sent);
    }
  });

  it('says who began the session from SyncApplicationVersion 4.0 on', async () => {
    const old = openStage({ data: { tree: written({ SyncApplicationVersion: '3.0' }) } });
    await old.checkIn({ reason: 'woken' });
    expect(old.http.requests[0]?.headers).not.toHaveProperty('UserAgentOrigin');
    const origins: unknown[] = [];
    for (const reason of ['by-hand', 'scheduled', 'woken', 'login', 'enrolled'] as const) {
      const stage = openStage({ data: { tree: written({ SyncApplicationVersion: '4.0' }) } });
      await stage.checkIn({ reason });
      origins.push(stage.http.requests[0]?.headers?.['UserAgentOrigin']);
    }
    expect(origins).toEqual(['1', '2', '3', '4', '5']);
  });

  it('names the alerts that raised a session, in each of its messages, when they are marked critical or fatal', async () => {
    const alert = (type: string, mark: string): QueuedAlert => ({ code: '1226', type, mark, data: '1' });
    const alerts = [alert('com.a', 'critical'), alert('com.b', 'informational'), alert('com.c', 'fatal')];
    const stage = openStage({ data: { alerts } });
    stage.script.push(serverSays(get('2', './A')));
    await stage.checkIn();
    await stage.checkIn();
    expect(stage.http.requests.map(({ headers }) => headers?.['MDM-GenericAlert'])).toEqual([
      '<com.a><com.c>',
      '<com.a><com.c>',
      undefined,
    ]);
  });

  it('has the device’s address with what Windows appends, after a query too', async () => {
    for (const [address, sent] of [
      ['https://mdm.test/omadm', 'https://mdm.test/omadm?mode=Maintenance&Platform=WoA'],
      ['https://mdm.test/omadm?tenant=1', 'https://mdm.test/omadm?tenant=1&mode=Maintenance&Platform=WoA'],
    ] as const) {
      const { memory } = openStage();
      const stage = openStage({ data: { account: { ...memory.data.account, address } } });
      await stage.checkIn();
      expect(stage.http.requests[0]?.url).toBe(sent);
      expect(stage.messages[0]?.header.target).toBe(address);
    }
  });
});

describe('an answer that is no SyncML', () => {
  const fault = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><Action>x</Action></s:Header><s:Body><s:fault><s:code><s:value>s:receiver</s:value></s:code><s:reason><s:text>no such device</s:text></s:reason></s:fault></s:Body></s:Envelope>`;

  it('breaks the session, and leaves the device managed whatever it is', async () => {
    for (const [answer, code, details] of [
      [{ status: 401 }, 'AUTHORITY_BUSY', { status: 401, hresult: '0x80190191' }],
      [{ status: 403 }, 'AUTHORITY_BUSY', { status: 403, hresult: '0x80190193' }],
      [{ status: 404 }, 'AUTHORITY_BUSY', { status: 404 }],
      [{ status: 500 }, 'AUTHORITY_BUSY', { status: 500 }],
      [{ status: 204 }, 'AUTHORITY_BUSY', { status: 204 }],
      ['<!DOCTYPE html><html><body>Sign in</body></html>', 'ANSWER_MALFORMED', { status: 200, hresult: '0x801900C8' }],
      ['{"error":1}', 'ANSWER_MALFORMED', {}],
      [fault, 'AUTHORITY_BUSY', { reason: 'no such device' }],
      ['<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr>', 'ANSWER_MALFORMED', {}],
    ] as const) {
      const stage = openStage();
      stage.script.push(typeof answer === 'string' ? answer : { ...answer });
      await expect(stage.checkIn()).rejects.toMatchObject({ code, details });
      expect(stage.runs).toEqual([]);
      expect(stage.http.openSessions()).toBe(0);
    }
  });

  it('is not gone after to another address: credentials go to the account’s own, and an empty page is no end of a session', async () => {
    const stage = openStage();
    stage.script.push({ status: 302, headers: { location: 'https://elsewhere.test/' } });
    await expect(stage.checkIn()).rejects.toMatchObject({ details: { hresult: '0x8019012E' } });
    expect(stage.http.requests).toMatchObject([{ followsRedirects: false }]);
  });

  it('is bounded', async () => {
    const stage = openStage();
    await stage.checkIn();
    expect(stage.http.requests[0]?.maxBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  it('says when to come back: 429 with Retry-After puts off all that the device does by itself', async () => {
    const stage = openStage();
    stage.script.push({ status: 429, headers: { 'retry-after': '3600' } });
    const error = await stage.checkIn().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'AUTHORITY_BUSY', retry: true, details: { retryAfterMs: 3_600_000 } });
    const busy = agentError('AUTHORITY_BUSY', 'x', { details: { retryAfterMs: 3_600_000 } });
    expect(stage.link.retry({ tries: 1, error: busy, fraction: 0 })).toBe(3_600_000);
    const now = stage.clock.now();
    expect(stage.link.nextCheckIn(now)?.at).toBe(now + 3_600_000);
    await stage.checkIn();
    expect(stage.link.nextCheckIn(now)?.at).toBe(enrolledAt + 900_000);
  });

  it('is read with a byte order mark and prefixes that nothing binds, as Windows does', async () => {
    const stage = openStage();
    stage.script.push(`\ufeff${serverSays(get('2', './A')).replace('<Get>', '<Get><x:Note>1</x:Note>')}`);
    expect(await stage.checkIn()).toMatchObject({ commands: 1 });
  });
});

describe('an account of WBXML', () => {
  const xmlType = 'application/vnd.syncml.dm+xml';
  const wbxmlType = 'application/vnd.syncml.dm+wbxml';
  const types = ({ http }: ReturnType<typeof openStage>) =>
    http.requests.map(({ headers }) => headers?.['Content-Type']);
  const open = (wbxml = true) => {
    const { account } = someMemory().data;
    return openStage({ data: { account: { ...account, ...(wbxml ? { wbxml: true as const } : {}) } } });
  };
  const inWbxml = (text: string, type = wbxmlType) => ({
    headers: { 'content-type': type },
    body: encodeWbxml(decodeSyncMl(Buffer.from(text))),
  });

  it('is spoken in it both ways, and a trace shows what was said', async () => {
    const stage = open();
    stage.values.set('./A', { source: './A', data: 'value' });
    stage.script.push(inWbxml(serverSays(get('2', './A'))));
    expect(await stage.checkIn()).toMatchObject({ commands: 1, requests: 2 });
    expect(types(stage)).toEqual([wbxmlType, wbxmlType]);
    expect(stage.messages[1]?.commands.at(-1)).toMatchObject({ verb: 'Results', items: [{ data: 'value' }] });
    const shown = printBody(wbxmlType, stage.http.requests[1]?.bytes ?? Buffer.alloc(0)).join('\n');
    expect(shown).toContain('./A "value"');
  });

  it('hears a server that answers in XML, and is answered in WBXML where it asked in XML', async () => {
    const stage = open();
    stage.script.push({
      headers: { 'content-type': `${xmlType}; charset=utf-8` },
      body: Buffer.from(serverSays(get('2', './A'))),
    });
    stage.script.push(serverSays(get('2', './A'), { msgId: '2' })); // no Content-Type
    expect(await stage.checkIn()).toMatchObject({ commands: 2 });
    expect(types(stage)).toEqual([wbxmlType, wbxmlType, wbxmlType]);
    const other = open(false);
    other.script.push(inWbxml(serverSays(get('2', './A'))), inWbxml(serverSays(get('2', './A'), { msgId: '2' }), ''));
    expect(await other.checkIn()).toMatchObject({ commands: 2 });
    expect(types(other)).toEqual([xmlType, xmlType, xmlType]);
  });

  it('says the same in XML to a server that answers 415, for the session', async () => {
    const stage = open();
    stage.script.push({ status: 415 }, serverSays(get('2', './A')));
    expect(await stage.checkIn()).toMatchObject({ commands: 1, requests: 3 });
    expect(types(stage)).toEqual([wbxmlType, xmlType, xmlType]);
    expect(stage.messages.map(({ header }) => header.msgId)).toEqual(['1', '1', '2']);
    stage.script.push({ status: 415 }, { status: 415 });
    await expect(stage.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY', details: { status: 415 } });
    expect(types(stage).slice(3)).toEqual([wbxmlType, xmlType]);
  });

  it('is refused what is no WBXML', async () => {
    const stage = open();
    stage.script.push({ headers: { 'content-type': wbxmlType }, body: Buffer.from([2, 0xa4, 1, 0x6a, 0, 0x6d]) });
    await expect(stage.checkIn()).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
  });
});

describe('a server that wants its answers elsewhere (RespURI)', () => {
  it('is not followed, which is told once', async () => {
    const stage = openStage();
    const meta = '<RespURI>https://other.test/mdm?code=1</RespURI>';
    stage.script.push(serverSays(get('2', './A'), { meta }), serverSays(get('2', './A'), { msgId: '2', meta }));
    await stage.checkIn();
    expect(new Set(stage.http.requests.map(({ url }) => new URL(url).host))).toEqual(new Set(['mdm.example.test']));
    const told = stage.happenings.filter(({ type }) => type === 'trouble');
    expect(told).toMatchObject([{ about: 'RespURI' }]);
    expect(JSON.stringify(told)).toContain('https://other.test/mdm?code=…');
  });
});

describe('the account that a server changes', () => {
  it('counts from the next session on', async () => {
    const stage = openStage();
    stage.during.call = () =>
      stage.memory.change({ account: { ...stage.memory.data.account, address: 'https://new.test/mdm' } });
    stage.script.push(serverSays(get('2', './A')));
    await stage.checkIn();
    await stage.checkIn();
    expect(stage.http.requests.map(({ url }) => new URL(url).hostname)).toEqual([
      'mdm.example.test',
      'mdm.example.test',
      'new.test',
    ]);
  });
});
