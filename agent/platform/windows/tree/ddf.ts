// The notation in which trees are written down (specs/windows.md §2.2): one line a node, two spaces a level.
//
//   ./User/Vendor/MSFT/WiFi, ./Device/Vendor/MSFT/WiFi [G] node
//     Profile [G] node
//       {SSID} [ADGR] node * ReplaceExisting
//         WlanXml [ADGR] chr
//         WiFiCost [ADGR] int ? def=1 = ENUM:1|2|3
//
// name [access] format occurrence def=default = constraint flags. A name in braces stands for what a server names. Access: Add,
// Delete, Exec, Get, Replace by their letters. Format: one, or several with `/` between them where any of them is taken. Occurrence:
// nothing for One, `?` for ZeroOrOne, `*` for ZeroOrMore. Constraint: ENUM:a|b, Range:[least-most], RegEx:..., Flag:0x1|0x2, XSD(name).
// Flags: ATOMIC (AtomicRequired), CaseSense, RebootBehavior as in DDF files; ours: Masked and ReplaceExisting (schema.ts).
import { allows } from './constraint.js';
import {
  type Access,
  type Constraint,
  type CspSchema,
  type NodeFormat,
  type NodeSchema,
  nodeFormats,
} from './schema.js';

const accesses: Readonly<Record<string, Access>> = { A: 'Add', D: 'Delete', E: 'Exec', G: 'Get', R: 'Replace' };
const flagNames = ['ATOMIC', 'CaseSense', 'RebootBehavior', 'Masked', 'ReplaceExisting'];

const shape =
  /^(?<name>\S.*?) \[(?<access>[A-Z]+)\] (?<formats>[a-z0-9/]+)(?: (?<occurrence>[?*]))?(?: def=(?<def>.*?))?(?: = (?<allowed>.+))?$/;

interface Line {
  readonly level: number;
  readonly text: string;
  /** Counted from 1, for messages. */
  readonly number: number;
}

/**
 * A tree, read when its roots are first asked for: a process that has no Windows device reads none. Throws a SyntaxError then that
 * names the line: a data file is code of ours.
 */
export function csp(name: string, text: string): CspSchema {
  let roots: CspSchema['roots'] | undefined;
  return {
    name,
    get roots() {
      roots ??= readTree(name, text);
      return roots;
    },
  };
}

