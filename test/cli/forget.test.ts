import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine } from './rollcall.js';

const { folder, here, authorityHere } = commandLine();

describe.concurrent('rollcall device --forget', () => {
  it('drops the enrollment without the network, and the same device enrolls at another authority', async () => {
    const lost = await authorityHere();
    const { cwd } = lost;
    const at = (url: string, ca: string) => ['--server', url, '--ca', ca, '--user', 'user1@contoso.example'];
    const device = (...args: string[]) => here(['device', '--state', 'phone', ...args], { cwd });
    const first = JSON.parse((await device(...at(lost.announced.url, 'ca.pem'), '--once', '--json')).out);
    await lost.authority.close();

    const { code, out, err } = await device('--forget', '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const status = JSON.parse(out);
    expect(status).toMatchObject({ id: first.id, serial: first.serial, lifecycle: 'unenrolled', authority: null });
    expect(status.profiles).toEqual([]);
    expect(status.forgotten).toEqual({
      authority: first.authority,
      profiles: first.profiles.map(({ name }: { name: string }) => name),
      apps: [],
    });

    const again = await device('--forget');
    expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/serial .*\n {2}was not enrolled/) });

    const other = await authorityHere();
    const anew = await device(...at(other.announced.url, join(other.cwd, 'ca.pem')), '--once', '--json');
    expect(JSON.parse(anew.out)).toMatchObject({ id: first.id, serial: first.serial, lifecycle: 'enrolled' });

    const told = await device('--forget');
    expect(told.out).toMatch(/forgotten {3}the enrollment at https:.*\n {2}removed {5}\d+ profiles: .*\n.*\n {2}kept/);
  });

  it('is a word of the prompt too', async () => {
    const { announced, cwd } = await authorityHere();
    const args = ['device', '--server', announced.url, '--ca', 'ca.pem', '--user', 'user1@contoso.example'];
    const { out } = await here(args, { cwd, input: 'offline\nforget\nforget\nonline\nenroll\n' });
    expect(out).toMatch(/\nforgotten\n[\s\S]*nothing to forget\n[\s\S]*\nenrolled\n/);
  });

  it('says that there is no device in a folder, and makes none', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'empty'));
    const { code, err } = await here(['device', '--forget', '--state', 'empty'], { cwd });
    expect(err).toMatch(/^rollcall: NOT_ENROLLED: there is no device in empty/);
    expect(code).toBe(5);
    expect(readdirSync(join(cwd, 'empty'))).toEqual([]);
    await here(['device', '--forget', '--state', 'missing'], { cwd });
    expect(existsSync(join(cwd, 'missing'))).toBe(false);
  });
});
