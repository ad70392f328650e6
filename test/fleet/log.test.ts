import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import type { LogEvent } from '../../fleet/log/events.js';
import { type LogBounds, readLog } from '../../fleet/log/reader.js';
import { openLog } from '../../fleet/log/writer.js';
import { begun, ended, passed, samplePlan, sampleRun } from './sample-run.js';

const fileOf = (name = 'run.ndjson.gz') => join(mkdtempSync(join(tmpdir(), 'log-')), name);

async function written(events: readonly LogEvent[]): Promise<string> {
  const file = fileOf();
  const log = openLog(file, { clock: manualClock() });
  for (const event of events) log.write(event);
  await log.close();
  expect(log.problem).toBeUndefined();
  return file;
}

async function read(file: string, bounds?: LogBounds): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for await (const event of readLog(file, bounds)) events.push(event);
  return events;
}

const packed = (lines: readonly unknown[]): string => {
  const file = fileOf();
  writeFileSync(file, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  return file;
};

describe('the log of a run', () => {
  it('gives back the events that were written, in their order, packed or as plain lines', async () => {
    const events = sampleRun();
    const file = await written(events);
    expect(await read(file)).toEqual(events);
    const plain = fileOf('run.ndjson');
    writeFileSync(plain, gunzipSync(readFileSync(file)));
    expect(await read(plain)).toEqual(events);
  });

  it('lies with the system a second after it was written, as a member of its own', async () => {
    const clock = manualClock();
    const file = fileOf();
    const log = openLog(file, { clock });
    log.write(begun);
    expect(readFileSync(file)).toHaveLength(0);
    await clock.advance(1000);
    await log.flush();
    const first = readFileSync(file).length;
    expect(await read(file)).toEqual([begun]);
    log.write(ended);
    await log.close();
    expect(gunzipSync(readFileSync(file).subarray(first)).toString()).toBe(`${JSON.stringify(ended)}\n`);
    expect(clock.pending).toBe(0);
  });

  it('replaces the one that was there', async () => {
    const file = await written(sampleRun());
    const log = openLog(file, { clock: manualClock() });
    expect(readFileSync(file)).toHaveLength(0);
    await log.close();
  });

  it('holds nobody of a users’ file', async () => {
    const rows = [{ user: 'ada', password: 'swordfish', values: {} }];
    const users = { rows, file: 'people.csv' } as unknown as typeof samplePlan.users;
    const [event] = await read(await written([{ ...begun, plan: { ...samplePlan, users } } as LogEvent]));
    expect(event).toMatchObject({ plan: { users: { rows: [], file: 'people.csv' } } });
  });

  it('that is cut anywhere ends with its last whole line', async () => {
    const events = sampleRun();
    const file = fileOf();
    const log = openLog(file, { clock: manualClock() });
    const members: { readonly end: number; readonly events: number }[] = [];
    for (const [at, event] of events.entries()) {
      log.write(event);
      await log.flush();
      members.push({ end: readFileSync(file).length, events: at + 1 });
    }
    await log.close();
    const whole = readFileSync(file);
    for (let length = whole.length; length > (members[0]?.end ?? 0); length -= 37) {
      truncateSync(file, length);
      const left = await read(file);
      const least = members.filter(({ end }) => end <= length).at(-1)?.events ?? 0;
      expect(left.length).toBeGreaterThanOrEqual(least);
      expect(left).toEqual(events.slice(0, left.length));
    }
  });

  it('is told once when it cannot be written, and throws nothing', async () => {
    const problems: string[] = [];
    const file = fileOf();
    const log = openLog(file, { clock: manualClock(), onProblem: ({ message }) => problems.push(message) });
    rmSync(file);
    log.write(begun);
    await log.flush();
    log.write(ended);
    await log.flush();
    await log.close();
    expect(problems).toEqual([expect.stringContaining('ENOENT')]);
    expect(log.problem?.message).toBe(problems[0]);
  });
});

describe('a log that is none', () => {
  const refused = (file: string, why: RegExp, bounds?: LogBounds) =>
    expect(read(file, bounds)).rejects.toMatchObject({ code: 'LOG_INVALID', message: expect.stringMatching(why) });

  it('is refused with what is wrong: damaged bytes, other bytes, nothing', async () => {
    const file = await written(sampleRun());
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    flipped[200] = (flipped[200] ?? 0) ^ 0xff;
    writeFileSync(file, flipped);
    await refused(file, /is damaged: /);
    writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(4096)]));
    await refused(file, /damaged: what follows its byte \d+ is no part of a log/);
    writeFileSync(file, 'PK\u0003\u0004 something else\n');
    await refused(file, /line 1 is not JSON/);
    writeFileSync(file, '');
    await refused(file, /holds no event/);
  });

  it('is refused with the line and what is wrong in it', async () => {
    await refused(packed([ended]), /line 1 is not the beginning/);
    await refused(packed([{ ...begun, v: 2 }]), /line 1 \(run\): v: is of another version/);
    await refused(packed([begun, { type: 'constructor' }]), /line 2 is no event/);
    await refused(packed([begun, [1]]), /line 2 is no event/);
    await refused(packed([begun, begun]), /line 2 begins another run/);
    await refused(packed([begun, ended, ended]), /line 3 comes after the end/);
    await refused(packed([begun, { ...ended, keys: 'many' }]), /line 2 \(end\): keys: /);
    const withDelta = (change: object) =>
      packed([begun, { type: 'delta', shard: 0, seq: 1, delta: { ...passed('enroll', { ios: 1 }, 1), ...change } }]);
    await refused(withDelta({ counters: { 'a||': { passed: '1' } } }), /counters are no numbers/);
    await refused(withDelta({ samples: { 'a||': { response: [[-1, 1]] } } }), /samples are no times/);
    await refused(withDelta({ samples: { 'a||': { response: [[1, 1, 1]] } } }), /samples are no times/);
    await refused(withDelta({ words: { a: 1 } }), /words are no words/);
    await refused(withDelta({ maxima: [] }), /maxima are no numbers/);
  });

  it('is refused beyond its bounds, before more is kept', async () => {
    const file = await written(sampleRun());
    await refused(file, /a line of more than 100 bytes|more than 2000 bytes/, { maxLineBytes: 100, maxBytes: 2000 });
    const bomb = fileOf();
    writeFileSync(bomb, gzipSync(Buffer.alloc(20_000_000, 0x20)));
    await refused(bomb, /a line of more than 1000000 bytes/, { maxLineBytes: 1_000_000, maxBytes: 1e12 });
    const many = Object.fromEntries(Array.from({ length: 200_001 }, (_, at) => [`step${at}||`, { passed: 1 }]));
    await refused(
      packed([begun, { type: 'delta', shard: 0, seq: 1, delta: passed('x', {}, 1, { counters: many }) }]),
      /more than 200000 names/,
    );
  });

  it('that is not there is a mistake on the command line', async () => {
    await expect(read('/nowhere/run.ndjson.gz')).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
    const file = await written([begun]);
    await expect(read(join(file, '..'))).resolves.toEqual([begun]);
  });
});
