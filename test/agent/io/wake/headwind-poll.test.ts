import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../../agent/io/http.js';
import { seededRandom } from '../../../../agent/io/random.js';
import { headwindLegacyPoll, headwindPoll } from '../../../../agent/io/wake/headwind-poll.js';
import type { HttpAnswer, HttpRequest, WakeAsk } from '../../../../agent/model/ports.js';
import { manualClock } from '../../../../base/clock.js';
import { memoryLog } from '../../../../base/log.js';
import { until } from '../../../contract/wake-way.js';
import { listening } from '../../../support/brokers.js';
import { describeWithFixtures, fixture } from '../../../support/shared.js';

type Answer = { readonly status: number; readonly body?: string | Buffer } | Error;

const ask = (data: WakeAsk['data'] = {}): WakeAsk => ({
  way: 'headwind-poll',
  address: 'h0001@https://mdm.example/',
  data: { url: 'https://mdm.example/rest/notification/polling/h0001', signature: 'AC96', ...data },
  keeps: 64,
});

/** A device whose polls are answered as the test says; the last answer is given for ever. */
function polling(open: typeof headwindPoll, asked: WakeAsk, ...answers: readonly Answer[]) {
  const requests: HttpRequest[] = [];
  const received: unknown[] = [];
  const told: string[] = [];
  const clock = manualClock();
  const log = memoryLog();
  const http = {
    open: () => ({
      async request(request: HttpRequest): Promise<HttpAnswer> {
        requests.push(request);
        const answer = answers[Math.min(requests.length, answers.length) - 1] ?? new Error('nothing');
        if (answer instanceof Error) throw answer;
        return { status: answer.status, headers: {}, body: Buffer.from(answer.body ?? ''), url: request.url };
      },
      close() {},
    }),
  };
  const way = open({ http, clock, log, random: seededRandom('poll', 0) })({
    ready: () => told.push('ready'),
    received: (_, payload) => received.push(JSON.parse(payload)),
    lost: (_, { message }) => told.push(message),
  });
  onTestFinished(() => way.close());
  way.add(asked);
  /** The next poll is made after this time, and not a millisecond before. */
  const pollsAgainAfter = async (ms: number) => {
    await until(() => clock.pending > 0);
    const before = requests.length;
    await clock.advance(ms - 1);
    expect(requests).toHaveLength(before);
    await clock.advance(1);
    await until(() => requests.length > before);
  };
  return { requests, received, told, clock, log, way, pollsAgainAfter };
}

const ok = (data: unknown): Answer => ({ status: 200, body: JSON.stringify({ status: 'OK', message: null, data }) });
const page: Answer = { status: 500, body: '<!doctype html><html lang="en"><head></head></html>' };

describe('the long poll of a Headwind launcher', () => {
  it('asks the address with the signature of the ask', async () => {
    const { requests } = polling(headwindPoll, ask(), page);
    await until(() => requests.length === 1);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://mdm.example/rest/notification/polling/h0001',
      headers: { 'User-Agent': 'okhttp/4.12.0', 'Accept-Encoding': 'gzip', 'X-Request-Signature': 'AC96' },
    });
  });

  it('takes every 5xx for a poll without a message: after 5 s again, and no word of it', async () => {
    const { pollsAgainAfter, log, received } = polling(headwindPoll, ask(), page, { status: 503 }, page);
    await pollsAgainAfter(5_000);
    await pollsAgainAfter(5_000);
    await pollsAgainAfter(5_000);
    expect([log.lines, received]).toEqual([[], []]);
  });

  it('waits 65 s after a 4xx, and warns', async () => {
    const { pollsAgainAfter, log } = polling(headwindPoll, ask(), { status: 403, body: 'no' });
    await pollsAgainAfter(65_000);
    expect(log.lines[0]).toMatchObject({ level: 'warn', event: 'PUSH_LOST', values: { status: 403, pauseMs: 65_000 } });
  });

  it('tells that nothing wakes the device, and why, and when that is over', async () => {
    const { pollsAgainAfter, told, way } = polling(headwindPoll, ask(), { status: 403 }, { status: 404 }, page);
    await until(() => told.length === 2);
    expect(told).toEqual(['ready', expect.stringContaining('signature')]);
    way.add(ask({ signature: 'D540' })); // who asks once more does not wait for the next poll
    await until(() => told.length === 3);
    await pollsAgainAfter(65_000);
    await pollsAgainAfter(65_000);
    await until(() => told.length === 5);
    expect(told.slice(2)).toEqual(['ready', expect.stringContaining('404'), 'ready']);
  });

  it.each([
    ['no answer came', new Error('ECONNRESET')],
    ['the answer is no JSON', { status: 200, body: '<html>' }],
    ['its data is no list', ok({})],
  ])('waits 60 s where %s, and warns', async (_, answer) => {
    const { pollsAgainAfter, log } = polling(headwindPoll, ask(), answer, page);
    await pollsAgainAfter(60_000);
    expect(log.lines).toMatchObject([{ level: 'warn', event: 'PUSH_LOST', values: { pauseMs: 60_000 } }]);
    await pollsAgainAfter(5_000);
  });

  it('asks the second address at once where the first gives no answer, and only there', async () => {
    const second = { secondUrl: 'https://other.example/rest/notification/polling/h0001' };
    const { requests, pollsAgainAfter, log } = polling(headwindPoll, ask(second), new Error('ECONNREFUSED'), page, {
      status: 403,
    });
    await pollsAgainAfter(5_000);
    await pollsAgainAfter(65_000);
    expect(requests.map(({ url }) => new URL(url).host)).toEqual([
      'mdm.example',
      'other.example',
      'mdm.example',
      'mdm.example',
    ]);
    expect(log.lines.length).toBeGreaterThan(0);
  });

  it('makes one of several configUpdated of an answer, and keeps everything else in its order', async () => {
    const { received, pollsAgainAfter } = polling(
      headwindPoll,
      ask(),
      ok([
        { messageType: 'configUpdated', payload: null },
        { messageType: 'runApp', payload: '{pkg: com.example}' },
        { messageType: 'configUpdated' },
        { messageType: 'runApp', payload: '{"pkg":"org.example","list":[1,{"a":null}]}' },
        { payload: 'no type' },
        { messageType: 'broken', payload: '{' },
      ]),
      ok([{ messageType: 'configUpdated' }]),
      { status: 200, body: '{"status":"ERROR","message":"x","data":null}' },
    );
    await pollsAgainAfter(5_000);
    await pollsAgainAfter(5_000);
    expect(received).toEqual([
      { messageType: 'configUpdated' },
      { messageType: 'runApp', payload: { pkg: 'com.example' } },
      { messageType: 'runApp', payload: { pkg: 'org.example', list: [1, { a: null }] } },
      { messageType: 'broken' },
      { messageType: 'configUpdated' },
    ]);
  });
});

