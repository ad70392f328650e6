import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { prepareArtefacts } from '../../fleet/report/artefacts.js';
import { showReport } from '../../fleet/report/command.js';
import { asBefore, failedBefore } from '../../fleet/report/only-failed.js';
import { Summarizer } from '../../fleet/report/summarize.js';
import { readScenario } from '../../fleet/scenario/read.js';
import { sampleFailure, sampleRun } from './sample-run.js';

const clock = manualClock();
const folder = () => mkdtempSync(join(tmpdir(), 'report-'));

async function aRun(events = sampleRun()): Promise<string> {
  const out = folder();
  const artefacts = prepareArtefacts({ out, clock });
  const summarizer = new Summarizer();
  for (const event of events) {
    artefacts.hear(event);
    summarizer.add(event);
  }
  const summary = summarizer.summary();
  if (summary !== undefined) await artefacts.finish(summary);
  return out;
}

const pipe = () => {
  const written: string[] = [];
  return { written, write: (text: string) => void written.push(text) };
};

describe('fleet report', () => {
  it('makes from the log all that the run made', async () => {
    const out = await aRun();
    const again = folder();
    const output = pipe();
    expect(await showReport({ log: out, out: again, json: false }, output)).toBe(0);
    const names = ['failed.csv', 'junit.xml', 'summary.json'];
    expect(readdirSync(again).sort()).toEqual(names);
    for (const name of names)
      expect(readFileSync(join(again, name), 'utf8')).toBe(readFileSync(join(out, name), 'utf8'));
    expect(output.written.join('')).toMatch(/^step +count/);
    expect(output.written.join('')).toContain('MISSED  enroll.failures == 0');
    const json = pipe();
    await showReport({ log: join(out, 'run.ndjson.gz'), json: true }, json);
    expect(json.written.join('')).toBe(readFileSync(join(out, 'summary.json'), 'utf8'));
  });

  it('of a run that was killed is of what it measured until then, and incomplete', async () => {
    const out = await aRun(sampleRun().slice(0, 6));
    const table = pipe();
    await showReport({ log: out, json: false }, table);
    expect(table.written.join('')).toContain('it was killed, or goes on');
    const json = pipe();
    await showReport({ log: out, json: true }, json);
    const summary = JSON.parse(json.written.join(''));
    expect(summary).toMatchObject({ outcome: 'incomplete', exitCode: 4 });
    expect(summary.steps[0]).toMatchObject({ name: 'enroll', count: 10, counts: { failures: 1 } });
  });

  it('in the run’s own folder leaves the log, and a log that is none leaves the reports', async () => {
    const out = await aRun();
    const log = readFileSync(join(out, 'run.ndjson.gz'));
    await showReport({ log: out, out, json: true }, pipe());
    expect(readFileSync(join(out, 'run.ndjson.gz')).equals(log)).toBe(true);
    writeFileSync(join(out, 'run.ndjson.gz'), 'x\n');
    await expect(showReport({ log: out, out, json: true }, pipe())).rejects.toMatchObject({ code: 'LOG_INVALID' });
    expect(readdirSync(out)).toContain('summary.json');
  });
});

describe('--only-failed', () => {
  it('takes the devices of a summary, or of its folder, with the seed that makes them', async () => {
    const out = await aRun();
    const { groups } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')).devices;
    const expected = { indexes: [3], seed: 'x', scenario: 'a day', total: 10, groups };
    expect(failedBefore(out)).toEqual(expected);
    expect(failedBefore(join(out, 'summary.json'))).toEqual(expected);
  });

  it('takes from failed.csv what a summary does not name', async () => {
    const failures = [9, 3, 7].map((index) => ({
      type: 'failure' as const,
      failure: { ...sampleFailure, index, message: 'a\n5,"b' },
    }));
    const [begun, ...rest] = sampleRun().filter(({ type }) => type !== 'failure');
    const out = await aRun(begun === undefined ? [] : [begun, ...failures, ...rest]);
    const file = join(out, 'summary.json');
    const summary = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...summary, devices: { ...summary.devices, failed: 3 }, failedDevices: [] }));
    expect(failedBefore(out).indexes).toEqual([3, 7, 9]);
  });

  it('takes the devices of a run that was itself of some only: indexes are those of the whole', async () => {
    const out = await aRun();
    const file = join(out, 'summary.json');
    const summary = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...summary, devices: { ...summary.devices, total: 1 } }));
    expect(failedBefore(out)).toMatchObject({ indexes: [3], total: 10 });
  });

  it('has the seed and the devices of that run, and no others: an index would be another device', () => {
    const plan = readScenario('name: t\ndevices: { ios: 4, windows: 2 }\nphases: [{ enroll: {} }]');
    const before = {
      seed: 'x',
      groups: [
        { name: 'ios', platform: 'ios', count: 40 },
        { name: 'windows', platform: 'windows', count: 2 },
      ],
    };
    expect(asBefore(plan, before)).toMatchObject({ seed: 'x', groups: before.groups });
    expect(asBefore(plan, before, { seed: 'x' }).seed).toBe('x');
    const refused = (...args: Parameters<typeof asBefore>) =>
      expect(() => asBefore(...args)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    refused(plan, before, { seed: 'y' });
    refused(plan, before, { devices: 'ios:4,windows:2' });
    refused(plan, { ...before, groups: [{ name: 'phones', platform: 'ios', count: 3 }] });
    const same = { ...before, groups: plan.groups };
    expect(asBefore(plan, same, { devices: 'ios:4,windows:2' }).groups).toEqual(plan.groups);
  });

  it('refuses what is no summary, and a run in which nothing failed', async () => {
    const out = await aRun(sampleRun().filter(({ type }) => type !== 'failure'));
    const file = join(out, 'summary.json');
    const summary = JSON.parse(readFileSync(file, 'utf8'));
    const refused = (text: string, code: string) => {
      writeFileSync(file, text);
      expect(() => failedBefore(file)).toThrow(expect.objectContaining({ code }));
    };
    refused(JSON.stringify({ ...summary, devices: { ...summary.devices, failed: 0 } }), 'USAGE');
    refused('{}', 'FILE_UNUSABLE');
    refused('no JSON', 'FILE_UNUSABLE');
    refused(JSON.stringify({ ...summary, failedDevices: [{ index: 10 }] }), 'FILE_UNUSABLE');
    expect(() => failedBefore('/nowhere')).toThrow(expect.objectContaining({ code: 'FILE_UNUSABLE' }));
  });
});
