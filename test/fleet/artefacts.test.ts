import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { hasColours, printLines } from '../../base/terminal.js';
import { readLog } from '../../fleet/log/reader.js';
import { prepareArtefacts } from '../../fleet/report/artefacts.js';
import { endTable } from '../../fleet/report/end-table.js';
import { failedCsvRow } from '../../fleet/report/failed-csv.js';
import { annotations, stepSummary, tellActions, withoutCommands } from '../../fleet/report/github.js';
import { renderJunit } from '../../fleet/report/junit-report.js';
import type { Summary } from '../../fleet/report/summary.js';
import { describeWith } from '../support/programs.js';
import { sampleFailure, sampleRun, sampleStep, sampleSummary } from './sample-run.js';

const folder = () => mkdtempSync(join(tmpdir(), 'artefacts-'));
const clock = manualClock();

describe('what is kept of a run', () => {
  it('is its log, the summary, JUnit and the devices that failed', async () => {
    const out = join(folder(), 'deep', 'run');
    const artefacts = prepareArtefacts({ out, junit: join(out, '..', 'apart.xml'), clock });
    for (const event of sampleRun()) artefacts.hear(event);
    await artefacts.finish(sampleSummary());
    expect(readdirSync(out).sort()).toEqual(['failed.csv', 'junit.xml', 'run.ndjson.gz', 'summary.json']);
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toEqual(sampleSummary());
    expect(readFileSync(join(out, '..', 'apart.xml'), 'utf8')).toBe(readFileSync(join(out, 'junit.xml'), 'utf8'));
    const [head, row, end] = readFileSync(join(out, 'failed.csv'), 'utf8').split('\r\n');
    expect(head).toBe('index,platform,device,seed,step,code,message,authority_said,at_ms,scenario_ms');
    expect(row).toBe(
      '3,windows,DESKTOP-7,x,enroll,ENROLL_REFUSED,"the authority refuses: user <""7""> & co",no licence \\u001b[31mleft,813,812',
    );
    expect(end).toBe('');
    let events = 0;
    for await (const _ of readLog(out)) events++;
    expect(events).toBe(sampleRun().length);
  });

  it('of an earlier run does not stay, whatever becomes of this one', () => {
    const out = folder();
    const old = ['summary.json', 'junit.xml', 'failed.csv', 'report.json', 'summary.json.part', 'run.ndjson.gz'];
    for (const name of old) writeFileSync(join(out, name), 'of another run');
    writeFileSync(join(out, 'notes.txt'), 'mine');
    prepareArtefacts({ out, clock });
    expect(readdirSync(out).sort()).toEqual(['notes.txt', 'owner.pid', 'run.ndjson.gz']);
    expect(readFileSync(join(out, 'run.ndjson.gz'))).toHaveLength(0);
  });

  it('is one run’s until that has ended: another one is refused, and destroys nothing', async () => {
    const out = folder();
    const first = prepareArtefacts({ out, clock });
    for (const event of sampleRun()) first.hear(event);
    for (const isRebuilt of [false, true])
      expect(() => prepareArtefacts({ out, clock, isRebuilt })).toThrow(
        expect.objectContaining({
          code: 'FILE_UNUSABLE',
          message: `--out ${out}: another run is writing there (process ${process.pid})`,
        }),
      );
    await first.finish(sampleSummary());
    let events = 0;
    for await (const _ of readLog(out)) events++;
    expect(events).toBe(sampleRun().length);
    expect(readdirSync(out)).not.toContain('owner.pid');
    await prepareArtefacts({ out, clock }).finish(sampleSummary());
  });

  it('is refused a place where it cannot be, before anything else', () => {
    const out = folder();
    const fails = (options: { out?: string; junit?: string }) =>
      expect(() => prepareArtefacts({ ...options, clock })).toThrow(expect.objectContaining({ code: 'FILE_UNUSABLE' }));
    writeFileSync(join(out, 'file'), '');
    fails({ out: join(out, 'file') });
    fails({ junit: out });
    mkdirSync(join(out, 'run.ndjson.gz'));
    fails({ out });
    expect(readFileSync(join(out, 'file'), 'utf8')).toBe('');
  });

  it('that cannot be written is told with its name, and what can be is written', async () => {
    const out = folder();
    const artefacts = prepareArtefacts({ out, clock });
    mkdirSync(join(out, 'summary.json'));
    rmSync(join(out, 'run.ndjson.gz'));
    for (const event of sampleRun()) artefacts.hear(event);
    await expect(artefacts.finish(sampleSummary())).rejects.toMatchObject({
      code: 'REPORT_UNWRITTEN',
      message: expect.stringMatching(/run\.ndjson\.gz, .*summary\.json could not be written$/),
    });
    expect(existsSync(join(out, 'junit.xml'))).toBe(true);
    expect(existsSync(join(out, 'summary.json.part'))).toBe(false);
  });

  it('is no formula in a spreadsheet', () => {
    const row = failedCsvRow({ ...sampleFailure, message: '=HYPERLINK("x")', reason: '+1,\n2' }, '-7');
    expect(row).toContain(`,"'=HYPERLINK(""x"")","'+1,\n2",`);
    expect(row).toContain(",'-7,");
  });
});

