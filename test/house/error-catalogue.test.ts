import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { agentCatalogue } from '../../agent/errors.js';
import { commandLineCatalogue } from '../../base/command-line.js';
import { baseCatalogue } from '../../base/errors.js';
import { exitCodeOf, exitCodes } from '../../base/exit-codes.js';
import { fleetCatalogue } from '../../fleet/errors.js';
import { protocolCatalogue } from '../../protocol/errors.js';
import { stubCatalogue } from '../../server-stub/errors.js';

const page = readFileSync(resolve(dirname(fileURLToPath(import.meta.url)), '../../docs/errors.md'), 'utf8');
const catalogues = {
  base: baseCatalogue,
  'command-line': commandLineCatalogue,
  protocol: protocolCatalogue,
  agent: agentCatalogue,
  'server-stub': stubCatalogue,
  fleet: fleetCatalogue,
};
const entries = Object.values(catalogues).flatMap((each) => Object.entries(each));
const rows = [...page.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \| (yes|no) \| (.+) \|$/gm)].map(([, code, retry, hint]) => ({
  code,
  retry,
  hint,
}));

describe('docs/errors.md and the error catalogues', () => {
  it('say the same, in both directions', () => {
    const inCode = entries.map(([code, entry]) => ({ code, retry: entry.retry ? 'yes' : 'no', hint: entry.hint }));
    const sorted = (list: typeof inCode) => [...list].sort((a, b) => (a.code < b.code ? -1 : 1));
    expect(sorted(rows as typeof inCode)).toEqual(sorted(inCode));
  });

  it('no code has two meanings', () => {
    const codes = entries.map(([code]) => code);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  });

  it('every code has the exit code that the page says', () => {
    const listed = [...page.matchAll(/^\| (\d+) \w+ \| (`[A-Z].*) \|$/gm)].flatMap(([, number, codes = '']) =>
      codes.split(', ').map((code) => [code.replaceAll('`', ''), Number(number)] as const),
    );
    const byCode = new Map(listed);
    expect(byCode.size).toBe(listed.length);
    expect(entries.flatMap(([code]) => (byCode.has(code) ? [] : [code]))).toEqual([]);
    for (const [code, number] of listed) expect(exitCodeOf(code), code).toBe(number);
  });

  it('the page lists every exit code and no other', () => {
    const listed = [...page.matchAll(/^\| (\d+) \| (\w+) \|/gm)].map(([, number, name]) => [name, Number(number)]);
    expect(Object.fromEntries(listed)).toEqual(exitCodes);
  });
});
