// How the command line is read: each option once, with a value that is one, under its whole name.
import type { Argv } from 'yargs';
import { commandLineError } from './command-line.js';
import { nearest } from './nearest.js';

/** Options that may stand more than once, behind the command that has them. Any other is given once. */
const repeatable: ReadonlySet<string> = new Set(['smoke platform']);

/** Options that stand with a value or without one. */
const optionalValue: ReadonlySet<string> = new Set(['trace']);

const usage = (message: string) => commandLineError('USAGE', message);
const option = /^--([^=]+)(?:=(.*))?$/s;

/**
 * What can be told wrong before anybody makes sense of it: an option twice (which would become a list, and a list of hosts means
 * every address), an empty value (an empty host means the same). Throws USAGE, naming the option.
 */
export function checkWords(words: readonly string[]): void {
  const seen = new Set<string>();
  let last = '';
  for (const word of words) {
    const [, name, value] = option.exec(word) ?? [];
    if (word === '--') throw usage('-- has no meaning here');
    if (word === '') throw usage(last === '' ? 'An empty word has no meaning here' : `--${last} needs a value`);
    if (name === undefined) continue;
    last = name;
    if (value === '') throw usage(`--${name} needs a value`);
    if (seen.has(name) && !repeatable.has(`${words[0]} ${name}`)) throw usage(`--${name} is given twice`);
    seen.add(name);
  }
}

/** What shows once the types of the options are known. Throws USAGE, naming the option. */
function checkValues(words: readonly string[], values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    if (value === '' && !optionalValue.has(name)) throw usage(`--${name} needs a value`);
  for (const [at, word] of words.entries()) {
    const [, name = '', value] = option.exec(word) ?? [];
    const isSwitch = Object.hasOwn(values, name) && typeof values[name] === 'boolean';
    if (Object.hasOwn(values, name) && typeof values[name] === 'number') {
      const written = value ?? words[at + 1] ?? '';
      if (/^[-+]?(?:0[xob]|[\d.]+e)/i.test(written)) throw usage(`--${name} "${written}" is to be plain digits`);
    }
    if (isSwitch && value !== undefined && value !== 'true' && value !== 'false')
      throw usage(`--${name} is a switch, and takes no "${value}"`);
  }
}

/**
 * A hint for words that yargs does not know: the options that may have been meant. Empty where none is near, or the message says
 * something else. `cli`: the parser, while it fails.
 */
export function meantInstead(message: string, cli: Argv<unknown>): { readonly hint?: string } {
  const [, unknown = ''] = /^Unknown arguments?: (.*)$/s.exec(message) ?? [];
  const { key } = (cli as unknown as { getOptions(): { key: Readonly<Record<string, unknown>> } }).getOptions();
  const names = Object.keys(key).filter((name) => name.length > 1);
  const words = unknown.split(', ');
  if (names.includes('ca') && words.some((word) => word === 'insecure' || word === 'k'))
    return { hint: 'A device trusts no server without its CA: name the file of it with --ca FILE. See --help.' };
  const meant = words.flatMap((word) => {
    const near = nearest(word, names);
    return near === undefined ? [] : [`--${near}`];
  });
  return meant.length === 0 ? {} : { hint: `Did you mean ${[...new Set(meant)].join(' and ')}? See --help.` };
}

interface Inner {
  getInternalMethods(): { getUsageInstance(): { cacheHelpMessage: () => void } };
}

/** yargs writes the whole help at each start of a command, for whoever asks for it later: nobody does, and it is a tenth of a start. */
function withoutKeptHelp(cli: unknown): void {
  (cli as Inner).getInternalMethods().getUsageInstance().cacheHelpMessage = () => undefined;
}

/** The parser for these words, made strict: unknown and shortened names, `--no-x` and `--x.y` are refused. */
export function strictOptions<T>(cli: Argv<T>, words: readonly string[]): Argv<T> {
  withoutKeptHelp(cli);
  return cli
    .parserConfiguration({ 'boolean-negation': false, 'dot-notation': false })
    .strict()
    .check((values) => {
      checkWords(words);
      checkValues(words, values);
      return true;
    });
}
