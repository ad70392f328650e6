import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLineError, withFile } from '../base/command-line.js';
import { isCode } from '../base/errors.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { makeFolder } from '../base/folders.js';
import { print, visible, visibleLine } from '../base/terminal.js';
import { firstScenario } from './scenario/first.js';

/**
 * What `rollcall init` does: writes a first scenario, and says what to do with it. Throws FILE_UNUSABLE where something of that
 * name exists, or the file cannot be written.
 */
export function init(file: string): ExitCode {
  const folder = dirname(resolve(file));
  makeFolder(folder, 0o755);
  writeNew(file, firstScenario(schemaFrom(folder)));
  const name = visibleLine(quoted(file));
  print(
    process.stdout,
    visible(
      [
        `${name}: 30 devices that enroll, are moved by a switch of the authority, and leave.`,
        '',
        `  rollcall fleet plan ${name}   # what it would do, and whether this machine can`,
        `  rollcall fleet run ${name}    # do it, at a stub authority of its own`,
        '',
        'docs/scenarios.md explains every key.\n',
      ].join('\n'),
    ),
  );
  return exitCodes.passed;
}

/** Never over what is there; nothing is left of a file that could not be written whole. */
function writeNew(file: string, text: string): void {
  withFile(file, () => {
    const opened = openNew(file);
    try {
      writeFileSync(opened, text);
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(opened);
    }
  });
}

function openNew(file: string): number {
  try {
    return openSync(file, 'wx', 0o644);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    throw commandLineError('FILE_UNUSABLE', `${file} exists already, and is left as it is`, {
      hint: 'Name another file: rollcall init other.yaml',
      details: { path: file },
    });
  }
}

/** Where editors find the schema that came with this program, as seen from a folder. */
function schemaFrom(folder: string): string {
  let root = dirname(fileURLToPath(import.meta.url));
  const schema = (): string => join(root, 'docs', 'schema', 'scenario.json');
  while (!existsSync(schema()) && dirname(root) !== root) root = dirname(root);
  const path = relative(folder, schema()).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** As a shell takes it. */
const quoted = (word: string): string =>
  /^[\w./@%+=:,\\-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
