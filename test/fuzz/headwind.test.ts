import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { RollcallError } from '../../base/errors.js';
import { isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { readConfiguration, writeConfiguration } from '../../protocol/headwind/configuration.js';
import { readDynamicInfo, writeDynamicInfo } from '../../protocol/headwind/dynamic-info.js';
import { readEnrollment, writeEnrollment } from '../../protocol/headwind/enrollment.js';
import { readReply, writeReply } from '../../protocol/headwind/envelope.js';
import { readProvisioning } from '../../protocol/headwind/extras.js';
import { readInfo, writeInfo } from '../../protocol/headwind/info.js';
import { readJackson, writeJackson } from '../../protocol/headwind/jackson.js';
import { readLogItems, readLogRules, writeLogItems, writeLogRules } from '../../protocol/headwind/logs.js';
import { printMqttPacket } from '../../protocol/headwind/mqtt-printer.js';
import { orgLimits, readOrgObject } from '../../protocol/headwind/org-json.js';
import { orgText, plainObject } from '../../protocol/headwind/org-text.js';
import { readPollReply, writePollReply } from '../../protocol/headwind/polling.js';
import { pushTextOf, readPushText } from '../../protocol/headwind/push-text.js';
import { judgeResponse } from '../../protocol/headwind/signature.js';
import type { HeadwindConfiguration } from '../../protocol/headwind/types.js';
import { writeExtras, writeProvisioning } from '../../protocol/headwind/write-extras.js';
import { computedMs } from '../support/computed.js';
import { fixture, hasFixtures } from '../support/shared.js';
import { inputsPerCodec, keepsLittle, type Random, randomOf, seed, wound } from './law.js';

const slowestMs = 2_000;

const configuration: HeadwindConfiguration = {
  ...{
    newNumber: 'h2',
    newServerUrl: 'https://a/b',
    keepaliveTime: 300,
    kioskMode: true,
    factoryReset: true,
    custom1: 'é😀',
  },
  applications: [{ id: 1, pkg: 'a.b', code: 7, name: null, runAtBoot: true }],
  applicationSettings: [
    { packageId: 'a', name: 'managedConfig', type: 1, value: '{"a":{"b":[1,"x"]}}', lastUpdate: 5 },
  ],
  files: [{ path: '//x', url: 'https://a/files/x', lastUpdate: 7, remove: true }],
  rest: { iconSize: '100', other: [{ a: null }] },
};

const replies = (): readonly Buffer[] => [
  writeReply(writeConfiguration(configuration)),
  writePollReply([{ messageType: 'runApp', payload: '{pkg:"a"}' }, { messageType: 'reboot' }]),
  writeLogRules([{ packageId: 'a', logLevel: 3, filter: 'x' }]),
  ...(hasFixtures() ? [fixture('android/rest/sync-01-get.res.http')] : []).map((bytes) =>
    bytes.subarray(bytes.indexOf('{"status"')),
  ),
];
const bodies = (): readonly Buffer[] => [
  writeEnrollment({ customer: null, configuration: '4', groups: ['1', '2'] }),
  writeInfo({
    deviceId: 'h1',
    permissions: [1],
    applications: [{ pkg: 'a' }],
    files: [{ path: 'x' }],
    location: { ts: 1, lat: 2, lon: 3 },
  }),
  writeLogItems([{ timestamp: 5, logLevel: 3, packageId: 'p', message: 'm' }]),
  writeDynamicInfo([{ ts: 5, device: { wifi: true }, gps: { lat: 1.5 } }]),
];
const texts = (): readonly Buffer[] =>
  [
    '{messageType: "runApp", payload: {"pkg":"a","extra":{"k":"v \\"q\\"","n":1}}}',
    "{messageType=>x;payload={a:[1,,2.5;0x1F,017,1e5,NaN,],'b':null}} trailing",
    '{/* c */messageType: 5, payload: {id:9223372036854775808, t:TRUE} # x\n}',
    writeExtras({ deviceId: 'h1', baseUrl: 'https://a', project: 'p', groups: ['1'], adminExtras: '"a":1' }),
    writeProvisioning({
      ...{ baseUrl: 'https://a', project: '', component: 'a/b', downloadUrl: 'https://a/x', checksum: 'c' },
      wifi: { ssid: 's', password: 'p' },
    }),
  ].map((text) => Buffer.from(text));

// biome-ignore format: a table
const words = [
  '{', '}', '[', ']', ':', ',', ';', '=', '=>', '"', "'", '\\', '\\u0041', '\\u-001', '/*', '*/', '//', '#', '\n', 'null', 'NULL', 'true', '0x', '017', '1e999', 'NaN', '-0', '9223372036854775808',
  '"data":', '"status":"OK"', '"messageType":', '"payload":"{a:1}"', '"__proto__":{"a":1},', 'constructor:1,', '"code":"x"', '"remove":1', '{}', '[]', '\ufeff', '\0', '\u2028', 'é', '😀', '[[[[[[[[', '{a:{a:{a:',
].map((text) => Buffer.from(text));

/** What `read` makes of it; undefined where it refuses by an error of ours, in a time that is no hang. */
function attempt<T>(read: () => T, bytes: Uint8Array): T | undefined {
  const told = (): string => `FUZZ_SEED=${seed}: ${Buffer.from(bytes).toString('base64').slice(0, 6_000)}`;
  const begun = computedMs();
  try {
    return read();
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'HEADWIND_MALFORMED') return undefined;
    throw new Error(`a foreign error: ${told()}`, { cause: error });
  } finally {
    const ms = computedMs() - begun;
    if (ms > slowestMs) expect.fail(`${ms} ms for ${told()}`);
  }
}