describe('the older poll', () => {
  it('asks every so often, whatever the answer is', async () => {
    const asked = ask({ everyMs: 120_000 });
    const { pollsAgainAfter, received, log } = polling(
      headwindLegacyPoll,
      asked,
      ok([{ messageType: 'reboot' }, { messageType: 'reboot' }]),
      { status: 404 },
      new Error('ECONNRESET'),
      ok([]),
    );
    for (let n = 0; n < 4; n++) await pollsAgainAfter(120_000);
    expect(received).toEqual([{ messageType: 'reboot' }, { messageType: 'reboot' }]);
    expect(log.lines.map(({ event }) => event)).toEqual(['PUSH_LOST', 'PUSH_LOST']);
  });

  it('asks every 15 minutes where it is not told', async () => {
    await polling(headwindLegacyPoll, ask(), ok([])).pollsAgainAfter(900_000);
  });
});

describeWithFixtures('the polls of a recorded server, over a socket', () => {
  it('are taken as they were sent: a batch, a time-out, a live push, a number that nobody has, a wrong signature', async () => {
    const names = ['05-batch', '06-timeout', '04-live-push', '02-unknown', '01-forbidden'];
    const replies = names.map((name) => fixture(`android/rest/poll-${name}.res.http`));
    const requests: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (request) => {
        requests.push(request.toString('latin1'));
        socket.end(replies[requests.length - 1] ?? '');
      });
    });
    const origin = `http://127.0.0.1:${await listening(server)}`;
    const http = createHttp({ allowHttp: true });
    const clock = manualClock();
    const log = memoryLog();
    const received: string[] = [];
    const way = headwindPoll({ http, clock, log, random: seededRandom('poll', 0) })({
      ready: () => {},
      received: (_, payload) => received.push(payload),
    });
    onTestFinished(() => {
      way.close();
      http.close();
      server.close();
    });
    way.add(ask({ url: `${origin}/rest/notification/polling/h0101` }));
    for (let n = 1; n < names.length; n++) {
      await until(() => requests.length === n && clock.pending > 0);
      await clock.advance(n < 4 ? 5_000 : 65_000);
    }
    await until(() => requests.length === 5 && clock.pending > 0);
    expect(requests[0]).toMatch(/^GET \/rest\/notification\/polling\/h0101 HTTP\/1\.1\r\n/);
    expect(requests[0]).toMatch(/\r\nX-Request-Signature: AC96\r\n/i);
    const read = received.map((text) => JSON.parse(text));
    expect(read.slice(0, 3)).toEqual([
      { messageType: 'runApp', payload: { pkg: 'com.android.chrome', extra: { k: 'v "q"', n: 1 } } },
      { messageType: 'reboot' },
      { messageType: 'textMessage', payload: { id: 1, text: 'Hello "Ünïcode" \n line2' } },
    ]);
    expect(read).toHaveLength(4);
    expect(log.lines.map(({ values }) => values['status'])).toEqual([404, 403]);
  });
});
