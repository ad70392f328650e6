// What the commands print of what others send.
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { commandLine } from './rollcall.js';

const { here, startServer } = commandLine();

it('escape sequences of a server that refuses reach no terminal', async () => {
  const refusal = {
    code: 'E01',
    failureReason: 'no\u001b[2J\u009b31m',
    remedies: 'go\u001b]0;title\u0007 away\u202e\nrollcall: enrolled',
  };
  const server = createServer((_, response) => {
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, out, err } = await here(['device', '--server', url, '--allow-http', '--user', 'a@b.c', '--once']);
  expect(code).toBe(5);
  expect(err).toContain('ENROLL_REFUSED');
  expect(err).toContain('no\\u001b[2J\\u009b31m');
  expect(err).toContain('go\\u001b]0;title\\u0007 away\\u202e');
  expect(out + err).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
  expect(err.split('\n').filter((line) => line.startsWith('rollcall'))).toHaveLength(1);
});

it('the stub says a refusal once, and then how often it was', async () => {
  const { child, ended, announced } = await startServer();
  const ask = (path: string) =>
    new Promise<void>((resolve, reject) => {
      const options = { ca: announced.ca, headers: { authorization: 'Bearer wrong' } };
      request(`${announced.url}${path}`, options, (answer) => void answer.resume().on('end', resolve))
        .on('error', reject)
        .end();
    });
  for (let time = 0; time < 100; time++) await ask('/v1.0/users');
  child.kill('SIGTERM');
  const { err } = await ended;
  const lines = err
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly msg: string; readonly repeated?: number });
  const said = lines.filter(({ msg }) => msg === 'UNAUTHORIZED');
  expect(said.reduce((sum, { repeated = 1 }) => sum + repeated, 0)).toBe(100);
  expect(said.length).toBeLessThan(10);
});
