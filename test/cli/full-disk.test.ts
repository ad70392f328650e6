// Devices and reports on a disk of 96 KiB (a tmpfs) that has less room than they need.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SmallDisk, smallDisk } from '../support/namespaces.js';
import { describeIf, has } from '../support/outside.js';
import { commandLine } from './rollcall.js';

const { folderWithKeys, here, rollcall, startServer, sharedServer } = commandLine();

async function disk(): Promise<SmallDisk> {
  const made = await smallDisk(96 * 1024);
  onTestFinished(() => made.close());
  return made;
}

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describeIf(has('unshare -m'), 'unshare -m')('on a disk with little room', () => {
  it('a device is saved whole or is as it was, and says which; with room again it goes on', async () => {
    const { announced, cwd } = await sharedServer();
    const small = await disk();
    const state = join(small.outside, 'phone');
    const device = (...args: string[]) =>
      here(['device', '--state', state, '--ca', 'ca.pem', '--once', '--json', ...args], { cwd });
    const enrolled = await device('--server', announced.url, '--user', 'user1@contoso.example');
    expect(enrolled).toMatchObject({ code: 0, err: '' });
    const before = JSON.parse(enrolled.out);
    const file = join(small.outside, 'phone', `${before.id.replace(/[^A-Z0-9-]/g, '')}.device`);
    const outcomes: string[] = [];
    for (const pages of [1, 2, 3, 4, 8]) {
      small.fill(pages * 4096);
      const digest = digestOf(file);
      const { code, out, err } = await device();
      if (code === 0) expect(JSON.parse(out)).toMatchObject({ id: before.id, lifecycle: 'enrolled' });
      else {
        expect(JSON.parse(out)).toMatchObject({
          error: { code: 'STATE_UNSAVED', causes: [expect.stringMatching(/^ENOSPC/)] },
        });
        expect(err).toMatch(/^rollcall: STATE_UNSAVED: [^\n]* cannot be written\n {2}.*space[\s\S]*because: ENOSPC/m);
        expect({ code, digest: digestOf(file) }).toEqual({ code: 5, digest });
      }
      expect(readdirSync(join(small.outside, 'phone')).filter((name) => name.endsWith('.new'))).toEqual([]);
      outcomes.push(code === 0 ? 'saved' : 'as it was');
    }
    expect(outcomes[0]).toBe('as it was');
    small.makeRoom();
    const after = await device();
    expect(after).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(after.out)).toMatchObject({ id: before.id, serial: before.serial, lifecycle: 'enrolled' });
  });

  it('a device that cannot be kept is not enrolled, on either side', async () => {
    const { announced, cwd } = await sharedServer();
    const small = await disk();
    small.fill(4096);
    const at = ['--server', announced.url, '--ca', 'ca.pem', '--user', 'user1@contoso.example'];
    const args = ['device', '--state', join(small.path, 'phone'), ...at, '--once'];
    const refused = await rollcall(args, { cwd, within: small.within });
    expect(refused.err).toContain('rollcall: STATE_UNSAVED: ');
    expect(refused.code).toBe(5);
    small.makeRoom();
    expect((await rollcall(args, { cwd, within: small.within })).code).toBe(0);
  });

  it('a run that passed says so, and that its report is missing; what is half is not left', async () => {
    const cwd = folderWithKeys();
    const small = await disk();
    const report = join(small.outside, 'smoke.xml');
    writeFileSync(join(small.outside, 'smoke.xml'), 'of another run');
    small.fill();
    writeFileSync(join(cwd, 's.yaml'), 'name: s\ndevices: { ios: 1 }\nkeys: { pool: 1 }\nsteps: [{ enroll: {} }]\n');
    const args = ['fleet', 'run', 's.yaml', '--quiet', '--junit', report, '--out', join(small.outside, '.')];
    const { code, out, err } = await here(args, { cwd });
    expect(out).toMatch(/^s: passed in /m);
    expect(err).toMatch(/^rollcall: REPORT_UNWRITTEN: .*summary\.json.* could not be written\n {2}The run ended/);
    expect(err).not.toMatch(/nothing was sent/i);
    expect(code).toBe(4);
    expect(readdirSync(small.outside).filter((name) => name.endsWith('.json'))).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('on standard output or error that is full', () => {
  it('a command whose output cannot be written says so', async () => {
    const { code, err } = await rollcall(['fleet', 'plan', 'scenarios/switch.yaml', '--json'], {
      cwd: process.cwd(),
      within: ['sh', '-c', 'exec "$@" > /dev/full', 'sh'],
    });
    expect(err).toMatch(/^rollcall: OUTPUT_LOST: standard output: ENOSPC/);
    expect(code).toBe(4);
  });

  it('a stub whose log cannot be written goes on, and ends when it is told to', async () => {
    const { announced, child, ended, cwd } = await startServer({
      within: ['sh', '-c', 'exec "$@" 2> /dev/full', 'sh'],
    });
    const enroll = (user: string) =>
      here(['device', '--once', '--server', announced.url, '--ca', 'ca.pem', '--user', user], { cwd });
    expect((await enroll('nobody@contoso.example')).code).toBe(5); // which the stub logs
    expect((await enroll('user1@contoso.example')).code).toBe(0);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  });
});
