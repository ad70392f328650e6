import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRollcallError } from '../../base/errors.js';
import { HarFile } from '../../base/har-file.js';
import { printLines } from '../../base/terminal.js';
import type { TracedExchange, TraceForm } from '../../base/trace.js';
import { openTrace } from '../../base/trace-output.js';
import { temporaryFolder } from '../support/programs.js';

const exchange: TracedExchange = {
  side: 'device',
  startedAt: 0,
  method: 'GET',
  url: '/x',
  requestHeaders: {},
  totalMs: 1,
};
const form: TraceForm = {
  exchange: ({ url }) => [{ text: `GET ${url}`, colour: 'green' }, { text: '' }],
  message: ({ url }) => [{ text: `message ${url}` }],
  summary: () => ({}),
  har: ({ url }) => ({ url }),
};

const entriesOf = (path: string): { url: string }[] => JSON.parse(readFileSync(path, 'utf8')).log.entries;
const codeOf = (error: unknown) => (isRollcallError(error) ? error.code : error);

describe('a trace in a file of text', () => {
  it('is added to, with control characters shown, and without colours', async () => {
    const path = join(temporaryFolder(), 'x.trace');
    writeFileSync(path, 'before\n');
    const trace = await openTrace(path, form);
    trace.exchanged({ ...exchange, url: '/\u001b[2Ja\nb' });
    trace.messaged?.({ side: 'device', at: 0, url: 'wss://a', direction: 'sent', body: Buffer.alloc(0) });
    await trace.close();
    expect(readFileSync(path, 'utf8')).toBe('before\nGET /\\u001b[2Ja\\u000ab\n\nmessage wss://a\n');
  });

  it('that cannot be opened is FILE_UNUSABLE', async () => {
    const path = join(temporaryFolder(), 'no', 'x.trace');
    await expect(openTrace(path, form).catch(codeOf)).resolves.toBe('FILE_UNUSABLE');
    await expect(openTrace(`${path}.har`, form).catch(codeOf)).resolves.toBe('FILE_UNUSABLE');
  });

  it('on a full disk ends with one line, and nothing else ends', async () => {
    const { write } = process.stderr;
    const said: string[] = [];
    process.stderr.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
    onTestFinished(() => {
      process.stderr.write = write;
    });
    const trace = await openTrace('/dev/full', form);
    for (let time = 0; time < 100; time++) trace.exchanged(exchange);
    await trace.close();
    trace.exchanged(exchange);
    expect(said).toEqual([expect.stringMatching(/^rollcall: the trace in \/dev\/full ends here: ENOSPC/)]);
  });
});

describe('a HAR file', () => {
  it('is whole after each entry, and goes on where it ended', async () => {
    const path = join(temporaryFolder(), 'x.har');
    const first = await openTrace(path, form);
    expect(entriesOf(path)).toEqual([]);
    for (const url of ['/1', '/2']) {
      first.exchanged({ ...exchange, url });
      expect(entriesOf(path).at(-1)).toEqual({ url });
    }
    await first.close(); // or killed: each entry was whole
    const second = await openTrace(path, form);
    second.exchanged({ ...exchange, url: '/ü3' });
    second.exchanged({ ...exchange, url: '/4' });
    await second.close();
    expect(entriesOf(path).map(({ url }) => url)).toEqual(['/1', '/2', '/ü3', '/4']);
    expect(JSON.parse(readFileSync(path, 'utf8')).log).toMatchObject({ version: '1.2', creator: { name: 'rollcall' } });
  });

  it('takes no file that holds something else, and harms none', async () => {
    const path = join(temporaryFolder(), 'notes.har');
    for (const text of ['my notes', '{"log":{"version":"1.2","entries":[]}}', 'x'.repeat(10_000)]) {
      writeFileSync(path, text);
      await expect(openTrace(path, form).catch(codeOf)).resolves.toBe('FILE_UNUSABLE');
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
    const folder = join(temporaryFolder(), 'x.har');
    mkdirSync(folder);
    await expect(openTrace(folder, form).catch(codeOf)).resolves.toBe('FILE_UNUSABLE');
  });

  it('is for one at a time: two would write over each other', async () => {
    const path = join(temporaryFolder(), 'x.har');
    const first = await openTrace(path, form);
    await expect(openTrace(path, form).catch(codeOf)).resolves.toBe('FILE_UNUSABLE');
    first.exchanged({ ...exchange, url: '/1' });
    expect(entriesOf(path)).toEqual([{ url: '/1' }]);
    await first.close();
  });

  it('that was damaged is refused, not made worse', () => {
    const path = join(temporaryFolder(), 'x.har');
    new HarFile(path).close();
    appendFileSync(path, 'more');
    expect(() => new HarFile(path)).toThrow('holds something else than a trace');
  });
});

describe('lines', () => {
  it('have colours where there are any, around what is made visible', () => {
    const written: string[] = [];
    const lines = [{ text: 'a\u001b[0m\tb', colour: 'red' }, { text: 'y' }] as const;
    printLines({ write: (text) => written.push(text) }, lines, true);
    printLines({ write: (text) => written.push(text) }, lines);
    expect(written).toEqual(['\u001b[31ma\\u001b[0m\\u0009b\u001b[39m\ny\n', 'a\\u001b[0m\\u0009b\ny\n']);
  });
});
