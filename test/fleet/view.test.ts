import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import type { LogEvent } from '../../fleet/log/events.js';
import { ScreenRegion } from '../../fleet/report/screen.js';
import { Tracker } from '../../fleet/report/tracker.js';
import { openView } from '../../fleet/report/view.js';
import { begun, passed, sampleRun } from './sample-run.js';

/** What a terminal shows after it was written to: as far as the view uses one. */
class Terminal {
  readonly isTTY = true;
  readonly rows: string[] = [''];
  writes = 0;
  constructor(public columns = 60) {}

  write(text: string): void {
    this.writes++;
    for (const [, rest = '', control = '', ups = ''] of text.matchAll(
      /([^\u001b\r\n]*)(\n|\r|\u001b\[(\d*)[a-zA-Z]|$)/g,
    )) {
      for (const letter of rest) {
        if ((this.rows.at(-1)?.length ?? 0) >= this.columns) this.rows.push('');
        this.rows[this.rows.length - 1] += letter;
      }
      if (control === '\n') this.rows.push('');
      if (control.endsWith('A')) this.rows.splice(this.rows.length - 1 - Number(ups), Number(ups) + 1, '');
    }
  }
  get shown(): string {
    return this.rows.join('\n');
  }
}

const play = async (output: Terminal | { isTTY: boolean; write(text: string): void }, env: NodeJS.ProcessEnv = {}) => {
  const clock = manualClock();
  const view = openView({ output, clock, env });
  const start = clock.now();
  for (const event of sampleRun()) {
    const at = event.type === 'delta' ? event.delta.atMs : 'atMs' in event ? event.atMs : 0;
    await clock.advance(Math.max(0, start + at + 1000 - clock.now()));
    view.hear(event);
  }
  expect(clock.pending).toBe(0);
};

describe('the view of a run on a terminal', () => {
  it('leaves a line for each step that ended, and nothing of what was drawn', async () => {
    const terminal = new Terminal();
    await play(terminal);
    expect(terminal.rows.map((row) => row.trim())).toEqual([
      '3.10s  enroll  10/10  4.8/s  p95 120ms  1 failed',
      '1m03s  check-in  9  0.1/s  p95 40ms',
      '1m03s  switch  0/10  0.0/s',
      '',
    ]);
  });

  it('draws the phase, its steps and the engines’ health anew, never wider than it is', async () => {
    const terminal = new Terminal(40);
    const clock = manualClock();
    const view = openView({ output: terminal, clock, env: {} });
    for (const event of sampleRun().slice(0, 3)) view.hear(event);
    await clock.advance(1000);
    view.hear({ type: 'delta', shard: 0, seq: 1, delta: passed('enroll', { ios: 3, windows: 2 }, 80) });
    await clock.advance(1000);
    expect(terminal.shown).toContain('enroll  [####################]');
    expect(terminal.shown).toContain('         enroll  5/5  2.8/s  p95 80ms');
    expect(terminal.shown).toContain('loop 4.0ms  late 1.0ms  CPU 40');
    expect(terminal.rows.length).toBe(4);
    terminal.columns = 24;
    await clock.advance(5000);
    expect(terminal.rows.every((row) => row.length < 40)).toBe(true);
    view.settle();
    expect(clock.pending).toBe(0);
  });

  it('draws five pictures a second at most, however much comes', async () => {
    const terminal = new Terminal();
    const clock = manualClock();
    const view = openView({ output: terminal, clock, env: {} });
    for (const event of sampleRun().slice(0, 3)) view.hear(event);
    const before = terminal.writes;
    for (let at = 0; at < 200; at++) {
      view.hear({ type: 'delta', shard: 0, seq: at, delta: passed('enroll', { ios: 1 }, 80) });
      await clock.advance(10);
    }
    expect(terminal.writes - before).toBeLessThanOrEqual(11);
    view.settle();
  });

  it('takes back as many rows as its lines take on a terminal that was made narrower', () => {
    const written: string[] = [];
    const output = { columns: 60, write: (text: string) => void written.push(text) };
    const region = new ScreenRegion(output, false);
    region.draw([{ text: 'x'.repeat(50) }, { text: 'y' }]);
    output.columns = 24;
    region.draw([{ text: 'z'.repeat(50) }]);
    expect(written).toEqual([`${'x'.repeat(50)}\ny\n`, `\r\u001b[4A\u001b[J${'z'.repeat(23)}\n`]);
  });

  it('says how long it takes still, by the rate of late', () => {
    const tracker = new Tracker();
    for (const event of sampleRun().slice(0, 3)) tracker.hear(event, 0);
    const delta = passed('enroll', { ios: 2 }, 80, { counters: { 'enroll|ios|': { passed: 2, planned: 10 } } });
    tracker.progress(0);
    tracker.hear({ type: 'delta', shard: 0, seq: 1, delta }, 1000);
    expect(tracker.progress(1000)).toMatchObject({ leftMs: 4000, steps: [{ done: 2, of: 10, perSecond: 2 }] });
  });

  it('says how far a day is that has no end of its own, by what goes on in it for a time', () => {
    const hourMs = 3_600_000;
    const pace = { kind: 'every', everyMs: 8 * hourMs, jitter: 0, forMs: 8 * hourMs } as const;
    const steps = [{ kind: 'check-in', name: 'evening', atMs: 16 * hourMs, pace, expect: [] }] as const;
    const day = { name: 'day', scale: 3600, steps, faults: [] };
    const tracker = new Tracker();
    if (begun.type !== 'run') throw new Error('a run begins otherwise');
    tracker.hear({ ...begun, plan: { ...begun.plan, phases: [day] } }, 0);
    tracker.hear({ type: 'phase', atMs: 0, phase: 0, event: 'began', scenarioAt: '', scale: 3600 }, 0);
    expect(tracker.progress(6000)).toMatchObject({ gone: { ms: 6 * hourMs, of: 24 * hourMs }, leftMs: 18_000 });
    expect(tracker.progress(60_000)).toMatchObject({ gone: { ms: 24 * hourMs, of: 24 * hourMs }, leftMs: 0 });
  });

  it('shows what others say, and obeys none of it', async () => {
    const terminal = new Terminal();
    const view = openView({ output: terminal, clock: manualClock(), env: {} });
    view.hear(begun);
    view.hear({ type: 'note', atMs: 0, text: 'a \u001b[2J note' });
    view.settle();
    expect(terminal.shown).toContain('a \\u001b[2J note');
  });
});

describe('the view of a run elsewhere', () => {
  const pipe = () => {
    const lines: string[] = [];
    return { lines, isTTY: false, write: (text: string) => void lines.push(...text.trimEnd().split('\n')) };
  };

  it('is plain lines every three seconds, and every ten in CI, without any control sequence', async () => {
    const output = pipe();
    await play(output);
    expect(output.lines.join('\n')).not.toContain('\u001b');
    expect(output.lines.length).toBeGreaterThan(20);
    const inCi = pipe();
    await play(inCi, { CI: 'true' });
    const times = inCi.lines.filter((line) => / day /.test(line)).map((line) => line.trim().split(' ')[0]);
    expect(times.length).toBeGreaterThanOrEqual(5);
    expect(times.length).toBeLessThanOrEqual(7);
  });

  it('is silent where nobody wants it', () => {
    const output = pipe();
    const view = openView({ output, clock: manualClock(), env: {}, isQuiet: true });
    view.hear(begun as LogEvent);
    view.note('x');
    view.settle();
    expect(output.lines).toEqual([]);
  });
});
