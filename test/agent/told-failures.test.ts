import { describe, expect, it } from 'vitest';
import type { DeviceEvent } from '../../agent/device-types.js';
import { ToldFailures } from '../../agent/told-failures.js';

const noon = Date.parse('2026-11-26T12:00:00Z');
const at = (second: number) => noon + second * 1000;
const attempt = (second: number, reason: 'scheduled' | 'by-hand' = 'scheduled'): DeviceEvent => ({
  type: 'check-in',
  reason,
  at: at(second),
});
const failure = (second: number, message = 'no answer'): DeviceEvent => ({
  type: 'failed',
  during: 'check-in',
  error: new Error(message),
  at: at(second),
});
const report = { commands: 0, later: 0, requests: 1 };

describe('what a person is told of failures', () => {
  it('is the first of those that are equal, their number now and then, and at the end how many there were', () => {
    const told = new ToldFailures();
    const lines: string[] = [];
    const say = (event: DeviceEvent) => lines.push(...told.of(event).map(({ text }) => text));
    for (let second = 0; second < 12; second++) {
      say(attempt(second));
      say(failure(second));
    }
    say(attempt(12));
    say({ type: 'checked-in', report, at: at(12) });
    say(attempt(13));
    expect(lines).toEqual([
      '12:00:00 checking in (scheduled)',
      '12:00:00 check-in failed: no answer',
      '12:00:09 check-in failed: no answer (10 times so far)',
      '12:00:12 it had failed so 12 times',
      '12:00:12 checking in (scheduled)',
      '12:00:12 checked in: 0 commands, 0 put off',
      '12:00:13 checking in (scheduled)',
    ]);
  });

  it('is each that is another, and each attempt by hand', () => {
    const told = new ToldFailures();
    const texts = [failure(0), attempt(1), failure(1, 'refused'), attempt(2, 'by-hand'), failure(2)].map((event) =>
      told.of(event).map(({ text }) => text),
    );
    expect(texts).toEqual([
      ['12:00:00 check-in failed: no answer'],
      [],
      ['12:00:01 checking in (scheduled)', '12:00:01 check-in failed: refused'],
      ['12:00:02 checking in (by-hand)'],
      ['12:00:02 check-in failed: no answer'],
    ]);
  });
});
