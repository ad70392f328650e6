import { Agent } from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareAnswer, trust } from '../../bench/bare.js';
import type { startAuthority as Start } from '../../index.js';
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

describe('a tenant with thousands of users, as text', () => {
  it('is read and written on a thread of its own, secrets that were left out among it, and mistakes are told with their places', async () => {
    const authority = await startAuthority({ port: 0 });
    onTestFinished(() => authority.close());
    let threads = 0;
    const count = () => void threads++;
    process.on('worker', count);
    onTestFinished(() => void process.off('worker', count));
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const authorization = `Bearer ${authority.adminTokens.administrator}`;
    const ask = (method: string, query = '', body?: string) =>
      bareAnswer(
        `${authority.url}/stub/v1/tenant${query}`,
        method,
        { authorization },
        body,
        trust(authority.caPem),
        agent,
      );

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
  });
});
