import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TracedExchange } from '../../base/trace.js';
import { textTrace, traceForm } from '../../protocol/traced.js';
import { maskedHeader, maskedUrl } from '../../protocol/traced-parts.js';
import { planted, profile, spellings } from './printing/samples.js';

const basic = Buffer.from(`user1:${planted}`).toString('base64');

const exchange: TracedExchange = {
  side: 'device',
  startedAt: Date.parse('2026-11-26T12:00:00.120Z'),
  method: 'PUT',
  url: `https://user1:${planted}@mdm.example/checkin?access_token=${planted}&user=user1#token=${planted}`,
  remote: '192.0.2.7:443',
  requestHeaders: {
    authorization: `Basic ${basic}`,
    Cookie: `session=${planted}`,
    'X-Api-Key': planted,
    'content-type': 'application/x-apple-aspen-config',
  },
  requestBody: profile,
  status: 200,
  responseHeaders: {
    'set-cookie': `session=${planted}; Secure`,
    'content-type': 'application/json',
    location: `/next?code=1&secret=${planted}`,
    'www-authenticate': 'Basic realm="shown"',
  },
  responseBody: Buffer.from(JSON.stringify({ token: planted, name: 'shown name' })),
  connectMs: 1.25,
  tlsMs: 10.4,
  ttfbMs: 40,
  totalMs: 42.5,
};

const textOf = (traced: TracedExchange): string => {
  let text = '';
  textTrace((more) => {
    text += more;
  }).exchanged(traced);
  return text;
};

describe('an exchange in a trace', () => {
  it('says in its first line what it was, and then shows both halves', () => {
    const lines = textOf(exchange).split('\n');
    expect(lines.slice(0, 9)).toEqual([
      '2026-11-26T12:00:00.120Z device PUT https://[secret]@mdm.example/checkin?access_token=[secret]&user=user1#token=[secret] 200 43 ms (connect 1.3, TLS 10, first byte 40) at 192.0.2.7:443',
      '> authorization: Basic [secret]',
      '> Cookie: [secret]',
      '> X-Api-Key: [secret]',
      '> content-type: application/x-apple-aspen-config',
      '>',
      '>   PayloadType: "Configuration"',
      '>   PayloadDisplayName: "shown profile"',
      '>   PayloadContent:',
    ]);
    expect(lines.slice(-9)).toEqual([
      '< set-cookie: [secret]',
      '< content-type: application/json',
      '< location: /next?code=1&secret=[secret]',
      '< www-authenticate: Basic realm="shown"',
      '<',
      '<   token: [secret]',
      '<   name: "shown name"',
      '',
      '',
    ]);
  });

  it('shows no secret, neither as text nor in a HAR file', () => {
    const har = JSON.stringify(traceForm.har(exchange));
    const message = { side: 'device', at: 0, url: `wss://a/push?token=${planted}`, direction: 'received' } as const;
    const body = Buffer.from(JSON.stringify({ type: 'notification', token: planted, payload: `{"mdm":"${planted}"}` }));
    const said = traceForm.message({ ...message, body }).map(({ text }) => text);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /^1970-01-01T00:00:00.000Z device WebSocket wss:\/\/a\/push\?token=\[secret\] <- type: "notification"/,
    );
    for (const spelling of [...spellings, basic]) {
      for (const text of [textOf(exchange), har, ...said]) expect(text).not.toContain(spelling);
      expect(JSON.stringify(traceForm.summary(exchange))).not.toContain(spelling);
    }
  });

  it('says why there was no answer', () => {
    const { status: _, responseHeaders: __, responseBody: ___, ...lost } = exchange;
    const text = textOf({ ...lost, code: 'TLS_UNTRUSTED', message: 'the name is another' });
    expect(text).toMatch(/token=\[secret\] TLS_UNTRUSTED 43 ms/);
    expect(text).toContain('! TLS_UNTRUSTED: the name is another (the request was not sent)\n');
    const cut = textOf({ ...lost, code: 'TRANSPORT_LOST', message: `at https://u:${planted}@a` });
    expect(cut).toContain('! TRANSPORT_LOST: at https://[secret]@a\n');
  });

  it('shows addresses and headers without their secrets, and long parts by their beginning', () => {
    const token = 'ab12'.repeat(16);
    expect(maskedUrl(`https://push.example/3/device/${token}`)).toBe('https://push.example/3/device/ab12ab12...');
    expect(maskedUrl(`/scep?operation=PKIOperation&message=${'A'.repeat(3000)}`)).toBe(
      `/scep?operation=PKIOperation&message=${'A'.repeat(64)}... (3000 characters)`,
    );
    expect(maskedUrl('https://a@b:c@host/x?p%61ssword=1&=&&x')).toBe(
      'https://[secret]@host/x?p%61ssword=[secret]&=&&x',
    );
    expect(maskedUrl('https://a/b?X-Amz-Signature=1&sig=2&Signature=3&design=4')).toBe(
      'https://a/b?X-Amz-Signature=[secret]&sig=[secret]&Signature=[secret]&design=4',
    );
    expect(maskedUrl('')).toBe('');
    expect(maskedHeader('Proxy-Authorization', 'Bearer abc')).toBe('Bearer [secret]');
    expect(maskedHeader('authorization', planted)).toBe('[secret]');
    expect(maskedHeader('x-long', 'x'.repeat(1000))).toHaveLength(300 + '... (1000 characters)'.length);
  });
});

// HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/: what must be there, and of which kind.
const time = z.number().min(-1);
const pairs = z.array(z.strictObject({ name: z.string(), value: z.string() }));
const harEntrySchema = z.strictObject({
  startedDateTime: z.iso.datetime(),
  time: z.number().min(0),
  request: z.strictObject({
    method: z.string(),
    url: z.string(),
    httpVersion: z.string(),
    cookies: z.array(z.unknown()),
    headers: pairs,
    queryString: pairs,
    postData: z.strictObject({ mimeType: z.string(), text: z.string() }).optional(),
    headersSize: z.number().int(),
    bodySize: z.number().int(),
  }),
  response: z.strictObject({
    status: z.number().int(),
    statusText: z.string(),
    httpVersion: z.string(),
    cookies: z.array(z.unknown()),
    headers: pairs,
    content: z.strictObject({
      size: z.number().int(),
      compression: z.number().int().optional(),
      mimeType: z.string(),
      text: z.string().optional(),
    }),
    redirectURL: z.string(),
    headersSize: z.number().int(),
    bodySize: z.number().int(),
  }),
  cache: z.strictObject({}),
  timings: z.strictObject({
    blocked: time,
    dns: time,
    connect: time,
    ssl: time,
    send: time,
    wait: time,
    receive: time,
  }),
  serverIPAddress: z.string().optional(),
  comment: z.string().optional(),
});

describe('a message in a trace', () => {
  const message = (url: string, body: Buffer): string => {
    const at = Date.parse('2026-11-26T12:00:00.120Z');
    return traceForm.message({ side: 'device', at, url, direction: 'received', body })[0]?.text ?? '';
  };

  it('of MQTT is the control packet that it is', () => {
    const packet = Buffer.from(
      '34270005683031303100017b6d657373616765547970653a2022636f6e66696755706461746564227d',
      'hex',
    );
    expect(message('mqtt://127.0.0.1:31000/h0101', packet)).toBe(
      '2026-11-26T12:00:00.120Z device MQTT mqtt://127.0.0.1:31000/h0101 <- PUBLISH h0101 qos 2 id 1 {messageType: "configUpdated"}',
    );
    expect(message('mqtts://x/h', Buffer.from('e000', 'hex'))).toMatch(/device MQTT mqtts:\S+ <- DISCONNECT$/);
  });

  it('of another connection is shown by whoever can read it', () => {
    expect(message('wss://x/push', Buffer.from('{"a":1}'))).toMatch(/device WebSocket wss:\S+ <- a: 1$/);
  });
});

describe('an entry of a HAR file', () => {
  it('has all that the format asks for', () => {
    const entry = harEntrySchema.parse(traceForm.har(exchange));
    expect(entry.serverIPAddress).toBe('192.0.2.7');
    expect(entry.request.queryString).toEqual([
      { name: 'access_token', value: '[secret]' },
      { name: 'user', value: 'user1' },
    ]);
    expect(entry.request.bodySize).toBe(profile.length);
    expect(entry.response.content.text).toBe('token: [secret]\nname: "shown name"');
    const { blocked, dns, connect, send, wait, receive } = entry.timings;
    const phases = [blocked, dns, connect, send, wait, receive].filter((each) => each >= 0);
    expect(phases.reduce((sum, each) => sum + each, 0)).toBeCloseTo(entry.time, 6);
    expect(entry.timings.ssl).toBeLessThanOrEqual(connect);
  });

  it('tells the bytes on the wire from those of the body', () => {
    const length = exchange.responseBody?.length ?? 0;
    const whole = harEntrySchema.parse(traceForm.har({ ...exchange, receivedBytes: length })).response;
    expect([whole.bodySize, whole.content.size, whole.content.compression]).toEqual([length, length, undefined]);
    const packed = harEntrySchema.parse(traceForm.har({ ...exchange, receivedBytes: 7 })).response;
    expect([packed.bodySize, packed.content.size, packed.content.compression]).toEqual([7, length, length - 7]);
    const { responseBody: _, ...lost } = exchange;
    const cut = harEntrySchema.parse(traceForm.har({ ...lost, code: 'TRANSPORT_LOST', receivedBytes: 4 })).response;
    expect([cut.bodySize, cut.content.size, cut.content.compression]).toEqual([4, 0, undefined]);
  });

  it('is whole where nothing came back', () => {
    const {
      status: _,
      responseHeaders: __,
      responseBody: ___,
      ttfbMs: ____,
      tlsMs: _____,
      connectMs: ______,
      remote: _______,
      ...lost
    } = exchange;
    const entry = harEntrySchema.parse(traceForm.har({ ...lost, code: 'TRANSPORT_LOST', message: 'no answer' }));
    expect([entry.response.status, entry.comment]).toEqual([0, 'TRANSPORT_LOST: no answer']);
    expect(entry.timings).toMatchObject({ connect: -1, ssl: -1, wait: 42.5, receive: 0 });
  });
});