/** Gives wounded copies to `check`, which says whether one was read. */
function survive(originals: readonly Buffer[], check: (bytes: Buffer, random: Random) => boolean): void {
  let accepted = 0;
  const random = randomOf(seed);
  keepsLittle(() => {
    for (let at = 0; at < inputsPerCodec; at++) {
      const bytes = wound(originals[at % originals.length] ?? Buffer.alloc(0), { others: originals, words, random });
      if (check(bytes, random)) accepted++;
    }
  });
  expect(accepted, `FUZZ_SEED=${seed}`).toBeGreaterThan(inputsPerCodec / 20);
}

/** Quicker than `toEqual`, which says what differs. */
function same(given: unknown, expected: unknown, bytes: Uint8Array): void {
  if (isDeepStrictEqual(given, expected)) return;
  expect(given, `FUZZ_SEED=${seed}: ${Buffer.from(bytes).toString('base64')}`).toStrictEqual(expected);
}

const again = (data: JsonObject): JsonValue => readJackson(writeJackson(data), 'again');

it('damaged replies are refused by an error of ours, or are what is written and read as the same', () => {
  survive(replies(), (bytes) => {
    const reply = attempt(() => readReply(bytes), bytes);
    attempt(() => judgeResponse('s', reply?.dataText ?? '', 'x'), bytes);
    const rules = attempt(() => readLogRules(bytes), bytes);
    if (rules !== undefined) same(readLogRules(writeLogRules(rules)), rules, bytes);
    const polled = attempt(() => readPollReply(bytes), bytes);
    if (polled !== undefined) same(readPollReply(writePollReply(polled)), polled, bytes);
    if (!isObject(reply?.data)) return reply !== undefined;
    const { data } = reply;
    const read = attempt(() => readConfiguration(data), bytes);
    if (read === undefined) return true;
    const written = writeConfiguration(read);
    same(writeConfiguration(readConfiguration(again(written) as JsonObject)), written, bytes);
    return true;
  });
});

it('damaged bodies are refused by an error of ours, or are what is written and read as the same', () => {
  survive(bodies(), (bytes) => {
    const enrollment = attempt(() => readEnrollment(bytes), bytes);
    if (enrollment !== undefined) same(readEnrollment(writeEnrollment(enrollment)), enrollment, bytes);
    const info = attempt(() => readInfo(bytes), bytes);
    if (info !== undefined) {
      const once = readInfo(writeInfo(info));
      same(readInfo(writeInfo(once)), once, bytes);
    }
    const items = attempt(() => readLogItems(bytes), bytes);
    if (items !== undefined) same(readLogItems(writeLogItems(items)), items, bytes);
    const records = attempt(() => readDynamicInfo(bytes), bytes);
    if (records !== undefined) same(readDynamicInfo(writeDynamicInfo(records)), records, bytes);
    return [enrollment, info, items, records].some((read) => read !== undefined);
  });
});

