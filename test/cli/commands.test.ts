import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { has } from '../support/outside.js';
import { commandLine } from './rollcall.js';

const { folder, here, rollcall, start, authorityHere, startServer, sharedServer } = commandLine();

describe.concurrent('rollcall server', () => {
  it('says in one line of JSON where it is, and writes no files of its own accord then', async () => {
    const { announced, child, ended } = await startServer();
    expect(announced).toEqual({
      url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      pushUrl: expect.stringMatching(/^wss:.*\/push$/),
      apnsUrl: expect.stringMatching(/^https:/),
      ca: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
      tokens: { administrator: expect.any(String), helpDesk: expect.any(String), reader: expect.any(String) },
      announced: {
        ios: { enroll: `${announced.url}/enroll/ios?user=user1@contoso.example` },
        windows: { enroll: `${announced.url}/EnrollmentServer/Discovery.svc` },
        android: {
          enroll: `${announced.url}/rest/public/qr/json/default?create=1`,
          mqtt: expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/),
        },
      },
    });
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  });

  it('writes the CA to trust where the next command looks for it, and ends with Ctrl-C', async () => {
    const cwd = folder();
    const { says, child, ended } = start(['server', '--port', '0'], { cwd });
    await says(/Ctrl-C stops it/);
    expect(readFileSync(join(cwd, '.rollcall/ca.pem'), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  it('is told when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1').unref();
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, err } = await here(['server', '--port', String(port)]);
    expect(code).toBe(5);
    other.close();
    expect(err).toMatch(/^rollcall: PORT_TAKEN: .*\n {2}.*--port/);
  });
});

describe.concurrent('rollcall device', () => {
  it('enrolls once, and after a restart checks in with the same identity', async () => {
    const { announced, cwd } = await sharedServer();
    const there = ['--server', announced.url, '--ca', 'ca.pem', '--user', 'user1@contoso.example'];
    const first = await rollcall(['device', ...there, '--state', 'phone', '--once', '--json'], { cwd });
    expect(first).toMatchObject({ code: 0, err: '' });
    const status = JSON.parse(first.out);
    expect(status).toMatchObject({ platform: 'ios', lifecycle: 'enrolled', session: { later: 0 } });
    const kinds = new Set(status.profiles.map((each: { kind: string }) => each.kind));
    expect(kinds).toEqual(new Set(['email', 'vpn', 'wifi', 'certificate', 'configuration']));
    expect(first.out).not.toMatch(/password|PRIVATE KEY|pkcs8/i);

    const second = await here(['device', '--state', 'phone', '--ca', 'ca.pem', '--once', '--json'], { cwd });
    expect(JSON.parse(second.out)).toMatchObject({
      id: status.id,
      serial: status.serial,
      session: { commands: 0, requests: 1 },
    });
    expect(statSync(join(cwd, 'phone')).mode & 0o77).toBe(0);
  });

  it('does what the lines of its standard input say, to the last of them, and tells failures with what to do', async () => {
    const { announced, cwd } = await sharedServer();
    const input = 'check-in\nuse email\noffline\ncheck-in\nonline\nfly\nleave\ncheck-in\nenroll\nstatus';
    const { code, out } = await rollcall(
      ['device', '--server', announced.url, '--ca', 'ca.pem', '--user', 'user2@contoso.example'],
      { cwd, input },
    );
    expect(code).toBe(0);
    const marks = [
      'commands, 0 put off',
      'email: let through',
      'TRANSPORT_LOST: the device is offline\n  ',
      'no such word: fly',
      '\nleft\n',
      'NOT_ENROLLED: ',
      '\nenrolled\n',
      'enrolled at https:',
    ];
    let from = 0;
    for (const mark of marks) {
      const at = out.indexOf(mark, from);
      expect(at, `"${mark}" after ${from} in\n${out}`).toBeGreaterThanOrEqual(0);
      from = at;
    }
  });

  it('shows the remedies of an authority that refuses it, and the way to trust one', async () => {
    const { announced, cwd } = await sharedServer();
    const at = ['device', '--once', '--server', announced.url];
    const [stranger, nobody, untrusting] = await Promise.all([
      here([...at, '--ca', 'ca.pem', '--user', 'nobody@contoso.example'], { cwd }),
      here([...at, '--ca', 'ca.pem'], { cwd }),
      here([...at, '--user', 'user1@contoso.example'], { cwd }),
    ]);
    expect(stranger.err).toMatch(/ENROLL_REFUSED: .*user was not found.*\n {2}Check the spelling/);
    expect(nobody.err).toMatch(/ENROLL_REFUSED: .*401\n {2}Say who enrolls, with --user/);
    expect(untrusting.err).toMatch(/TLS_UNTRUSTED: .*\n {2}.*--ca/);
    for (const each of [stranger, nobody, untrusting]) expect(each).toMatchObject({ code: 5, out: '' });
  });

  it('says that there is nothing in an empty folder', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'empty'), { mode: 0o700 });
    const { code, err } = await here(['device', '--state', 'empty', '--once'], { cwd });
    expect(code).toBe(5);
    expect(err).toMatch(/^rollcall: NOT_ENROLLED: .*\n {2}Give --server or --profile/);
  });
});

