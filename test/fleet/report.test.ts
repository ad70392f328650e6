import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { StepRecorder } from '../../fleet/metrics/figures.js';
import { renderJunit } from '../../fleet/report/junit.js';
import { describePlan } from '../../fleet/report/plan.js';
import { createProgress } from '../../fleet/report/progress.js';
import type { RunResult } from '../../fleet/report/result.js';
import { renderTable } from '../../fleet/report/table.js';
import { readFleetPlan } from '../../fleet/scenario/plan.js';
import { smokePlan } from '../../fleet/smoke.js';
import { describeWith } from '../support/programs.js';

function result(change: Partial<RunResult> = {}): RunResult {
  const enroll = new StepRecorder('enroll', 3);
  enroll.succeed(1240, 20);
  enroll.succeed(80, 7.25);
  enroll.fail('ENROLL_REFUSED', 'user <"7"> & co: \u0007 not found');
  const leave = new StepRecorder('leave', 3);
  leave.skip();
  leave.succeed(10, 9);
  leave.succeed(10, 9);
  return {
    scenario: 'switch <&">',
    seed: 'x',
    devices: { ios: 3 },
    server: 'https://localhost:1',
    startedAt: '2026-11-21T08:00:00.000Z',
    tookMs: 65_000,
    keys: { keys: 2, devices: 3 },
    steps: [enroll.figures(2000), leave.figures(300)],
    verdicts: [
      { threshold: 'enroll.failures == 0', passed: false, isJudged: true, actual: '1' },
      { threshold: 'leave.p99 < 1s', passed: true, isJudged: true, actual: '10 ms' },
    ],
    lenient: [],
    told: { refused: [], later: [], trouble: [], conventions: [], lifted: [] },
    omitted: [],
    outcome: 'failed',
    ...change,
  };
}

describe('the table', () => {
  it('has a row for each step, and columns for what did not go by itself', () => {
    const lines = renderTable(result()).split('\n');
    expect(lines[0]).toMatch(/^step +count +failures +skipped +p50 +p95 +p99 +max +service p99 +took$/);
    expect(lines[2]).toMatch(/^enroll +3 +1 +0 +80 ms +1.24 s +1.24 s +1.24 s +20 ms +2.00 s$/);
    expect(lines[3]).toMatch(/^leave +2 +0 +1 +10 ms/);
    const text = lines.join('\n');
    expect(text).toContain('enroll: ENROLL_REFUSED x 1\n    user <"7"> & co: \\u0007 not found');
    expect(text).toContain('MISSED  enroll.failures == 0   (1)');
    expect(text).toContain('switch <&">: failed in 1 min 5 s, 2 keys shared by 3 devices, seed "x"');
  });

  it('shows no times where nobody got through, and leaves out empty columns', () => {
    const step = new StepRecorder('enroll', 1);
    step.fail('BUSY', 'busy');
    const [head, , row] = renderTable(result({ steps: [step.figures(1)] })).split('\n');
    expect(head).not.toMatch(/skipped|cut off|not started|late/);
    expect(row).toMatch(/^enroll +1 +1 +- +- +- +- +- /);
  });

  it('says what devices refused, put off and had trouble with, and what was lifted', () => {
    const told = {
      refused: [{ what: 'RemoveProfile', count: 3, sample: 'MCMDMErrorDomain 12018: \u0007 not installed' }],
      later: [],
      trouble: [{ what: 'PUSH_LOST', count: 1, sample: 'no push' }],
      conventions: [],
      lifted: [{ what: 'TLS_NAME (tls)', count: 3, sample: 'no SubjectAltName' }],
    };
    const text = renderTable(result({ told, lenient: ['tls'] }));
    expect(text).toContain(
      'commands that devices refused, each with the first of its kind:\n  RemoveProfile x 3\n    MCMDMErrorDomain 12018: \\u0007 not installed',
    );
    expect(text).toContain(
      'what devices had trouble with, each with the first of its kind:\n  PUSH_LOST x 1\n    no push',
    );
    expect(text).toContain('real devices would have refused, each with the first of its kind:\n  TLS_NAME (tls) x 3');
    expect(text).not.toContain('put off');
    expect(text).toContain(', lenient: tls, seed "x"');
  });

  it('says why a run is incomplete and what was not judged', () => {
    const text = renderTable(
      result({
        outcome: 'incomplete',
        problem: 'AUTHORITY_LOST: it ended',
        verdicts: [{ threshold: 'leave.p99 < 1s', passed: false, isJudged: false, actual: 'step not reached' }],
      }),
    );
    expect(text).toContain('open    leave.p99 < 1s   (step not reached)');
    expect(text).toContain('incomplete in');
    expect(text).toContain('AUTHORITY_LOST: it ended');
  });
});

