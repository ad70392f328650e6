// kill -9 at random moments, and SIGTERM under load. The same rounds by the hundred: npm run torture.
import { describe, expect, it } from 'vitest';
import { deviceRounds } from '../torture/device-rounds.js';
import { stubRounds } from '../torture/stub-rounds.js';
import { builtPrograms, collecting, unstopped } from './findings.js';

const sound = { lost: 0, doubled: 0, unusable: 0 };

describe.concurrent('what was acknowledged', () => {
  it('by a stub that is killed, idle or under load, is there when it starts again, once', async ({
    onTestFinished,
  }) => {
    const findings = collecting();
    const programs = builtPrograms(onTestFinished);
    await stubRounds({ programs, seed: 'suite', findings, signal: unstopped, rounds: 3, signals: ['SIGKILL'] });
    expect(findings.texts).toEqual([]);
    expect(findings.tally).toMatchObject({ ...sound, rounds: 3 });
    expect(findings.tally.acknowledged).toBeGreaterThan(5);
  });

  it('by a stub that is asked to end under load is there when it starts again, once', async ({ onTestFinished }) => {
    const findings = collecting();
    const programs = builtPrograms(onTestFinished);
    await stubRounds({
      programs,
      seed: 'suite',
      findings,
      signal: unstopped,
      rounds: 2,
      signals: ['SIGTERM'],
      kinds: ['under load'],
    });
    expect(findings.texts).toEqual([]);
    expect(findings.tally).toMatchObject({ ...sound, rounds: 2 });
    expect(findings.tally.acknowledged).toBeGreaterThan(2);
  });

  it('by a device that is killed while profiles come and go, its folder holds', async ({ onTestFinished }) => {
    const findings = collecting();
    const programs = builtPrograms(onTestFinished);
    await deviceRounds({ programs, seed: 'suite', findings, signal: unstopped, rounds: 3 });
    expect(findings.texts).toEqual([]);
    expect(findings.tally).toMatchObject({ ...sound, rounds: 3 });
    expect(findings.tally.acknowledged).toBeGreaterThan(0);
  });
});
