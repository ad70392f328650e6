import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../../agent/errors.js';
import { keepLogRules, logLine, uploadLog } from '../../../../../agent/platform/android/apply/device-log.js';
import { appliedDue, nextAppliedMoment } from '../../../../../agent/platform/android/apply/moments.js';
import { openAndroid, startAt } from './apply-stage.js';

const launcher = 'com.hmdm.launcher';
const minute = 60_000;

describe('the log of a device', () => {
  it('keeps what a rule for the launcher asks for, up to its level', () => {
    const device = openAndroid({ data: { logRules: [] } });
    const session = device.context();
    logLine(session, 'error', 'before there are rules');
    keepLogRules(session, [
      { packageId: launcher, logLevel: 2 },
      { packageId: 'com.example', logLevel: 5 },
    ]);
    for (const level of ['error', 'warning', 'info'] as const) logLine(session, level, level);
    expect(device.lines()).toEqual(['1 error', '2 warning']);
    expect(device.memory.data.log?.[0]).toEqual({
      timestamp: startAt,
      logLevel: 1,
      packageId: launcher,
      message: 'error',
    });
  });

  it.each([
    ['push', true],
    ['PUSH M', true],
    ['got%type', true],
    ['_ot', true],
    ['type%got', false],
    ['pull', false],
    ['', true],
    ['%'.repeat(150), true],
  ])('filters as SQLite’s LIKE does: %s', (filter, isKept) => {
    const device = openAndroid({ data: { logRules: [{ packageId: launcher, logLevel: 5, filter }] } });
    logLine(device.context(), 'info', 'Got Push Message, type x');
    expect(device.lines()).toHaveLength(isKept ? 1 : 0);
  });

  it('is bounded: the oldest lines go, a long one is cut, and a week later it is forgotten', async () => {
    const device = openAndroid();
    for (let index = 0; index < 700; index++) logLine(device.context(), 'info', `line ${index} ${'x'.repeat(3000)}`);
    expect(device.lines()).toHaveLength(500);
    expect(device.lines()[0]).toMatch(/^3 line 200 x+$/);
    expect(device.lines()[0]?.length).toBe(2002);
    await device.clock.advance(8 * 24 * 60 * minute);
    logLine(device.context(), 'info', 'new');
    expect(device.lines()).toEqual(['3 new']);
  });

  it('is uploaded ten lines a call, until nothing is left', async () => {
    const device = openAndroid();
    for (let index = 0; index < 25; index++) logLine(device.context(), 'info', `${index}`);
    expect(await uploadLog(device.context())).toBe('drained');
    expect(device.uploads.map((items) => items.length)).toEqual([10, 10, 5]);
    expect(device.uploads.flat().map(({ message }) => message)).toEqual(Array.from({ length: 25 }, (_, n) => `${n}`));
    expect(device.memory.data.log).toBeUndefined();
    expect(await uploadLog(device.context())).toBe('drained');
    expect(device.uploads).toHaveLength(3);
  });

  it('is kept where the server does not take it, and uploaded again in 15 minutes', async () => {
    let calls = 0;
    const device = openAndroid({
      api: {
        async sendLog() {
          if (++calls === 2) throw agentError('AUTHORITY_BUSY', 'devicelog answered 503');
        },
      },
    });
    for (let index = 0; index < 15; index++) logLine(device.context(), 'info', `${index}`);
    expect(await uploadLog(device.context())).toBe('failed');
    expect(device.lines()).toHaveLength(5);
    expect(device.troubles()).toMatchObject([{ code: 'AUTHORITY_BUSY', about: 'devicelog' }]);
    const { data } = device.memory;
    expect(nextAppliedMoment(data, startAt)).toEqual({ at: startAt + 15 * minute, does: 'log' });
    expect(appliedDue(data, startAt)).toEqual([]);
    expect(appliedDue(data, startAt + 15 * minute)).toEqual(['log']);
    expect(nextAppliedMoment(data, startAt + 15 * minute)).toBeUndefined();
    expect(await uploadLog(device.context())).toBe('drained');
    expect(nextAppliedMoment(device.memory.data, startAt)).toBeUndefined();
  });
});
