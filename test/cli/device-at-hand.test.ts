// What somebody at the device is told, and what the device remembers, at an MDM server that is not ours: no push service, no
// admin API, plain HTTP.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command, enrollmentProfile, opensslIdentity } from '../agent/platform/ios/harness.js';
import { describeWith } from '../support/programs.js';
import { commandLine } from './rollcall.js';

const { folder, here, start, authorityHere } = commandLine();

const servers = new Set<Server>();
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

interface Foreign {
  readonly url: string;
  readonly cwd: string;
  /** Commands that it gives out, in order. */
  readonly queue: Buffer[];
  /** The status that it answers to whatever comes, where it is set. */
  refuses: number | undefined;
}

async function foreign(identity: ReturnType<typeof opensslIdentity>): Promise<Foreign> {
  const queue: Buffer[] = [];
  const made: Omit<Foreign, 'url'> = { cwd: folder(), queue, refuses: undefined };
  let url = '';
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (made.refuses !== undefined) response.writeHead(made.refuses).end();
      else if (request.url?.startsWith('/enroll?code=7') === true)
        response.end(enrollmentProfile(identity).toString().replaceAll('https://mdm.test', url));
      else if (request.url === '/connect') response.end(queue.shift());
      else response.end();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  servers.add(server);
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return Object.assign(made, { url });
}