function readTree(name: string, text: string): CspSchema['roots'] {
  const lines = text.split('\n').flatMap((line, index): Line[] => {
    const written = line.trimStart();
    if (written === '') return [];
    const indent = line.length - written.length;
    if (indent % 2 !== 0 || line.includes('\t') || line !== line.trimEnd()) throw wrong(name, index + 1, 'white space');
    return [{ level: indent / 2, text: written, number: index + 1 }];
  });
  if (lines[0]?.level !== 0) throw wrong(name, 1, 'a tree begins with its root');
  return blocks(name, lines, 0).flatMap(([head, below]) => {
    const split = / \[/.exec(head.text);
    if (split === null) throw wrong(name, head.number, 'no access');
    const addresses = head.text.slice(0, split.index).split(', ');
    return addresses.map((address) => {
      const names = address.split('/');
      const own = names.at(-1) ?? '';
      if (names[0] !== '.' || names.length < 2 || names.includes('')) throw wrong(name, head.number, 'no address');
      const node = readNode(name, { ...head, text: own + head.text.slice(split.index) }, below);
      return { address: address.replace(/^\.\/Vendor\//, './Device/Vendor/'), node };
    });
  });
}

/** Lines of one level, each with those below it. */
function blocks(name: string, lines: readonly Line[], level: number): readonly (readonly [Line, readonly Line[]])[] {
  const found: [Line, Line[]][] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (line.level === level) found.push([line, []]);
    else if (last === undefined || line.level > (last[1].at(-1)?.level ?? level) + 1)
      throw wrong(name, line.number, 'a level is left out');
    else last[1].push(line);
  }
  return found;
}

function readNode(csp: string, line: Line, below: readonly Line[]): NodeSchema {
  const refuse = (why: string): SyntaxError => wrong(csp, line.number, why);
  const { rest, flags } = takeFlags(line.text);
  const { name, access = '', formats = '', occurrence, def, allowed } = shape.exec(rest)?.groups ?? {};
  if (name === undefined) throw refuse(`“${line.text}” is no node`);
  const isDynamic = name.startsWith('{') && name.endsWith('}');
  if (!isDynamic && /[/{}]/.test(name)) throw refuse(`“${name}” is no name`);
  const [format, ...otherFormats] = formats.split('/').map((each): NodeFormat => {
    const known = nodeFormats.find((one) => one === each);
    if (known === undefined) throw refuse(`“${each}” is no format`);
    return known;
  });
  if (format === undefined) throw refuse('no format');
  const children = blocks(csp, below, line.level + 1).map(([head, more]) => readNode(csp, head, more));
  if (children.length > 0 && format !== 'node') throw refuse('a leaf has nodes below it');
  if (new Set(children.map((child) => (child.isDynamic ? '{}' : child.name.toLowerCase()))).size < children.length)
    throw refuse('two children of one name');
  const node: NodeSchema = {
    name,
    isDynamic,
    access: new Set(
      [...access].map((letter) => {
        const known = accesses[letter];
        if (known === undefined) throw refuse(`“${letter}” is no access`);
        return known;
      }),
    ),
    format,
    ...(otherFormats.length === 0 ? {} : { otherFormats }),
    occurrence: occurrence === '*' ? 'ZeroOrMore' : occurrence === '?' ? 'ZeroOrOne' : 'One',
    ...(def === undefined ? {} : { default: def }),
    ...(allowed === undefined ? {} : { allowed: readConstraint(allowed, refuse) }),
    isCaseSensitive: flags.has('CaseSense'),
    isAtomic: flags.has('ATOMIC'),
    needsReboot: flags.has('RebootBehavior'),
    isMasked: flags.has('Masked'),
    replacesExisting: flags.has('ReplaceExisting'),
    children,
  };
  if (format === 'node' && (def !== undefined || (allowed !== undefined && !isDynamic)))
    throw refuse('an interior node has no value');
  if (node.allowed !== undefined && def !== undefined && !allows(node.allowed, def))
    throw refuse(`its default “${def}” is not among its values`);
  return node;
}

function takeFlags(text: string): { readonly rest: string; readonly flags: ReadonlySet<string> } {
  const words = text.split(' ');
  const flags = new Set<string>();
  for (;;) {
    const last = words.at(-1);
    if (last === undefined || !flagNames.includes(last)) return { rest: words.join(' '), flags };
    flags.add(last);
    words.pop();
  }
}

function readConstraint(text: string, refuse: (why: string) => SyntaxError): Constraint {
  const [, kind, rest = ''] = /^(ENUM:|Range:|RegEx:|Flag:|XSD)(.+)$/.exec(text) ?? [];
  switch (kind) {
    case 'ENUM:':
      return { kind: 'enum', values: rest.split('|') };
    case 'Range:': {
      const [, low, high] = /^\[(\d+|\(-\d+\))-(\d+)\]$/.exec(rest) ?? [];
      const least = Number(low?.replace(/[()]/g, ''));
      const most = Number(high);
      if (!(least <= most)) throw refuse(`“${rest}” is no range`);
      return { kind: 'range', least, most };
    }
    case 'RegEx:': {
      const constraint: Constraint = { kind: 'regex', pattern: rest };
      try {
        allows(constraint, '');
      } catch (cause) {
        throw Object.assign(refuse(`“${rest}” is no pattern`), { cause });
      }
      return constraint;
    }
    case 'Flag:': {
      const values = rest.split('|').map(Number);
      if (values.some((value) => !Number.isSafeInteger(value) || value < 0)) throw refuse(`“${rest}” are no flags`);
      return { kind: 'flag', values };
    }
    case 'XSD': {
      const [, name] = /^\((\w+)\)$/.exec(rest) ?? [];
      if (name === undefined) throw refuse(`“${text}” is no document`);
      return { kind: 'xsd', name };
    }
  }
  throw refuse(`“${text}” is no constraint`);
}

const wrong = (csp: string, line: number, why: string): SyntaxError =>
  new SyntaxError(`the tree of ${csp}, line ${line}: ${why}`);
