import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const rooms = ['base', 'protocol', 'agent', 'fleet', 'server-stub'];
const files = [
  'cli.ts',
  'main.ts',
  'index.ts',
  ...rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(room, name)),
  ),
];
/** Writing past base/terminal.ts, where control characters are made visible. */
const around = /\b(?:stdout|stderr|output)\.(?:write|end)\(|\bconsole\.\w+\(|\bwriteSync\((?:1|2)\b/;

/** What is printed goes through the first; the second is where the log's lines end, printed. */
const doors = [join('base', 'terminal.ts'), join('base', 'log.ts')];

it.each(files.filter((file) => !doors.includes(file)))('%s writes to no terminal by itself', (file) => {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const code = lines.filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line));
  expect(code.filter((line) => around.test(line))).toEqual([]);
});