describe('JUnit', () => {
  const cases = (xml: string) =>
    [...xml.matchAll(/<testcase [^>]*name="([^"]*)"[^>]*?(\/>|>)/g)].map((each) => each[1]);

  it('has a case for each step and threshold; what failed is a failure', () => {
    const xml = renderJunit(result());
    expect(cases(xml)).toEqual(['enroll', 'leave', 'enroll.failures == 0', 'leave.p99 &#60; 1s']);
    expect(xml).toContain('tests="4" failures="2"');
    expect(xml).toContain('<failure message="1 of 3 devices failed: ENROLL_REFUSED x 1"/>');
  });

  it('tells why a run broke off, and lets nobody’s text begin a line of ours', () => {
    const text = renderTable(result({ outcome: 'incomplete', problem: 'ADMIN_REFUSED: no\nswitch: passed' }));
    expect(text).toMatch(/\n {2}ADMIN_REFUSED: no\n {4}switch: passed\n/);
  });

  it('of a run that broke off is never green', () => {
    const left = renderJunit(result({ omitted: [{ name: 'A9', why: 'no <clock>' }] }));
    expect(left).toMatch(/<testsuite [^>]*tests="5" failures="2" skipped="1"/);
    expect(left).toContain('name="A9" time="0.000"><skipped message="no &#60;clock&#62;"/></testcase>');
    const xml = renderJunit(result({ outcome: 'interrupted', verdicts: [], steps: [] }));
    expect(xml).toContain('<failure message="interrupted"/>');
  });
});

describeWith('xmllint')('JUnit, judged by xmllint', () => {
  it('is well-formed whatever the names hold', () => {
    const nasty = '\u0000\ud800 </x> ]]> \u{1f600} "\n\t\' \ufffe &amp;';
    const xml = renderJunit(
      result({
        scenario: nasty,
        outcome: 'incomplete',
        problem: nasty,
        verdicts: [{ threshold: nasty, passed: false, isJudged: true, actual: nasty }],
      }),
    );
    execFileSync('xmllint', ['--noout', '-'], { input: xml });
  });
});

describe('progress', () => {
  function open(style: 'live' | 'plain', columns = 60) {
    const clock = manualClock();
    const written: string[] = [];
    const output = { isTTY: style === 'live', columns, write: (text: string) => written.push(text) };
    return { clock, written, progress: createProgress({ output, clock, isQuiet: false, style }) };
  }

  it('on a terminal redraws one line, a few times a second and never wider than it', async () => {
    const { clock, written, progress } = open('live', 40);
    for (let done = 1; done <= 100; done++) {
      progress.update('enroll', { done, total: 100, failed: done > 50 ? 1 : 0 });
      await clock.advance(10);
    }
    expect(written.length).toBeLessThan(10);
    expect(written[0]).toMatch(/^\r\u001b\[2K/);
    expect(written.every((text) => text.replace('\r\u001b[2K', '').length < 40)).toBe(true);
    expect(written.at(-1)).toBe('\n');
    expect(written.at(-2)).toMatch(/####/);
  });

  it('elsewhere is plain lines, now and then and at the end of each step, told once', async () => {
    const { clock, written, progress } = open('plain');
    for (let done = 1; done <= 10; done++) {
      await clock.advance(1000);
      progress.update('keys', { done, total: 10 });
    }
    progress.update('keys', { done: 10, total: 10 });
    progress.update('enroll', { done: 0, skipped: 6, total: 6 });
    progress.update('enroll', { done: 0, skipped: 6, total: 6 });
    expect(written.map((text) => text.trim().replace(/ +/g, ' '))).toEqual([
      '3.00 s keys 3/10',
      '6.00 s keys 6/10',
      '9.00 s keys 9/10',
      '10.0 s keys 10/10',
      '10.0 s enroll 0/6, 6 skipped',
    ]);
    expect(written.join('')).not.toContain('\u001b');
  });

  it('ends the line it draws before anything else is written', () => {
    const { written, progress } = open('live');
    progress.update('enroll', { done: 1, total: 3 });
    progress.note('a note');
    progress.settle();
    expect(written.slice(1)).toEqual(['\n', 'a note\n']);
  });

  it('that is quiet writes nothing', () => {
    const written: string[] = [];
    const output = { write: (text: string) => written.push(text) };
    const progress = createProgress({ output, clock: manualClock(), isQuiet: true, style: 'live' });
    progress.note('x');
    progress.update('enroll', { done: 1, total: 1 });
    progress.settle();
    expect(written).toEqual([]);
  });
});

describe('a plan for people', () => {
  it('shows the load that each step comes to', () => {
    const text = describePlan(
      readFleetPlan(`
name: p
devices: { ios: 500 }
authority: office365
steps: [{ enroll: { over: 10s } }, { check-in: { over: 2m, expect: [email] } }, { use: { kinds: [vpn] } }, { switch: { to: intune } }, { leave: {} }]
`),
    );
    expect(text).toContain('500 ios, seed "rollcall", starts under office365');
    expect(text).toContain('at most 64 sessions at a time, 64 shared keys, 2 min 10 s by its schedule');
    expect(text).toMatch(/enroll +50 a second for 10.0 s/);
    expect(text).toMatch(/check-in +4.2 a second for 2 min 0 s .*holds email/);
    expect(text).toMatch(/switch +500 at once .*to intune/);
    expect(text).toContain('must hold: leave.failures == 0');
  });

  it('says what a switch of devices that are away is to show', () => {
    const text = describePlan(smokePlan(['ios']));
    expect(text).toMatch(/A6 and A8 .*; knows that intune manages it; holds 1 stale$/m);
    expect(text).toMatch(/switch while away .*to office365, while the devices are away$/m);
    expect(text).toMatch(/6 days 23 hours .*the stub's clock goes on by 167 h/m);
    expect(text).toMatch(/A9 after 7 days .*tries email, vpn, wifi of intune at the gate, which refuses$/m);
  });
});