it('damaged texts of pushes and QR codes are refused, or are what is written and read as the same', () => {
  survive(texts(), (bytes) => {
    const text = bytes.toString('utf8');
    const object = attempt(() => readOrgObject(text), bytes);
    attempt(() => readProvisioning(text), bytes);
    const push = attempt(() => readPushText(text), bytes);
    if (push !== undefined && !hasNoWord(push.payload)) same(readPushText(pushTextOf(push)), push, bytes);
    if (object === undefined) return false;
    const written = orgText(object);
    // Doubles without a fraction are written as whole numbers: what was read is the same by its value.
    if (written !== undefined) same(plainObject(readOrgObject(written)), plainObject(object), bytes);
    return true;
  });
});

/** A number in a list that JSON has no word for. */
const hasNoWord = (value: unknown): boolean =>
  typeof value === 'number'
    ? !Number.isFinite(value) || Object.is(value, -0)
    : typeof value === 'object' && value !== null && Object.values(value).some(hasNoWord);

it('whatever JSON.parse reads as an object, the reader of org.json reads to the same', () => {
  const random = randomOf(seed);
  let objects = 0;
  for (let at = 0; at < inputsPerCodec; at++) {
    const bytes = wound(Buffer.from(JSON.stringify(anyObject(random, 0))), { others: replies(), words: [], random });
    const text = random(3) === 0 ? bytes.toString('utf8') : JSON.stringify(anyObject(random, 0), null, random(3));
    const value = parsed(text);
    if (value === undefined || !isObject(value)) continue;
    objects++;
    // What is right to differ: no JSON of Android's is that deep, and none has a number beyond the doubles in an object.
    const read = attempt(() => readOrgObject(text), Buffer.from(text));
    if (read === undefined) {
      expect(depthOf(value) > orgLimits.maxDepth || /\d[eE]\+?\d{3}|\d{309}/.test(text), JSON.stringify(text)).toBe(
        true,
      );
      continue;
    }
    same(JSON.parse(JSON.stringify(plainObject(read))), JSON.parse(JSON.stringify(value)), Buffer.from(text));
  }
  expect(objects).toBeGreaterThan(inputsPerCodec / 2);
});

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const depthOf = (value: JsonValue): number =>
  typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));

// biome-ignore format: a table
const scalars: readonly JsonValue[] = [
  null, true, false, 0, -1, 1.5, 1e21, 1e-7, 5e-324, -0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 123_456_789_012, '', 'a', 'null', '0x1F', '\u0000\n\\"/\'', 'é😀\ud800', '\u2028', '//', '#', '/*', 'NaN',
];
const names = ['a', 'b', '', 'null', 'true', '1', '#', '/*', "'", 'é', '\u0001', '__proto__', 'messageType'];

function anyObject(random: Random, depth: number): JsonObject {
  const object: JsonObject = Object.create(null);
  for (let members = random(4); members > 0; members--)
    object[names[random(names.length)] ?? ''] = anyValue(random, depth + 1);
  return object;
}

function anyValue(random: Random, depth: number): JsonValue {
  const kind = depth > 5 ? 2 : random(6);
  if (kind === 0) return anyObject(random, depth);
  if (kind === 1) return Array.from({ length: random(4) }, () => anyValue(random, depth + 1));
  return scalars[random(scalars.length)] ?? null;
}

it('damaged packets of MQTT are shown on one line', () => {
  const packets = [
    '104100044d51545404c0003c000568303130310004686d646d00023434',
    '34120002683100017b6d657373616765547970653a31',
    '820ab93a0005683031303102',
    '9003b93a02',
    'e000',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const random = randomOf(seed);
  for (let at = 0; at < inputsPerCodec; at++) {
    const bytes = wound(packets[at % packets.length] ?? Buffer.alloc(0), { others: packets, words, random });
    const line = printMqttPacket(bytes);
    expect(line.length).toBeLessThan(20_000);
    if (/\p{Cc}/u.test(line)) expect.fail(`FUZZ_SEED=${seed}: ${bytes.toString('hex')}`);
  }
});