const casesIn = (xml: string) =>
  [...xml.matchAll(/<testcase [^>]*name="([^"]*)" time="[^"]*"(?:\/>|><(\S+))/g)].map(([, name, kind]) => [name, kind]);

describe('JUnit', () => {
  it('has one failure for one cause, with the code and what the authority said', () => {
    const xml = renderJunit(sampleSummary());
    expect(casesIn(xml)).toEqual([
      ['enroll', 'failure'],
      ['check-in', undefined],
      ['switch', undefined],
      ['check-in.p99 &#60; 800ms', undefined],
    ]);
    expect(xml).toContain('tests="4" failures="1" errors="0" skipped="0"');
    expect(xml).toContain('<failure type="ENROLL_REFUSED" message="1 of 10 failed: ENROLL_REFUSED x 1">');
    expect(xml).toContain('&#10;  the authority said: no licence \\u001b[31mleft&#10;  devices 3</failure>');
  });

  it('skips steps that nobody got to because all had failed before, and thresholds that show nothing', () => {
    const summary = sampleSummary({
      steps: [
        sampleStep('enroll', 10, 80, { counts: { failures: 10 }, errors: [{ code: 'X', count: 10, words: 'no' }] }),
        sampleStep('leave', 0, 1, { counts: { skipped: 10 } }),
      ],
      verdicts: [
        { threshold: 'enroll.failures == 0', passed: false, isJudged: true, actual: '10' },
        { threshold: 'leave.failures == 0', passed: false, isJudged: false, actual: 'no device got through' },
        { threshold: 'leave.p99 < 1s', passed: false, isJudged: false, actual: 'no device got through' },
      ],
    });
    expect(casesIn(renderJunit(summary))).toEqual([
      ['enroll', 'failure'],
      ['leave', 'skipped'],
      ['leave.p99 &#60; 1s', 'skipped'],
    ]);
  });

  it('lets a failure pass that a threshold allows, and tells it', () => {
    const verdicts = [
      { threshold: 'enroll{platform=windows}.failures < 50%', passed: true, isJudged: true, actual: '10%' },
    ];
    const xml = renderJunit(sampleSummary({ verdicts, outcome: 'passed' }));
    expect(xml).toContain('failures="0"');
    expect(xml).toContain('<system-out>1 of 10 failed: ENROLL_REFUSED x 1, which a threshold allows</system-out>');
  });

  it.each(['incomplete', 'interrupted', 'aborted', 'not-started'] as const)(
    'of a run that is %s is never green',
    (outcome) => {
      const problem = { code: 'RUN_NOT_STARTED', message: 'nobody there', hint: 'Start it.' };
      const xml = renderJunit(sampleSummary({ outcome, problem, steps: [], verdicts: [] }));
      expect(xml).toMatch(
        /name="whole run" time="64.000"><(?:failure|error) type="RUN_NOT_STARTED" message="[a-z-]+: RUN_NOT_STARTED: nobody there">/,
      );
    },
  );
});

describeWith('xmllint')('JUnit, judged by xmllint', () => {
  it('is well-formed whatever the names hold', () => {
    const nasty = '\u0000\ud800 </x> ]]> \u{1f600} "\n\t\' \ufffe &amp;';
    const summary = sampleSummary({
      scenario: nasty,
      seed: nasty,
      outcome: 'incomplete',
      problem: { code: nasty, message: nasty },
      steps: [sampleStep(nasty, 1, 1, { errors: [{ code: nasty, count: 1, words: nasty }], counts: { failures: 1 } })],
      omitted: [{ name: nasty, why: nasty }],
    });
    execFileSync('xmllint', ['--noout', '-'], { input: renderJunit(summary) });
  });
});

function shown(summary: Summary, width: number): string[] {
  let text = '';
  printLines({ write: (more) => (text += more) }, endTable(summary, width));
  return text.split('\n');
}

