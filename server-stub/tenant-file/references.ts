// `${env:NAME}` and `${file:PATH}` in the texts of a tenant file: what must not stand in the file itself.
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { isSystemError } from '../../base/errors.js';
import { isUnemulated } from './later.js';
import type { Path, Report } from './problems.js';

/** Where references are looked up. */
export interface Sources {
  /** Of the tenant file: paths are relative to it, and lead nowhere outside. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Bytes of a file that is referred to. */
const largestFile = 64 * 1024;

/** `$${env:NAME}` is the text `${env:NAME}` itself. */
const reference = /\$?\$\{([A-Za-z]{1,20}):([^{}]{0,1024})\}/g;

/** The text, so that it is read as itself. */
export const escapeReferences = (text: string): string => text.replace(reference, (found) => `$${found}`);

/**
 * The values with what they refer to in place. Without `sources` references are refused: a tenant that comes over the network reads
 * neither files nor the environment. No message says what stands in one.
 */
export function withReferences(raw: unknown, sources: Sources | undefined, report: Report): unknown {
  const seen = new Map<object, unknown>();
  const visit = (value: unknown, path: Path): unknown => {
    if (isUnemulated(path)) return value; // nothing of it is used
    if (typeof value === 'string') return value.includes('${') ? resolved(value, sources, path, report) : value;
    if (typeof value !== 'object' || value === null) return value;
    const known = seen.get(value);
    if (known !== undefined) return known; // an alias
    const made = Array.isArray(value)
      ? value.map((item, index) => visit(item, [...path, index]))
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item, [...path, key])]));
    seen.set(value, made);
    return made;
  };
  return visit(raw, []);
}

function resolved(text: string, sources: Sources | undefined, path: Path, report: Report): string {
  return text.replace(reference, (found: string, scheme: string, name: string) => {
    if (found.startsWith('$$')) return found.slice(1);
    const value = lookUp(scheme, name.trim(), sources);
    if (typeof value === 'string') return value;
    report(path, value.wrong);
    return 'unresolved';
  });
}

interface Wrong {
  readonly wrong: string;
}

function lookUp(scheme: string, name: string, sources: Sources | undefined): string | Wrong {
  const shown = `\${${scheme}:${name}}`;
  if (scheme !== 'env' && scheme !== 'file') {
    return { wrong: `${shown} is neither \${env:NAME} nor \${file:PATH}; write $${shown} for the text itself` };
  }
  if (sources === undefined) return { wrong: `${shown}: only a file that is given at the start may refer to others` };
  if (scheme === 'file') return readBeside(sources.folder, name, shown);
  const value = Object.hasOwn(sources.environment, name) ? sources.environment[name] : undefined;
  return (
    value ?? { wrong: `${shown}: the environment has no ${name}: set it for the command, ${name}=... rollcall ...` }
  );
}

/** The text of a file in the folder, without its last line break. */
function readBeside(folder: string, name: string, shown: string): string | Wrong {
  const outside: Wrong = { wrong: `${shown} must lie in the folder of the tenant file or below` };
  const isWithin = (root: string, path: string) => {
    const way = relative(root, path);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  if (isAbsolute(name) || !isWithin(folder, resolve(folder, name))) return outside;
  try {
    const path = realpathSync(resolve(folder, name));
    if (!isWithin(realpathSync(folder), path)) return outside; // by a link
    const bytes = readSmall(path);
    if (bytes === undefined) return { wrong: `${shown} is no file of ${largestFile} bytes at most` };
    return bytes.toString('utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    if (cause.code !== 'ENOENT') return { wrong: `${shown}: ${cause.code}` };
    return { wrong: `${shown}: there is no such file (ENOENT): put one with this text beside the tenant file` };
  }
}

function readSmall(path: string): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe that nobody writes to keeps nobody waiting
  try {
    if (!fstatSync(file).isFile()) return undefined;
    const bytes = Buffer.alloc(largestFile + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return length > largestFile ? undefined : bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
