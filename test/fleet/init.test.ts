import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { deviceTotal } from '../../fleet/scenario/model.js';
import { readScenarioAt } from '../../fleet/scenario/read.js';
import { rollcallHere } from '../cli/in-process.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-init-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('rollcall init', () => {
  it('writes a scenario that is read as it is, and says what to do with it', async () => {
    const file = join(folder, 'new/first.yaml');
    expect(await rollcallHere(['init', file])).toEqual({
      code: 0,
      signal: null,
      err: '',
      out: expect.stringMatching(/^\/\S+first\.yaml: 30 devices[\s\S]*rollcall fleet run \/\S+first\.yaml/),
    });
    const plan = readScenarioAt(file);
    expect(deviceTotal(plan)).toBe(30);
    expect(plan.phases.map(({ name }) => name)).toEqual(['enroll', 'check-in', 'switch', 'after the switch', 'leave']);
  });

  it('tells editors in its first line where the schema is', async () => {
    const file = join(folder, 'schema.yaml');
    await rollcallHere(['init', file]);
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.+)\n/.exec(readFileSync(file, 'utf8')) ?? [];
    expect(readFileSync(resolve(dirname(file), schema), 'utf8')).toContain('A scenario of Rollcall');
  });

  it('leaves a file alone that is there', async () => {
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, 'mine');
    const { code, out, err } = await rollcallHere(['init', file]);
    expect([code, out, readFileSync(file, 'utf8')]).toEqual([2, '', 'mine']);
    expect(err).toMatch(/^rollcall: FILE_UNUSABLE: \S+mine\.yaml exists already[\s\S]*rollcall init other\.yaml/);
  });

  it('quotes a name for the shell where that is needed', async () => {
    const { out } = await rollcallHere(['init', join(folder, "it's.yaml")]);
    expect(out).toContain(String.raw`it'\''s.yaml'`);
    expect(existsSync(join(folder, "it's.yaml"))).toBe(true);
  });

  it('says what stands in the way', async () => {
    const { code, err } = await rollcallHere(['init', '/proc/x/y.yaml']);
    expect([code, err]).toEqual([2, expect.stringMatching(/^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/)]);
  });
});