describeWith('openssl')('a device at somebody else’s MDM server', () => {
  let identity: ReturnType<typeof opensslIdentity>;
  beforeAll(() => {
    identity = opensslIdentity('at hand');
  });
  const enrollAt = ({ url }: Foreign) => ['device', '--server', `${url}/enroll?code=7`, '--allow-http'];

  it.concurrent('enrolls by the URL of a profile without a push service, says so once, and goes on tomorrow without an option', async () => {
    const server = await foreign(identity);
    const { cwd } = server;
    const first = await here([...enrollAt(server), '--state', 'phone', '--once', '--json'], { cwd });
    expect(first.code, first.err).toBe(0);
    const status = JSON.parse(first.out);
    expect(status).toMatchObject({ lifecycle: 'enrolled', commands: [], declarations: [], lifted: [] });
    expect(status.trouble).toMatchObject([{ code: 'PUSH_LOST', about: 'push', hint: expect.stringMatching(/--poll/) }]);

    const options = join(cwd, 'phone/options.json');
    expect(statSync(options).mode & 0o77).toBe(0);
    expect(JSON.parse(readFileSync(options, 'utf8'))).toMatchObject({
      version: 1,
      origin: server.url,
      allowHttp: true,
    });
    server.queue.push(command('RemoveProfile', '<key>Identifier</key><string>no.such</string>', 'one'));
    const later = await here(['device', '--state', 'phone', '--once', '--json'], { cwd });
    expect(later).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(later.out)).toMatchObject({
      id: status.id,
      session: { commands: 1 },
      commands: [{ name: 'RemoveProfile', about: 'no.such', id: 'one', status: 'failed', error: [{ code: 12075 }] }],
      trouble: [],
    });

    server.queue.push(command('MakeCoffee', '', 'two'));
    const shown = await here(['device', '--state', 'phone', '--once'], { cwd });
    expect(shown.err).toMatch(/command MakeCoffee: failed \(Error\), id two\n +MCMDMErrorDomain 12021: /);
    expect(shown.err).not.toContain('\u001b');
    expect(shown.out).toMatch(/enrolled at http:/);
  });

  it.concurrent('does not keep what is secret in the address that it enrolled by', async () => {
    const server = await foreign(identity);
    const { cwd } = server;
    const address = `${server.url}/enroll?code=7&access_token=hunter2`;
    const withPassword = address.replace('://', '://bob:hunter2@');
    const refused = await here(['device', '--server', withPassword, '--allow-http', '--once'], { cwd });
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('ROLLCALL_PASSWORD') });
    const enroll = ['device', '--server', address, '--allow-http', '--state', 'phone'];
    const first = await here([...enroll, '--once', '--json', '--log-level', 'debug'], { cwd });
    expect(JSON.parse(first.out)).toMatchObject({ lifecycle: 'enrolled' });
    expect(readFileSync(join(cwd, 'phone/options.json'), 'utf8')).toContain(`"${server.url}/enroll?code=7"`);
    await here(['device', '--state', 'phone', '--forget'], { cwd });
    const later = await here(['device', '--state', 'phone', '--once'], { cwd });
    expect(later.err).toMatch(/^rollcall: NOT_ENROLLED: /);
    expect(later.err).toContain(`the last time it was --server ${server.url}/enroll?code=7`);
    for (const text of [
      refused.out,
      refused.err,
      first.out,
      first.err,
      later.out,
      later.err,
      readFileSync(join(cwd, 'phone/options.json'), 'utf8'),
    ])
      expect(text).not.toContain('hunter2');
  });

  it.concurrent('a folder that holds no device is not made by asking for one', async () => {
    const cwd = folder();
    const asked = await here(['device', '--state', 'phnoe', '--once'], { cwd });
    expect(asked.code).toBe(5);
    expect(asked.err).toMatch(/^rollcall: NOT_ENROLLED: there is no device in phnoe\n.*--server or --profile/);
    expect(existsSync(join(cwd, 'phnoe'))).toBe(false);
  });

  it.concurrent('that was shut down is switched off until it is switched on again', async () => {
    const server = await foreign(identity);
    const { cwd } = server;
    server.queue.push(command('ShutDownDevice'));
    const off = await here([...enrollAt(server), '--state', 'phone', '--once', '--json'], { cwd });
    expect(JSON.parse(off.out)).toMatchObject({ powered: false, online: false, session: { commands: 1 } });
    const dark = await here(['device', '--state', 'phone', '--once', '--json'], { cwd });
    expect(dark.code).toBe(5);
    expect(dark.err).toMatch(
      /the device is switched off\n {2}It was shut down by a command; switch it on with "power on"/,
    );
    expect(JSON.parse(dark.out)).toMatchObject({ powered: false, error: { code: 'DEVICE_OFF', retry: false } });
    const lit = await here(['device', '--state', 'phone'], { cwd, input: 'status\npower on\nstatus\ncheck-in\n' });
    expect(lit.out).toMatch(
      /switched off[\s\S]*\non\n[\s\S]*unlocked, online[\s\S]*0 commands, 0 put off, 1 request\n/,
    );
  });

  it.concurrent('says why a Return to Service failed: the device is wiped, and enrolled nowhere', async () => {
    const server = await foreign(identity);
    const { cwd } = server;
    const profile = Buffer.from('no profile').toString('base64');
    const keys = `<key>Enabled</key><true/><key>MDMProfileData</key><data>${profile}</data>`;
    server.queue.push(command('EraseDevice', `<key>ReturnToService</key><dict>${keys}</dict>`));
    const ended = await here([...enrollAt(server), '--state', 'phone', '--once', '--json'], { cwd });
    expect(ended).toMatchObject({ code: 5, err: expect.stringMatching(/^rollcall: ENROLL_FAILED: .*MCProfileError/m) });
    expect(JSON.parse(ended.out)).toMatchObject({
      lifecycle: 'unenrolled',
      commands: [{ name: 'EraseDevice', status: 'done' }],
      error: { code: 'ENROLL_FAILED' },
    });
  });

  it.concurrent('that is not known any more says how to enroll again, and a refusal of its identity asks for no user', async () => {
    const server = await foreign(identity);
    const { cwd } = server;
    expect((await here([...enrollAt(server), '--state', 'phone', '--once'], { cwd })).code).toBe(0);
    server.refuses = 400;
    const unknown = await here(['device', '--state', 'phone', '--once'], { cwd });
    expect(unknown.code).toBe(5);
    expect(unknown.err).toMatch(
      /answered 400\n {2}.*restarted without its data.*`rollcall device --state phone --forget`/,
    );
    const asked = await here(['device', '--state', 'phone'], { cwd, input: 'check-in\n' });
    expect(asked.out.match(/`rollcall device --state phone --forget`/g), asked.out).toHaveLength(1); // as it is told here, and once
    server.refuses = 401;
    const left = await here(['device', '--state', 'phone', '--once'], { cwd });
    expect(left.err).toMatch(
      /CHECKIN_REFUSED: .*\n {2}.*To enroll again give --server or --profile with --state phone/,
    );
    const again = await here([...enrollAt(server), '--once'], { cwd });
    expect(again.err).toMatch(/ENROLL_REFUSED: .*401\n {2}Say who enrolls, with --user/);
    writeFileSync(
      join(cwd, 'enroll.mobileconfig'),
      enrollmentProfile(identity).toString().replaceAll('https://mdm.test', server.url),
    );
    const file = ['device', '--profile', 'enroll.mobileconfig', '--allow-http', '--once'];
    const disbelieved = await here(file, { cwd });
    expect(disbelieved.err).toMatch(/ENROLL_REFUSED: Authenticate: .*401.*\n {2}.*does not believe the identity/);
    expect(disbelieved.err).not.toMatch(/--user/);
    server.refuses = 400;
    const refused = await here([...file, '--json'], { cwd });
    expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'ENROLL_FAILED', retry: false } });
  });

  it.concurrent('stays when its input ends, where it is told to', async () => {
    const server = await foreign(identity);
    const { child, says, ended } = start([...enrollAt(server), '--stay'], { cwd: server.cwd });
    child.stdin.end('status\n');
    await says(/enrolled at http:[\s\S]*enrolled at http:/); // at its start, and as asked
    server.queue.push(command('MakeCoffee'));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  });
});

