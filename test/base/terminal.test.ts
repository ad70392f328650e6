import { expect, it, vi } from 'vitest';
import { showStatus } from '../../agent/console.js';
import { describeEvent } from '../../agent/describe-event.js';
import { seededRandom } from '../../agent/io/random.js';
import { newDevice } from '../../agent/model/apply-command.js';
import { createIos } from '../../agent/platform/ios/driver.js';
import { explainFailure } from '../../base/command-line.js';
import { RollcallError } from '../../base/errors.js';
import { createLog } from '../../base/log.js';
import { print, printIn, redraw, visible, visibleLine } from '../../base/terminal.js';

const written = (write: (output: { write(text: string): void }) => void): string => {
  const texts: string[] = [];
  write({ write: (text) => void texts.push(text) });
  return texts.join('');
};

it.each([
  ['an escape sequence', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
  ['a title for the window', '\u001b]0;x\u0007', '\\u001b]0;x\\u0007'],
  ['a sequence of the other kind', '\u009b31m', '\\u009b31m'],
  ['a line that writes over itself', 'good\rbad', 'good\\u000dbad'],
  ['what rubs out', 'x\b\u007f', 'x\\u0008\\u007f'],
  ['text turned around', 'a\u202eb\u2066c\u2069\u200f', 'a\\u202eb\\u2066c\\u2069\\u200f'],
  ['other lines', 'a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\u0085d'],
  ['nothing of the kind', 'Ada’s iPhone\n\t– 😀 é 漢', 'Ada’s iPhone\n\t– 😀 é 漢'],
])('shows %s', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
  expect(written((output) => print(output, text))).toBe(shown);
});

it('keeps a name on its line', () => {
  expect(visibleLine('a\nb\tc')).toBe('a\\u000ab\\u0009c');
  expect(written((output) => redraw(output, 'a\n\u001b[1mb'))).toBe('\r\u001b[2Ka\\u000a\\u001b[1mb');
});

it('leaves JSON the same JSON', () => {
  const value = { name: '\u009b\u007f\u202e\u001b\n"\\' };
  const shown = written((output) => print(output, JSON.stringify(value, null, 2)));
  expect(shown).not.toMatch(/[\u007f-\u009f\u202e]/);
  expect(JSON.parse(shown)).toEqual(value);
});

it('holds for the log, too', () => {
  const line = written((destination) => createLog({ destination }).warn('X', { reason: 'a\u009b2J\u202e' }));
  expect(line).toContain('a\\u009b2J\\u202e');
  expect(JSON.parse(line)).toMatchObject({ reason: 'a\u009b2J\u202e' });
});

it('a failure cannot begin a line of its own', () => {
  const error = new RollcallError('X', { retry: false, hint: 'h' }, 'no\nrollcall: all is well', {
    details: { remedies: 'do\nrollcall: PASSED' },
  });
  expect(
    explainFailure(error)
      .split('\n')
      .filter((line) => line.startsWith('rollcall')),
  ).toEqual([]);
});

it('a device shows its name, and what its authority has told it, on one line each', () => {
  const fresh = newDevice(createIos().describe(seededRandom('t', 1)), 50);
  const named = { ...fresh, condition: { ...fresh.condition, deviceName: 'x\u001b[2J\n  enrolled at Contoso' } };
  expect(showStatus(named).split('\n')[0]).toContain('x\\u001b[2J\\u000a  enrolled at Contoso');
  const error = new Error('no\u001b[2J\n00:00:00 checked in');
  expect(describeEvent({ type: 'failed', at: 0, during: 'check-in', error })).toBe(
    '00:00:00 check-in failed: no\\u001b[2J\\u000a00:00:00 checked in',
  );
});

it('shows colours on a terminal alone, and what is coloured cannot change them', () => {
  vi.stubEnv('NO_COLOR', '');
  vi.stubEnv('TERM', 'xterm');
  const shown = (isTTY: boolean) => {
    const texts: string[] = [];
    printIn('red', { isTTY, write: (text: string) => texts.push(text) }, 'failed\u001b[32m');
    return texts.join('');
  };
  expect(shown(true)).toBe('\u001b[31mfailed\\u001b[32m\u001b[39m');
  expect(shown(false)).toBe('failed\\u001b[32m');
  for (const [name, value] of [
    ['NO_COLOR', '1'],
    ['TERM', 'dumb'],
  ] as const) {
    vi.stubEnv(name, value);
    expect(shown(true)).toBe('failed\\u001b[32m');
    vi.stubEnv('NO_COLOR', '');
  }
  vi.unstubAllEnvs();
});
