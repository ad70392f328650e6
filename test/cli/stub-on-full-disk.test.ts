// A stub whose disk is full refuses changes in the words of each protocol, says so, and goes on by itself when there is room again.
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../base/clock.js';
import { exchange } from '../server-stub/ios/stub.js';
import { smallDisk } from '../support/namespaces.js';
import { describeIf, has } from '../support/outside.js';
import { type Announced, commandLine } from './rollcall.js';

const { start, here, folderWithKeys } = commandLine();

/** A stub on the disk, and what may be asked of it. */
async function startOn(disk: Awaited<ReturnType<typeof smallDisk>>) {
  const server = start(['server', '--port', '0', '--json', '--data', join(disk.path, 'data')], { within: disk.within });
  const [line] = await server.says(/^\{.*\}$/m);
  const { url, ca, tokens } = JSON.parse(line) as Announced;
  const agent = new Agent({ keepAlive: true, ca });
  onTestFinished(() => agent.destroy());
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${tokens.administrator}`, 'content-type': 'application/json' };
    const reply = await exchange(new URL(path, url), ca, agent, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: reply.status, body: reply.body.length === 0 ? {} : JSON.parse(reply.body.toString('utf8')) };
  };
  return {
    ...server,
    url,
    ca,
    ask,
    addUser: (name: string) =>
      ask('POST', '/v1.0/users', {
        accountEnabled: true,
        displayName: name,
        userPrincipalName: `${name}@contoso.example`,
      }),
    async stop() {
      server.child.kill('SIGTERM');
      return (await server.ended).code;
    },
  };
}

describeIf(has('unshare -m'), 'unshare -m')('a stub on a disk that is full', () => {
  it('refuses changes, lets check-ins that change nothing go on, and is whole again when there is room', async () => {
    const disk = await smallDisk(512 * 1024);
    onTestFinished(() => disk.close());
    const stub = await startOn(disk);
    const cwd = folderWithKeys();
    writeFileSync(join(cwd, 'ca.pem'), stub.ca);
    const device = (...more: string[]) => here(['device', '--ca', 'ca.pem', '--once', ...more], { cwd });
    const user = ['--user', 'user1@contoso.example'];
    expect(await device('--server', stub.url, ...user, '--state', 'phone')).toMatchObject({ code: 0 });

    disk.fill();
    const kept: string[] = [];
    let last = await stub.addUser('u0');
    for (let n = 1; last.status === 201 && n < 100; n++) {
      kept.push(`u${n - 1}`);
      last = await stub.addUser(`u${n}`);
    }
    expect(last).toMatchObject({ status: 507, body: { error: { code: 'InsufficientStorage' } } });
    expect(await stub.addUser('late')).toMatchObject({ status: 507 });
    expect(await stub.ask('GET', '/healthz')).toMatchObject({ status: 503, body: { code: 'STORE_UNWRITABLE' } });
    expect(await stub.ask('GET', '/v1.0/users')).toMatchObject({ status: 200 });
    expect(await device('--state', 'phone')).toMatchObject({ code: 0 });
    const other = await device('--server', stub.url, ...user, '--state', 'other');
    expect(other).toMatchObject({ code: 5, err: expect.stringContaining('503') });

    disk.makeRoom();
    while ((await stub.ask('GET', '/healthz')).status !== 200) await realClock.sleep(20);
    expect(await stub.addUser('after')).toMatchObject({ status: 201 });
    expect(await device('--server', stub.url, ...user, '--state', 'other')).toMatchObject({ code: 0 });
    expect(await stub.stop()).toBe(143);

    const again = await startOn(disk);
    const { body } = await again.ask('GET', '/v1.0/users?$top=999');
    const names = body.value.map(({ displayName }: { displayName: string }) => displayName);
    expect(names).toEqual(expect.arrayContaining([...kept, 'after']));
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('late');
    expect((await again.ask('GET', '/v1.0/deviceManagement/managedDevices')).body.value).toHaveLength(2);
    expect(await again.stop()).toBe(143);
  });
});