it.concurrent('a device of a seed is the same each time, as it was asked for, and takes no other facts', async () => {
  const { announced, cwd } = await authorityHere();
  const at = ['--server', announced.url, '--ca', 'ca.pem', '--user', 'user1@contoso.example', '--once', '--json'];
  const facts = ['--seed', '7', '--model', 'iPhone 14 Pro', '--os', '18.1', '--unsupervised', '--name', 'Anna’s'];
  const status = async (args: readonly string[]) => JSON.parse((await here(['device', ...args, ...at], { cwd })).out);
  const one = await status([...facts, '--state', 'one']);
  expect(one).toMatchObject({ model: 'iPhone15,2', osVersion: '18.1', deviceName: 'Anna’s' });
  expect(await status(['--serial', 'C39XK7PLJC', '--udid', '00008120-000A10843C22201E'])).toMatchObject({
    serial: 'C39XK7PLJC',
    id: '00008120-000A10843C22201E',
  });
  expect(await status([...facts, '--state', 'two'])).toMatchObject({ id: one.id, serial: one.serial });
  rmSync(join(cwd, 'ca.pem'));
  const again = await here(['device', '--state', 'two', '--once', '--seed', '7', '--json'], { cwd });
  expect(again).toMatchObject({ code: 0, err: '' }); // the CA is remembered, not its file
  const other = await here(['device', '--state', 'two', '--once', '--serial', 'C39XK7PLJC'], { cwd });
  expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/--serial: the device in two is another/) });
  const lenient = await here(['device', '--state', 'two', '--once', '--lenient', 'tls,scep'], { cwd });
  expect(lenient.err).toMatch(/^lifted, though a real device would refuse: tls, scep/);
  const still = await here(['device', '--state', 'two', '--once', '--json'], { cwd });
  expect(JSON.parse(still.out)).toMatchObject({ lenient: ['tls', 'scep'] });
  expect(
    JSON.parse((await here(['device', '--state', 'two', '--once', '--json', '--lenient', 'none'], { cwd })).out),
  ).toMatchObject({ lenient: [] });
  writeFileSync(join(cwd, 'two/options.json'), '{"version":2}');
  expect((await here(['device', '--state', 'two', '--once'], { cwd })).err).toMatch(
    /STATE_CORRUPT: .*options\.json: version 2/,
  );
});

it.concurrent('a push connection that is lost is told once, for nothing wakes the device meanwhile', async () => {
  const { announced, cwd, authority } = await authorityHere();
  const at = ['--server', announced.url, '--ca', 'ca.pem', '--user', 'user1@contoso.example'];
  const device = start(['device', ...at, '--stay'], { cwd });
  await device.says(/checked in: \d+ commands/);
  await authority.close();
  await device.says(/push: the connection is lost, and tried again: /);
  device.child.kill('SIGTERM');
  const { err } = await device.ended;
  expect(err.match(/the connection is lost/g)).toHaveLength(1);
});
