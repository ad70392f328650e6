// Whatever arrives at the Windows endpoints is refused in the protocol's own words, and nothing stored is lost.
import { describe, expect, it } from 'vitest';
import { encodeDiscover } from '../../../protocol/mde2/discover.js';
import { encodeGetPolicies } from '../../../protocol/mde2/policies.js';
import { randomOf, seed, wound } from '../../fuzz/law.js';
import { openStub, type Reply, type Stub, user1, user2 } from '../ios/stub.js';
import { answersTo, enrolledClient, faultOf, passwordOf, paths, soap, type WindowsClient } from './client.js';

const lolz = Array.from({ length: 10 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('');
const mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Bodies of every bad kind, made of a good one. */
const bodies: readonly (readonly [what: string, make: (good: Buffer) => Buffer | string])[] = [
  ['nothing', () => ''],
  ['text', () => 'hello'],
  ['a page', () => '<!DOCTYPE html><html><body>hello</body></html>'],
  ['a byte order mark', (good) => Buffer.concat([mark, good])],
  ['half of it', (good) => good.subarray(0, good.length >> 1)],
  ['all but its last element’s end', (good) => good.subarray(0, good.length - 3)],
  ['a document type', (good) => `<!DOCTYPE x>${good}`],
  ['entities that grow tenfold ten times', (good) => `<!DOCTYPE x [<!ENTITY e0 "lol">${lolz}]>${good}`],
  ['an entity of a file', (good) => `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>${good}`],
  ['an unbound prefix', (good) => String(good).replace(/<(\/?)(?:s:Body|SyncBody)/g, '<$1q:Body')],
  ['100 000 elements deep', () => '<a>'.repeat(100_000)],
  ['50 000 attributes', () => `<a ${Array.from({ length: 50_000 }, (_, i) => `a${i}=""`).join(' ')}/>`],
  [
    'octets that are no text',
    (good) => Buffer.concat([good.subarray(0, 200), Buffer.from([0xff, 0xfe]), good.subarray(200)]),
  ],
  ['another document', () => '<plist version="1.0"><dict/></plist>'],
  ['two roots', (good) => `${good}<a/>`],
];

const stored = ({ authority: { tenant, counters } }: Stub) => [
  tenant.devices(),
  tenant.devices().map(({ deviceId }) => tenant.commands(deviceId)),
  counters.certificates,
];

async function open() {
  const stub = await openStub();
  const client = await enrolledClient(stub, user1);
  stub.authority.tenant.queue(client.deviceId, { kind: 'lock' });
  stub.lines();
  return { stub, client };
}

/** A good message of each enrollment service. */
const services = (client: WindowsClient): readonly (readonly [path: string, good: Buffer])[] => [
  [
    paths.discovery,
    encodeDiscover({
      to: 'x',
      emailAddress: user2,
      requestVersion: '5.0',
      applicationVersion: '10.0',
      authPolicies: [],
    }),
  ],
  [paths.policy, encodeGetPolicies({ to: 'x', credential: passwordOf(user2) })],
  [paths.enrollment, client.request(passwordOf(user1))],
];

describe('bad bodies', () => {
  it('at the enrollment services are faults of the message’s format, each with one line in the log', async () => {
    const { stub, client } = await open();
    const before = stored(stub);
    for (const [path, good] of services(client)) {
      for (const [what, make] of bodies) {
        const reply = await stub.send(path, soap(make(good)));
        expect([path, what, reply.status, faultOf(reply)?.subcode]).toEqual([path, what, 200, 'MessageFormat']);
        expect([what, stub.lines().map(({ level }) => level)]).toEqual([what, [40]]);
      }
      const other = services(client).find(([each]) => each !== path)?.[1] ?? '';
      expect(faultOf(await stub.send(path, soap(other)))?.subcode).toBe('MessageFormat');
      expect(stub.lines()).toHaveLength(1);
    }
    expect(stored(stub)).toEqual(before);
  });

  it('at the management endpoint are 400, each with one line in the log, and a session goes on through them', async () => {
    const { stub, client } = await open();
    const good = client.message(1, client.packageOne());
    const before = stored(stub);
    for (const [what, make] of bodies) {
      expect([what, (await client.say(make(good))).status]).toEqual([what, 400]);
      expect([what, stub.lines().map(({ level }) => level)]).toEqual([what, [40]]);
    }
    expect(stored(stub)).toEqual(before);
    expect((await client.session()).commands).toHaveLength(1);
  });
});

it('damaged messages by the thousand are no bug of ours, and change nothing of other devices', async () => {
  const { stub, client } = await open();
  const victim = await enrolledClient(stub, user2);
  const before = stub.authority.tenant.device(victim.deviceId);
  const random = randomOf(seed);
  const words = ['<', '</', '<![CDATA[', '&#0;', ' xmlns=""', '0', '<s:Fault>', victim.deviceId].map((word) =>
    Buffer.from(word),
  );
  const first = client.message(1, client.packageOne());
  const get = [{ verb: 'Get', cmdId: '5', items: [{ target: './A' }] } as const];
  const answers = client.message(
    2,
    answersTo(get, '1', () => ({ code: '200', results: { './A': 'b' } })),
  );
  const others = [...services(client).map(([, good]) => good), first, answers];
  const seen = new Map<string, number>();
  const note = (what: string, { status }: Reply) => {
    expect(status).toBeLessThan(500);
    seen.set(`${what} ${status}`, (seen.get(`${what} ${status}`) ?? 0) + 1);
  };
  for (let round = 0; round < 120; round++) {
    for (const [path, good] of services(client)) {
      note('soap', await stub.send(path, soap(wound(good, { others, words, random }))));
    }
    if (stub.authority.tenant.device(client.deviceId) === undefined) await client.enroll(passwordOf(user1));
    note('first', await client.say(wound(first, { others, words, random })));
    note('second', await client.say(wound(answers, { others, words, random })));
  }
  expect(stub.lines().filter(({ event, level }) => event === 'BUG' || level >= 50)).toEqual([]);
  expect(seen.get('soap 200') ?? 0).toBeGreaterThan(300);
  for (const what of ['first 400', 'second 400']) expect(seen.get(what) ?? 0).toBeGreaterThan(30);
  expect(stub.authority.tenant.device(victim.deviceId)).toEqual(before);
  expect((await victim.session()).isDisowned).toBe(false);
});
