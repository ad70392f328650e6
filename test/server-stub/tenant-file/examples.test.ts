// The published examples, started as their first lines say.
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { memoryLog } from '../../../base/log.js';
import { startAuthority } from '../../../index.js';
import * as registry from '../../../server-stub/registry.js';
import { servedTraits } from '../../../server-stub/served-traits.js';
import { tellUnemulated } from '../../../server-stub/tenant-file/later.js';
import type { TenantProblem } from '../../../server-stub/tenant-file/problems.js';
import { readTenantAt } from '../../../server-stub/tenant-file/read.js';
import { authorityKeys } from '../../support/keys.js';

test.each([
  ['tenant-basic', ['bms.policies', 'exchange']],
  ['tenant-coexistence', []],
  ['tenant-restricted', ['apps', 'conditionalAccess', 'operators', 'roles']],
])('scenarios/%s.yaml starts, tells what is not emulated, and is told and taken again', async (name, expected) => {
  const path = fileURLToPath(new URL(`../../../scenarios/${name}.yaml`, import.meta.url));
  const words: TenantProblem[] = [];
  const tenant = readTenantAt(path, servedTraits(registry), (word) => words.push(word), {
    GUEST_WIFI: 'welcome words',
  });
  const log = memoryLog();
  tellUnemulated(log, path, words);
  const warned = log.lines.filter(({ event }) => event === 'TENANT_WORD_NOT_EMULATED');
  expect(warned.map(({ values }) => values['word']).sort()).toEqual(expected);
  const running = await startAuthority({ tenant, tls: false, log: memoryLog(), newRsaKey: authorityKeys() });
  onTestFinished(() => running.close());
  const headers = { authorization: `Bearer ${running.adminTokens.administrator}` };
  const address = `${running.url}/stub/v1/tenant`;
  const text = await (await fetch(address, { headers })).text();
  expect(text).toContain(`displayName: ${tenant.displayName}`);
  const again = await fetch(address, { method: 'PUT', headers, body: text });
  expect([again.status, await again.json()]).toEqual([200, { changed: [] }]);
});
