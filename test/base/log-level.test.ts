import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import { createLog, logLevels } from '../../base/log.js';
import { type LogLevelSources, readLogLevel } from '../../base/log-level.js';
import { terminalLines } from '../../base/log-lines.js';

function read(sources: Omit<LogLevelSources, 'fallback' | 'output'>) {
  const said: string[] = [];
  const output = { write: (text: string) => said.push(text) };
  const level = readLogLevel({ variable: '', ...sources, fallback: 'error', output });
  return { level, said };
}

describe('the level of a log', () => {
  it('is the one of the option, or of the environment, or the command’s own', () => {
    expect(read({ option: 'debug', variable: 'warn' })).toEqual({ level: 'debug', said: [] });
    expect(read({ variable: 'trace' })).toEqual({ level: 'trace', said: [] });
    expect(read({})).toEqual({ level: 'error', said: [] });
    for (const option of logLevels) expect(read({ option }).level).toBe(option);
  });

  it('that is no word of ours is refused as an option, and warned of once in the environment', () => {
    try {
      read({ option: 'loud' });
      expect.unreachable();
    } catch (error) {
      expect(isRollcallError(error, 'USAGE') && [error.message, error.hint]).toEqual([
        '--log-level "loud" is no level',
        'Choose from trace, debug, info, warn, error, fatal, silent.',
      ]);
    }
    const { level, said } = read({ variable: 'lo\u001bud' });
    expect(level).toBe('error');
    expect(said).toEqual([
      expect.stringMatching(/^rollcall: ROLLCALL_LOG="lo\\u001bud" is no level .*; error is taken\n$/),
    ]);
  });
});

describe('the lines of a log', () => {
  it('are pino’s own: level, time, pid, hostname and msg', () => {
    const texts: string[] = [];
    createLog({ destination: { write: (text) => void texts.push(text) } }).info('ENROLLED', { device: 'A1' });
    expect(JSON.parse(texts[0] ?? '')).toEqual({
      level: 30,
      time: expect.any(Number),
      pid: process.pid,
      hostname: expect.any(String),
      device: 'A1',
      msg: 'ENROLLED',
    });
  });

  it('are for people on a terminal, one line each, and show control characters as such', async () => {
    const texts: string[] = [];
    const destination = { write: (text: string) => void texts.push(text) };
    const log = createLog({ destination, ...(await terminalLines({ isTTY: true })) });
    log.warn('REFUSED', {
      name: 'a\u001b',
      path: '/a b',
      reason: 'x\u001b[2J\ny\u202e',
      error: new Error('gone'),
      count: 3,
    });
    expect(texts).toHaveLength(1);
    const plain = (texts[0] ?? '').replace(/\u001b\[\d+m/g, '');
    expect(plain).toMatch(
      /^\[\d\d:\d\d:\d\d\] WARN: REFUSED name=a\\u001b path="\/a b" reason="x\\u001b\[2J\\ny\\u202e" error=\{"message":"gone"\} count=3\n$/,
    );
    expect(await terminalLines({})).toEqual({});
  });
});
