import { Agent } from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareAnswer, trust } from '../../bench/bare.js';
import type { RunningAuthority, startAuthority as Start } from '../../index.js';
import { authorityKeys } from '../support/keys.js';
import { root } from './rollcall.js';

/** Of the library as it is built: threads are started from files. */
const { startAuthority }: { readonly startAuthority: typeof Start } = await import(
  pathToFileURL(join(root, 'dist/index.js')).href
);

const users = Array.from(
  { length: 700 },
  (_, index) => `  - { upn: user${index}@contoso.example, password: secret-${index} }`,
);
const file = ['version: 1', 'domain: contoso.example', 'users:', ...users, ''].join('\n');

function asking({ url, caPem, adminTokens }: RunningAuthority) {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const headers = { authorization: `Bearer ${adminTokens.administrator}` };
  const context = trust(caPem);
  return (method: string, query = '', body?: string) =>
    bareAnswer(`${url}/stub/v1/tenant${query}`, method, headers, body, context, agent);
}

describe('a tenant with thousands of users, as text', () => {
  it('is read and written on a thread of its own, secrets that were left out among it, and mistakes are told with their places', async () => {
    const authority = await startAuthority({ port: 0, newRsaKey: authorityKeys() });
    onTestFinished(() => authority.close());
    let threads = 0;
    const count = () => void threads++;
    process.on('worker', count);
    onTestFinished(() => void process.off('worker', count));
    const ask = asking(authority);
    expect(await ask('PUT', '', file)).toMatchObject({ status: 200 });
    expect(threads).toBe(1);
    const { text: hidden } = await ask('GET');
    const { text: shown } = await ask('GET', '?secrets=1');
    expect(threads).toBe(3);
    expect(hidden).not.toContain('secret-699');
    expect(shown).toContain('secret-699');
    expect(JSON.parse((await ask('PUT', '', hidden)).text)).toEqual({ changed: [] });
    expect((await ask('GET', '?secrets=1')).text).toBe(shown);
    const refused = await ask('PUT', '', shown.replace('user699@', 'user698@'));
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/tenant:\d+:\d+: users\[699\]/);
    expect((await ask('GET', '?secrets=1')).text).toBe(shown);

    process.once('worker', () => authority.tenant.audit({ by: 'administrator', activity: 'patchUser' }));
    const overtaken = await ask('PUT', '', hidden); // whose secrets are those of before
    expect([overtaken.status, JSON.parse(overtaken.text).error.code]).toEqual([409, 'Conflict']);
    expect((await ask('GET', '?secrets=1')).text).toBe(shown);
  });

  it('is one thread at a time', async () => {
    const authority = await startAuthority({ port: 0, newRsaKey: authorityKeys() });
    onTestFinished(() => authority.close());
    const ask = asking(authority);
    await ask('PUT', '', file);
    let [running, most] = [0, 0];
    const count = (worker: Worker) => {
      most = Math.max(most, ++running);
      worker.once('exit', () => running--);
    };
    process.on('worker', count);
    onTestFinished(() => void process.off('worker', count));
    const all = await Promise.all(Array.from({ length: 4 }, () => ask('GET')));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(most).toBe(1);
  });
});
