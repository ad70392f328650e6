// The power goes at any moment; see support/power-loss. More of it: npm run torture -- --only power.
import { expect, it, onTestFinished } from 'vitest';
import { authorityKeys } from '../support/keys.js';
import { describeIf, has } from '../support/outside.js';
import { losePowerOfDevice } from '../torture/power-of-device.js';
import { losePowerOfStub } from '../torture/power-of-stub.js';
import { newTally } from '../torture/tally.js';
import { builtPrograms, unstopped } from './findings.js';

describeIf(has('gcc'), 'gcc')('a loss of power', () => {
  it('leaves a stub’s folder one that opens and holds what was acknowledged by then', async () => {
    const programs = builtPrograms(onTestFinished);
    const tally = newTally();
    const common = { programs, seed: 'suite', tally, signal: unstopped, newRsaKey: authorityKeys() };
    expect(await losePowerOfStub({ ...common, changes: 12, most: 60 })).toEqual([]);
    expect(tally.acknowledged).toBeGreaterThan(10);
    expect(tally.rounds).toBeGreaterThan(40);
  });

  it('leaves a device’s folder one that opens and holds what its authority was told by then', async () => {
    const programs = builtPrograms(onTestFinished);
    const tally = newTally();
    expect(
      await losePowerOfDevice({
        programs,
        seed: 'suite',
        tally,
        signal: unstopped,
        changes: 2,
        most: 80,
        newRsaKey: authorityKeys(),
      }),
    ).toEqual([]);
    expect(tally.acknowledged).toBeGreaterThan(3);
    expect(tally.rounds).toBeGreaterThan(40);
  });
});