describe.concurrent('rollcall smoke', () => {
  it('passes against the embedded stub and leaves reports; nothing is drawn where nobody looks', async () => {
    const cwd = folder();
    const { code, out, err } = await rollcall(['smoke', '--json', '--junit', 'out/smoke.xml', '--out', 'out/run'], {
      cwd,
      env: { CI: 'true' },
    });
    expect({ code, err: err.replace(/^.*$/gm, '').trim() }).toEqual({ code: 0, err: '' });
    const result = JSON.parse(out);
    expect(result).toMatchObject({ scenario: 'smoke', outcome: 'passed' });
    expect(JSON.parse(readFileSync(join(cwd, 'out/run/summary.json'), 'utf8'))).toEqual(result);
    expect(readFileSync(join(cwd, 'out/smoke.xml'), 'utf8')).toMatch(/tests="12" failures="0"/);
    if (has('xmllint')) execFileSync('xmllint', ['--noout', join(cwd, 'out/smoke.xml')]);
    expect(err).not.toContain('\u001b');
    expect(existsSync(join(cwd, '.rollcall/ca.pem'))).toBe(false); // a server that runs here keeps its own
    expect(statSync(join(cwd, '.rollcall/keys')).mode & 0o77).toBe(0);
  });

  it('runs at an authority that is running, twice', async () => {
    const { announced, cwd } = await authorityHere();
    const args = ['smoke', '--quiet', '--server', announced.url, '--ca', 'ca.pem', '--platform', 'ios'];
    for (let time = 0; time < 2; time++) {
      const { code, out, err } = await here(args, { cwd, env: { ROLLCALL_TOKEN: announced.tokens.administrator } });
      expect({ code, err }, out).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^smoke: passed in .*seed "rollcall"$/m);
      expect(out).toMatch(/^1 skipped:\n {2}A9: .*leave --server out$/m);
    }
  });

  it('does not start where nobody listens, where its token is wrong, or where it has none', async () => {
    const { announced, cwd } = await sharedServer();
    const at = ['smoke', '--server', announced.url, '--ca', 'ca.pem'];
    const [away, wrong, none] = await Promise.all([
      here(['smoke', '--server', 'https://127.0.0.1:9', '--token', 'x'], { cwd }),
      here([...at, '--token', 'wrong'], { cwd }),
      here(at, { cwd }),
    ]);
    for (const each of [away, wrong, none]) {
      expect(each.code).toBe(5);
      expect(each.err).toMatch(/rollcall: RUN_NOT_STARTED: .*\n {2}\S/);
      expect(each.err).not.toMatch(/\n\s+at /);
    }
  });
});
