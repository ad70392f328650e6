import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface Exported {
  readonly name: string;
  /** The file that defines it, not one that passes it on. */
  readonly file: string;
}

/** All that a module exports under its own name, followed through the modules that pass it on. */
function exportsOf(file: string, seen: ReadonlySet<string> = new Set()): Exported[] {
  if (seen.has(file)) return [];
  const text = read(file);
  const target = (path: string) => relative(root, resolve(root, dirname(file), path)).replace(/\.js$/, '.ts');
  const own = [
    ...text.matchAll(/^export (?:declare )?(?:async )?(?:function\*?|class|interface|type|const) (\w+)/gm),
  ].map(([, name = '']) => ({ name, file }));
  const all = [...text.matchAll(/^export (?:type )?\* from '(\.[^']+)'/gm)].flatMap(([, path = '']) =>
    exportsOf(target(path), new Set([...seen, file])),
  );
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)].flatMap(
    ([, names = '', path = '']) => {
      const wanted = names
        .split(',')
        .map(
          (each) =>
            each
              .trim()
              .replace(/^type /, '')
              .split(' as ')[0] ?? '',
        )
        .filter((each) => each !== '');
      const there = exportsOf(target(path), new Set([...seen, file]));
      return wanted.map((name) => there.find((each) => each.name === name) ?? { name, file: target(path) });
    },
  );
  return [...own, ...all, ...listed];
}

/** The doc comment right above a definition; undefined where there is none, or no definition. */
function docOf({ name, file }: Exported): string | undefined {
  const text = read(file);
  const at = new RegExp(
    `^export (?:declare )?(?:async )?(?:function\\*?|class|interface|type|const) ${name}\\b`,
    'm',
  ).exec(text);
  if (at === null) return undefined;
  const above = text.slice(0, at.index).trimEnd();
  return above.endsWith('*/') ? above.slice(above.lastIndexOf('/**')) : undefined;
}

const kindOf = ({ name, file }: Exported): string =>
  new RegExp(`^export (?:async )?(function|class|interface|type|const)\\*? ${name}\\b`, 'm').exec(read(file))?.[1] ??
  '';

const key = ({ name, file }: Exported) => `${file} ${name}`;
const all = [...new Map(exportsOf('index.ts').map((each) => [each.name, each])).values()];

describe("the library's door", () => {
  it('leads somewhere', () => {
    expect(all.length).toBeGreaterThan(60);
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['createDevice', 'startAuthority', 'runFleet']));
  });

  it('says of each function and type that goes out by it what it is', () => {
    expect(all.filter((each) => docOf(each) === undefined).map(key)).toEqual([]);
  });

  it('gives an example of each function that people begin with', () => {
    const functions = all.filter((each) => kindOf(each) === 'function');
    expect(functions.filter((each) => !docOf(each)?.includes('@example')).map(key)).toEqual([]);
  });
});

describe('the private members of classes', () => {
  const sources = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name));

  it('are written with #, in every room', () => {
    const files = ['base', 'protocol', 'agent', 'server-stub', 'fleet', 'bench', 'test'].flatMap(sources);
    const keyword = /^\s*(?:constructor\(.*)?\bprivate (?:static |readonly |async |get |set |\*)*[#\w]+/m;
    expect(files.length).toBeGreaterThan(300);
    expect(files.filter((file) => keyword.test(read(file)))).toEqual([]);
  });
});
