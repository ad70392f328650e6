import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, isRollcallError, readScenario, runFleet, startAuthority } from '../../index.js';
import { authorityKeys } from '../support/keys.js';
import { temporaryFolder } from '../support/programs.js';
import { root } from './rollcall.js';

describe("the library's door", () => {
  it("does what the README's example says", async () => {
    const authority = await startAuthority({ port: 0, newRsaKey: authorityKeys() });
    onTestFinished(() => authority.close());
    const { ports, close } = await createPorts({ ca: authority.caPem, pushUrl: authority.pushUrl });
    onTestFinished(() => close());
    const device = createDevice({ platform: 'ios', ports });
    onTestFinished(() => device.close());
    await device.enroll({ authority: 'stub', url: `${authority.url}/enroll/ios?user=user1@contoso.example` });
    await device.checkIn();
    const names = device.state.holdings.map((holding) => holding.profile.name);
    expect(names).toContain('Contoso mail');
  });

  it('has everything that the README imports from it', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, imported = ''] = /import \{ ([^}]+) \} from 'rollcall'/.exec(readme) ?? [];
    const door: Record<string, unknown> = await import('../../index.js');
    expect(imported).not.toBe('');
    for (const name of imported.split(',')) expect(door[name.trim()]).toBeTypeOf('function');
  });

  it('runs a fleet against an authority that is there', async () => {
    const authority = await startAuthority({ port: 0, newRsaKey: authorityKeys() });
    onTestFinished(() => authority.close());
    const result = await runFleet({
      plan: readScenario('name: mine\ndevices: { ios: 2 }\nkeys: { pool: 1 }\nsteps: [{ enroll: {} }, { leave: {} }]'),
      target: { url: authority.url, ca: authority.caPem },
      keysFolder: temporaryFolder(),
    });
    expect(result.outcome).toBe('passed');
  });

  it('tells its own errors from others', () => {
    expect(() => readScenario('')).toThrow(expect.toSatisfy((error) => isRollcallError(error, 'SCENARIO_INVALID')));
  });
});
