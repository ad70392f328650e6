// Damaged replies of a Headwind server, through whole sessions: each ends, with an error of ours at worst, and what was stored stays.
import { expect, it } from 'vitest';
import { seededRandom } from '../../agent/io/random.js';
import { applyCommand, newDevice } from '../../agent/model/apply-command.js';
import type { Keys, Ports } from '../../agent/model/ports.js';
import type { DeviceState } from '../../agent/model/state.js';
import { android } from '../../agent/platform/android/driver.js';
import { type AndroidData, readAndroidData } from '../../agent/platform/android/saved.js';
import type { Apply, Link } from '../../agent/platform/driver.js';
import { manualClock } from '../../base/clock.js';
import { RollcallError } from '../../base/errors.js';
import { silentLog } from '../../base/log.js';
import { signed, startedAt } from '../agent/platform/android/stage.js';
import { type ScriptedAnswer, scriptedHttp } from '../support/scripted-http.js';
import { describeWithFixtures, fixture, fixtureNames } from '../support/shared.js';
import { inputsPerCodec, type Random, randomOf, seed, wound } from './law.js';

const words = [
  '"data":',
  '"newNumber":"h0102"',
  '"newServerUrl":"http://two.test"',
  '"factoryReset":true',
  '"reboot":true',
  '"passwordReset":""',
  '"pushOptions":null',
  '"files":[{"path":"//a","url":"http://x/files/a"}]',
  '__proto__',
  'null',
  '\\u0000',
  '-1e999',
  '../',
].map((text) => Buffer.from(text));

const bodyOf = (name: string): Buffer => {
  const whole = fixture(`android/rest/${name}`);
  return whole.subarray(whole.indexOf('\r\n\r\n') + 4);
};

const noKeys: Keys = {
  take: () => Promise.reject(new Error('no key is asked for')),
  open: () => {
    throw new Error('no key is asked for');
  },
  adopt: () => {
    throw new Error('no key is asked for');
  },
};

/** A device whose server answers everything with what is put into `next`. */
function openDevice() {
  const next: { answer: () => ScriptedAnswer } = { answer: () => undefined };
  const ports: Ports = {
    clock: manualClock(startedAt),
    log: silentLog,
    http: scriptedHttp(() => next.answer()),
    keys: noKeys,
    random: seededRandom('android fuzz', 1),
  };
  // as it is distributed: damaged data would be dropped by its signature
  const facts = android.describe(ports.random, { id: 'h0101' });
  const view: { state: DeviceState } = {
    state: newDevice({ ...facts, native: { ...facts.native, CheckSignature: false } }, 50),
  };
  const device = {
    get state() {
      return view.state;
    },
    lenient: new Set<never>(),
    tell: () => {},
  };
  const apply: Apply = async (command) => {
    const applied = applyCommand(view.state, command, 'fuzz', ports.clock.now());
    view.state = applied.state;
    return applied.outcome;
  };
  return { next, apply, driver: android.create(device, ports) };
}

describeWithFixtures('an Android device whose server’s replies are damaged', () => {
  it(`holds its sessions to their end: ${inputsPerCodec} replies`, async () => {
    const random: Random = randomOf(seed);
    const bodies = fixtureNames('android/rest')
      .filter((name) => name.endsWith('.res.http'))
      .map(bodyOf);
    const configurations = bodies.filter((body) => body.includes('"pushOptions"'));
    const { next, apply, driver } = openDevice();
    const signal = new AbortController().signal;
    let link: Link | undefined;
    let damaged = 0;
    let taken = 0;
    let sessions = 0;
    const depth = Error.stackTraceLimit;
    if (process.env['FUZZ_SEED'] === undefined) Error.stackTraceLimit = 0;
    try {
      while (damaged < inputsPerCodec) {
        next.answer = () => signed({ pushOptions: 'mqttAlarm' });
        link ??= await driver.enroll({ authority: 'fuzz', url: 'http://mdm.test' }, apply, signal);
        const stored = link.saved;
        let first = true;
        next.answer = () => {
          damaged++;
          const source = first ? configurations : bodies;
          first = false;
          const original = source[random(source.length)] ?? Buffer.alloc(0);
          return { status: random(20) === 0 ? 500 : 200, body: wound(original, { others: bodies, words, random }) };
        };
        try {
          const { left } = await link.checkIn({ reason: 'by-hand', apply, signal });
          taken++;
          if (left !== undefined) link = undefined;
        } catch (error) {
          if (!(error instanceof RollcallError)) throw error;
          if (error.code === 'CHECKIN_REFUSED') link = undefined;
        }
        if (link === undefined) continue;
        const data = link.saved.data as AndroidData; // what it is now can be stored, or this throws
        expect(data.secret).toBe((stored.data as AndroidData).secret);
        if (sessions++ % 50 === 0) readAndroidData(JSON.parse(JSON.stringify(data), revived));
        if (data.baseUrl !== 'http://mdm.test') link = undefined; // a damaged address may lead anywhere: back to the start
      }
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}, after ${damaged} replies`, { cause: error });
    } finally {
      Error.stackTraceLimit = depth;
    }
    expect(taken).toBeGreaterThan(0);
  });
});

/** Bytes as JSON has them. */
const revived = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value
    ? Buffer.from(value.data as number[])
    : value;