describe('the end table', () => {
  it.each([60, 80, 120])('has a row for each step in %i columns, response and service side by side', (width) => {
    const lines = shown(sampleSummary(), width);
    expect(lines[0]).toMatch(/^step +count +failed .*p95 +p99.* service p99/);
    expect(lines[1]).toMatch(/^enroll +10 +1 .*240ms +320ms .*288ms/);
    for (const line of lines.slice(0, 4)) expect(line.length).toBeLessThanOrEqual(width);
    if (width === 60) expect(lines[0]).not.toMatch(/max|took/);
    if (width === 120) expect(lines[0]).toMatch(/max +service p95 +service p99 +\/s +took$/);
  });

  it('of a run that did not start says why, and nothing of what was not measured', () => {
    const problem = { code: 'RUN_NOT_STARTED', message: 'nobody there', hint: 'Start it.' };
    const [said, why, hint] = shown(sampleSummary({ outcome: 'not-started', problem }), 60);
    expect(said).toMatch(/^a day: not-started/);
    expect([why, hint]).toEqual(['  RUN_NOT_STARTED: nobody there', '  Start it.']);
  });

  it('puts a name that is too long on a line of its own', () => {
    const name = 'A9 after seven days of the clock of the stub';
    const lines = shown(sampleSummary({ steps: [sampleStep(name, 123_456, 80_000)] }), 60);
    expect(lines[1]).toBe(name);
    expect(lines[2]).toMatch(/^ +123456 +0 +4m00s/);
  });

  it('tells failures, durations of the scenario, what was not judged, the generator and the end', () => {
    const bound = { ...sampleSummary().generator, state: 'bound' as const, reasons: ['event loop p99 80 ms'] };
    const text = shown(
      sampleSummary({
        outcome: 'incomplete',
        generator: bound,
        problem: { code: 'AUTHORITY_LOST', message: 'it ended\nswitch: passed' },
        verdicts: [{ threshold: 'leave.p99 < 1s', passed: false, isJudged: false, actual: 'step not reached' }],
        lostShards: [
          {
            shard: 1,
            devices: 5,
            why: 'killed',
            steps: [{ name: 'enroll', count: 3, counts: { passed: 3 }, errors: [] }],
          },
        ],
        told: { ...sampleSummary().told, refused: [{ what: 'RemoveProfile', count: 3, sample: 'a \u0007' }] },
      }),
      80,
    ).join('\n');
    expect(text).toContain('switch: 1 away, 9 moved\nswitch, scenario time: p50 20m00s, p95 1h00m, max 1h40m');
    expect(text).toContain('  enroll: ENROLL_REFUSED x 1\n    the authority refuses: user <"7"> & co');
    expect(text).toContain('open    leave.p99 < 1s   (step not reached)');
    expect(text).toContain('GENERATOR-BOUND (2 processes)');
    expect(text).toContain('  event loop p99 80 ms\nshared machine');
    expect(text).toContain('engine 2 of 2 with 5 devices was lost: killed');
    expect(text).toMatch(
      /engine 2 of 2 was lost; until then it had measured, in no figure above:\nstep .*\nenroll +3 +0/,
    );
    const lost = { shard: 0, devices: 5, why: 'killed', steps: [{ name: 'enroll', count: 3, counts: {}, errors: [] }] };
    const both = shown(sampleSummary({ lostShards: [lost, { ...lost, shard: 1 }] }), 80).join('\n');
    expect(both).toContain('until then it had measured, in the figures above too, as no engine is left:');
    expect(both).not.toContain('in no figure above');
    expect(text).toContain('  RemoveProfile x 3\n    a \\u0007');
    expect(text).toContain('  AUTHORITY_LOST: it ended\n    switch: passed');
    expect(text).toContain('130 requests, 420 KB sent, 1.9 MB received, 40 connections, 75% resumed');
  });
});

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '', NO_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
  ])('%o on a terminal (%s): %s', (env, isTTY, expected) => expect(hasColours({ isTTY }, env)).toBe(expected));
});

describe('GitHub Actions', () => {
  const nasty = '::error::x\r\n%0A|<b>`*';

  it('gets an annotation for each thing that failed, and no command of anybody else', () => {
    const text = annotations(
      sampleSummary({
        scenario: 'a, b: c',
        steps: [
          sampleStep('enroll', 1, 1, { counts: { failures: 1 }, errors: [{ code: 'X', count: 1, words: nasty }] }),
        ],
      }),
    );
    expect(text.trimEnd().split('\n')).toHaveLength(1);
    expect(text).toMatch(
      /^::error title=a%2C b%3A c%3A enroll::1 of 1 failed: X x 1%0AX x 1: ::error::x\\u000d%0A%250A/,
    );
  });

  it('gets the run as Markdown in which nobody else’s text is any', () => {
    const text = stepSummary(sampleSummary({ scenario: nasty, steps: [sampleStep(nasty, 1, 1)] }));
    expect(text).toContain('| step | count | failed |');
    expect(text).not.toMatch(/<b>|[^\\]\*[^\\*]*`\*/);
    expect(text).toContain('\\|&\\#60;b&\\#62;\\`\\*');
  });

  it('is told only there, and its commands are stopped while others speak', () => {
    const written: string[] = [];
    const output = { write: (text: string) => written.push(text) };
    const file = join(folder(), 'summary.md');
    tellActions(sampleSummary(), output, { GITHUB_STEP_SUMMARY: file });
    expect(written).toEqual([]);
    tellActions(sampleSummary(), output, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file });
    tellActions(sampleSummary(), output, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: folder() });
    expect(readFileSync(file, 'utf8')).toContain('a day: failed');
    expect(written.at(-1)).toMatch(/^the summary of this step could not be written: EISDIR/);
    written.length = 0;
    withoutCommands(output, 'secret')();
    expect(written).toEqual(['::stop-commands::secret\n', '::secret::\n']);
  });
});
