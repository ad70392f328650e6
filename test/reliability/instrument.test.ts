// The instrument that takes the power away, tried on programs that are right and on programs that are wrong on purpose.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../agent/index.js';
import { describeIf, has } from '../support/outside.js';
import { rebuild, rebuildAll, type Tree } from '../support/power-loss/rebuild.js';
import { type Recording, record } from '../support/power-loss/recorder.js';
import { temporaryFolder } from '../support/programs.js';

const program = fileURLToPath(new URL('small-store.mjs', import.meta.url));
const numbers = ['11', '22', '33', '44'];

function recording(folder: string): Recording {
  const made = record(folder);
  onTestFinished(() => made.close());
  return made;
}

/** Has the program keep some numbers, one after another. Tells the variants in which an acknowledged one is not there. */
async function faultsOf(how: string): Promise<string[]> {
  const folder = temporaryFolder();
  const recorded = recording(folder);
  const [command = '', ...words] = [...recorded.within, process.execPath, program, folder, how];
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const [port] = await once(child.stdout, 'data');
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  const answers: [number: string, port: number, ns: bigint][] = [];
  for (const number of numbers) {
    socket.write(number);
    await once(socket, 'data');
    answers.push([number, socket.localPort ?? 0, process.hrtime.bigint()]);
  }
  socket.end();
  await ended;
  const disk = recorded.read();
  const acknowledged = answers.map(([number, from, ns]) => ({ number, at: disk.answered(from, ns) }));
  const wrong = rebuildAll(disk, { seed: 'instrument', most: 2000 }).filter(({ tree, moment }) => {
    const last = acknowledged.findLast(({ at }) => at <= moment)?.number ?? '0';
    const held = heldIn(tree);
    return !(Number(held) >= Number(last) && (held === '0' || numbers.includes(held)));
  });
  return [...new Set(wrong.map(({ fate }) => fate.name))];
}

function heldIn(tree: Tree): string {
  const content = tree.get('number');
  const whole = Buffer.isBuffer(content) ? content.toString().replaceAll('\0', '') : '';
  return /(\d\d)\n[^\n]*$/.exec(whole)?.[1] ?? (whole === '' ? '0' : whole.trim());
}

describeIf(has('gcc'), 'gcc')('a loss of power, rebuilt from the calls of a program', () => {
  it.each(['renames', 'appends'])('takes nothing from a program that %s and syncs as it must', async (how) => {
    expect(await faultsOf(how)).toEqual([]);
  });

  it.each([
    ['renames what was never synced', 'names done, data dropped'],
    ['renames without a sync of the folder', 'all dropped'],
    ['appends unsynced', 'all dropped'],
    ['answers early', 'all dropped'],
    ['copies', 'all dropped'],
  ])('finds out a program that %s', async (how, fate) => {
    expect(await faultsOf(how)).toContain(fate);
  });

  it('leaves each sector of an unsynced write as it was, as it is or, where the file has grown, as zeros', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'a'.repeat(1024));
    const recorded = recording(folder);
    const script = `const f = fs.openSync(process.argv[1], 'r+'); fs.writeSync(f, 'b'.repeat(2048), 0);`;
    const [command = '', ...words] = [...recorded.within, process.execPath, '-e', script, join(folder, 'file')];
    execFileSync(command, words);
    const disk = recorded.read();
    const torn = { name: 'torn', names: 'done', data: 'torn' } as const;
    const found = new Set<string>();
    for (let k = 0; k < 1000; k++) {
      const content = rebuild(disk, disk.moments.at(-1) ?? 0, torn, seededRandom('torn', k)).get('file');
      if (!Buffer.isBuffer(content)) throw new Error('the file is gone');
      const sectors = Array.from({ length: content.length / 512 }, (_, n) => content.subarray(n * 512, (n + 1) * 512));
      expect(sectors.every((sector) => sector.every((octet) => octet === sector[0]))).toBe(true);
      found.add(sectors.map((sector) => (sector[0] === 0 ? '0' : String.fromCharCode(sector[0] ?? 0))).join(''));
    }
    expect([...found].sort()).toEqual(
      ['aa', 'ab', 'ba', 'bb'].flatMap((head) => [head, ...['00', '0b', 'b0', 'bb'].map((tail) => head + tail)]).sort(),
    );
  });

  it('says that it cannot record a shared writable mapping', () => {
    const folder = temporaryFolder();
    const built = mkdtempSync(join(tmpdir(), 'rollcall-mapping-'));
    onTestFinished(() => rmSync(built, { recursive: true }));
    writeFileSync(
      join(built, 'mapping.c'),
      `#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **words) {
  int fd = open(words[1], O_RDWR | O_CREAT, 0600);
  if (count < 2 || ftruncate(fd, 4096) != 0) return 1;
  char *at = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  at[0] = 'x';
  return 0;
}`,
    );
    execFileSync('gcc', ['-o', join(built, 'mapping'), join(built, 'mapping.c')]);
    const recorded = recording(folder);
    const [command = '', ...words] = [...recorded.within, join(built, 'mapping'), join(folder, 'file')];
    execFileSync(command, words);
    expect(() => recorded.read()).toThrow('a shared writable mapping');
  });

  it('says when a call was overlooked', () => {
    const folder = temporaryFolder();
    const recorded = recording(folder);
    const [command = '', ...words] = [...recorded.within, 'sh', '-c', `echo seen > ${join(folder, 'seen')}`];
    execFileSync(command, words);
    expect(recorded.read().moments.length).toBeGreaterThan(0);
    writeFileSync(join(folder, 'seen'), 'by somebody who is not recorded');
    expect(readFileSync(join(folder, 'seen'), 'utf8')).toMatch(/^by/);
    expect(() => recorded.read()).toThrow('a call was overlooked: seen');
  });
});
