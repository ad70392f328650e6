// What a real server answered to recorded requests, beside what the stub answers to the same requests.
import { expect, it } from 'vitest';
import { recordings, replyOf, requestOf } from '../../protocol/headwind/recordings.js';
import { describeWithFixtures } from '../../support/shared.js';
import { type AndroidStub, type Answered, configurationPath, openAndroid, sendInfo } from './stub.js';

/** Where the stub is another kind of server than the recorded one, and says so. */
const otherwise: Readonly<Record<string, string>> = {
  'qr-03-png': 'nothing draws a QR code: the answer is that of a configuration without a main app (qr-07)',
  'reset-01-404': 'the stub has the Enterprise edition’s devicereset',
  'plugins-01-registered': 'a route of the web panel',
  'file-01-signed': 'files lie at addresses that are made of their content',
  'file-03-template': 'files lie at addresses that are made of their content',
  'custom-01-sent':
    'the server’s regular expressions fail at a `$` of a property; the stub has no variables of the server',
};

/** Bodies that are the same in content and not in every octet. */
const otherData: Readonly<Record<string, string>> = {
  'log-01-rules': 'one rule more, for the companion app (by convention)',
  'qr-01-json-create': 'another configuration; the port of MQTT (by convention) in the place of other extras',
  'qr-02-json-useid': 'as before',
  'qr-08-json-groups': 'as before',
  'ctx-01-qr-json': 'as before',
};

interface Stage {
  readonly stub: AndroidStub;
  readonly create: (number: string) => Promise<void>;
}

/** What an administrator or the device did before the recorded request. */
const before: Readonly<Record<string, (stage: Stage) => unknown>> = {
  'sync-05-seed-device': ({ create }) => create('h0001'),
  'poll-03-flush-queue': async ({ stub }) => {
    // the messages of the recordings until here had been taken by MQTT and by a poll
    await stub.call('GET', '/rest/notifications/device/h0101', { signed: false });
    soon(stub, () => stub.clock.advance(60_000));
  },
  'poll-04-live-push': ({ stub }) => soon(stub, () => stub.android.push('h0101', { messageType: 'configUpdated' })),
  'poll-05-batch': ({ stub }) => {
    stub.android.push('h0101', {
      messageType: 'runApp',
      payload: '{"pkg":"com.android.chrome","extra":{"k":"v \\"q\\"","n":1}}',
    });
    stub.android.push('h0101', { messageType: 'reboot' });
    stub.android.push('h0101', { messageType: 'textMessage', payload: '{id:1,text:"Hello \\"Ünïcode\\" \n line2"}' });
  },
  'poll-06-timeout': ({ stub }) => soon(stub, () => stub.clock.advance(60_000)),
  'legacy-02-message': ({ stub }) => stub.android.push('h0101', { messageType: 'configUpdated' }),
  'rename-01-before': async ({ stub, create }) => {
    await create('r0001');
    await sendInfo(stub, 'r0001', { imei: '490154203237518' });
  },
  'rename-03-sync-old-number': ({ stub }) => stub.android.renumber('r0001', 'r0002'),
  'move-01-newServerUrl': async ({ stub, create }) => {
    await create('mv001');
    stub.android.configure({ newServerUrl: 'http://127.0.0.1:17081/hmdm', pushOptions: 'polling' });
  },
  'vars-01-server-side': async ({ stub, create }) => {
    stub.android.configure({ newServerUrl: undefined, pushOptions: 'mqttAlarm' });
    await create('var01');
  },
  'demand-01-get-creates': ({ stub }) => stub.android.configure({ createOnDemand: true }),
  'del-03-get-after-delete': ({ stub }) => {
    stub.android.configure({ createOnDemand: false });
    stub.authority.tenant.unenroll('auto01', 'deleted');
  },
  'sig-04-non-ascii-bmp': ({ create }) => create('uni01'),
  'ctx-02-sync': ({ create }) => create('h0001'),
  'ctx-03-poll-path-with-slash': async ({ stub }) => {
    await stub.call('GET', '/hmdm/rest/notifications/device/h0001', { signed: false });
    soon(stub, () => stub.clock.advance(5_000));
  },
  'move-03-trial-ok': ({ stub }) => stub.android.configure({ createOnDemand: true }),
};

/** Once a poll is held. */
function soon(stub: AndroidStub, act: () => unknown): void {
  const look = (): void => {
    if (stub.android.polls() > 0) act();
    else setImmediate(look);
  };
  look();
}

interface Compared {
  readonly status: number;
  readonly type: string;
  readonly envelope: unknown;
  readonly headers: readonly string[];
  readonly body: string;
}

const kept = ['x-ip-address', 'x-response-signature', 'access-control-allow-origin', 'content-language'];

function compared(status: number, headers: ReadonlyMap<string, string>, body: string): Compared {
  const type = headers.get('content-type') ?? '';
  let envelope: unknown;
  if (type === 'application/json' && body.startsWith('{"status"')) {
    const { status: word, message, data } = JSON.parse(body);
    envelope = { status: word, message, data: data === null ? null : Array.isArray(data) ? 'list' : typeof data };
  }
  const names = kept.filter((name) => headers.has(name));
  return { status, type, envelope, headers: names, body: body.length < 300 && type.includes('json') ? body : '' };
}

const ofStub = ({ status, headers, text }: Answered): Compared =>
  compared(status, new Map(Object.entries(headers)), text);

/** The configuration has another id here, and another QR key. */
const here = (text: string): string =>
  text
    .replace('"configuration":"4"', '"configuration":"1"')
    .replace(/\/qr\/json\/[0-9a-f]{32}/, '/qr/json/default')
    .replace(/\/qr\/[0-9a-f]{32}/, '/qr/default');

async function replayed(name: string, dir: string, stub: AndroidStub): Promise<Compared> {
  const { start, headers, body } = requestOf({ dir, name });
  const [method = '', path = ''] = start.split(' ');
  const type = headers.get('content-type');
  const answer = await stub.call(method, here(path), {
    ...(body.length > 0 && { body: here(body.toString('utf8')) }),
    ...(type !== undefined && { type }),
    headers: Object.fromEntries(headers),
    signed: false,
  });
  return ofStub(answer);
}

const isPlain = (name: string): boolean => !name.startsWith('admin-');

describeWithFixtures('the stub beside a real server', () => {
  for (const [dir, android] of [
    ['rest', {}],
    ['ctx-hmdm', { contextPath: '/hmdm', preventDuplicate: true, pollTimeoutMs: 5_000 }],
  ] as const) {
    it(`answers the requests recorded in ${dir} as it did: status, type, headers, envelope`, async () => {
      const stub = await openAndroid({ android });
      const prefix = 'contextPath' in android ? android.contextPath : '';
      const create = async (number: string) => {
        const body = { configuration: '1', groups: null };
        await stub.call('POST', prefix + configurationPath(number), { body });
      };
      let count = 0;
      for (const { name } of recordings().filter((each) => each.dir === dir && isPlain(each.name))) {
        await before[name]?.({ stub, create });
        const found = await replayed(name, dir, stub);
        if (name in otherwise) continue;
        const { start, headers, body } = replyOf({ dir, name });
        const real = compared(Number(start.split(' ')[1]), headers, body.toString('utf8'));
        const equal = name in otherData ? { ...real, body: found.body, envelope: found.envelope } : real;
        expect({ name, ...found }).toEqual({ name, ...equal });
        count++;
      }
      expect(count).toBeGreaterThan(dir === 'rest' ? 45 : 10);
    });
  }
});
