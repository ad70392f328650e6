// The surroundings that crash, disk and descriptor tests run the command in are what they are said to be.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { descriptors, insideOf, pidNamespace, smallDisk } from '../support/namespaces.js';
import { describeIf, has } from '../support/outside.js';
import { commandLine } from './rollcall.js';

const { folder, start, rollcall } = commandLine();
const disk = async (bytes: number) => {
  const made = await smallDisk(bytes);
  onTestFinished(() => made.close());
  return made;
};

describeIf(has('unshare -m'), 'unshare -m')('a small disk', () => {
  it('is full for the command that runs on it, has room again when it is made, and nobody else sees it', async () => {
    const { path, outside, within, fill, makeRoom, free } = await disk(64 * 1024);
    const write = (name: string) => {
      const script = `head -c 16384 /dev/zero > "${join(path, name)}"`;
      return start(['help'], { within: [...within, 'sh', '-c', script] }).ended;
    };
    fill(8192);
    expect(free()).toBe(8192);
    expect(await write('a')).toMatchObject({ code: 1, err: expect.stringContaining('No space left') });
    expect(readFileSync(join(outside, 'a')).length).toBe(8192);
    makeRoom();
    expect((await write('b')).code).toBe(0);
    expect(readFileSync(join(outside, 'b')).length).toBe(16384);
    expect(() => readFileSync(join(path, 'b'))).toThrow('ENOENT');
  });

  it('runs the command in the folder that it was started in, with its words as they are', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a plan.yaml'), 'name: it is here\n');
    const { within } = await disk(64 * 1024);
    const { code, err } = await rollcall(['fleet', 'plan', 'a plan.yaml'], { cwd, within });
    expect({ code, err }).toMatchObject({ code: 2, err: expect.not.stringContaining('ENOENT') });
  });
});

describeIf(has('unshare -p'), 'unshare -p')('a PID namespace', () => {
  it('has the command as its process 1; a signal reaches it through its id out here', async () => {
    const { child, says, ended } = start(['server', '--port', '0', '--json'], { within: pidNamespace });
    await says(/^\{.*\}$/m);
    const inside = insideOf(child.pid);
    expect(readFileSync(`/proc/${inside}/status`, 'utf8')).toMatch(/^NSpid:\s+\d+\s+1$/m);
    process.kill(inside ?? 0, 'SIGTERM');
    expect((await ended).code).toBe(143);
  });
});

describeIf(has('prlimit'), 'prlimit')('a bound of descriptors', () => {
  it('is the command’s own', async () => {
    const { child, says } = start(['server', '--port', '0', '--json'], { within: descriptors(256) });
    await says(/^\{.*\}$/m);
    expect(readFileSync(`/proc/${child.pid}/limits`, 'utf8')).toMatch(/^Max open files +256 +256 /m);
  });
});

describe('a command in no surroundings', () => {
  it('runs as it is', async () => {
    expect((await rollcall(['--version'])).code).toBe(0);
  });
});
