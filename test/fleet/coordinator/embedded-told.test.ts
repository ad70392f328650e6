import { expect, test } from 'vitest';
import { unemulatedIn } from '../../../fleet/coordinator/embedded.js';

test('words of the tenant file without effect are told by the embedded authority, whose log nobody reads', () => {
  const line = {
    level: 40,
    file: 't.yaml',
    line: 7,
    word: 'roles',
    why: 'is not emulated yet',
    msg: 'TENANT_WORD_NOT_EMULATED',
  };
  expect(unemulatedIn(JSON.stringify(line))).toBe('t.yaml:7: roles is not emulated yet');
  expect(unemulatedIn(JSON.stringify({ ...line, msg: 'BMS' }))).toBeUndefined();
  for (const other of ['', 'TENANT_WORD_NOT_EMULATED', '{"msg":"TENANT_WORD_NOT_EMULATED"}']) {
    expect(unemulatedIn(other)).toBeUndefined();
  }
});
