// Every option of every command, as yargs knows them: what is new is covered too.
import { expect, it } from 'vitest';
import yargs, { type Argv } from 'yargs';
import { deviceCommand } from '../../agent/cli.js';
import { type CommandRunner, exitCodes } from '../../base/exit-codes.js';
import { strictOptions } from '../../base/strict-options.js';
import { fleetCommand, smokeCommand } from '../../fleet/cli.js';
import { engineOptions, reportOptions, scenarioOptions, targetOptions } from '../../fleet/options.js';
import { serverCommand } from '../../server-stub/cli.js';

const never: CommandRunner = async () => {
  throw new Error('it was run');
};

/** What reading these words ends with: the message of what is wrong, or "it was run". */
async function told(words: readonly string[]): Promise<string> {
  try {
    await strictOptions(yargs([...words]), words)
      .command(serverCommand(never))
      .command(deviceCommand(never, async () => exitCodes.passed))
      .command(fleetCommand(never, program))
      .command(smokeCommand(never, program))
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseAsync();
    return 'nothing';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const program = { self: [], engine: '', version: '' };

interface Options {
  readonly key: Readonly<Record<string, unknown>>;
  readonly boolean: readonly string[];
}
const build = (builder: unknown): Argv => (builder as (cli: Argv) => Argv)(yargs());
const commands: Readonly<Record<string, Argv>> = {
  server: build(serverCommand(never).builder),
  device: build(deviceCommand(never, async () => exitCodes.passed).builder),
  'fleet run s.yaml': reportOptions(engineOptions(targetOptions(scenarioOptions(yargs())))),
  'fleet plan s.yaml': scenarioOptions(yargs()).option('json', { type: 'boolean' }),
  smoke: build(smokeCommand(never, program).builder),
};
const rows = Object.entries(commands).flatMap(([command, cli]) => {
  const { key, boolean } = (cli as unknown as { getOptions(): Options }).getOptions();
  const names = Object.keys(key).filter((name) => !['help', 'version', 'scenario'].includes(name));
  return names.map((name) => ({ command, name, isSwitch: boolean.includes(name) }));
});

it('knows the options of all commands', () => {
  for (const name of [
    'server --host',
    'device --state',
    'fleet run s.yaml --junit',
    'fleet plan s.yaml --seed',
    'smoke --ca',
  ])
    expect(rows.map((row) => `${row.command} --${row.name}`)).toContain(name);
  expect(rows.length).toBeGreaterThan(40);
});

/** One of those that an option lets choose from. */
const choices = new Map([
  ['platform', 'ios'],
  ['authority', 'intune'],
  ['csr', 'win10'],
  ['management', 'work-profile'],
  ['signatures', 'server'],
  ['start-in', 'system'],
  ['autopilot', 'user-driven'],
]);

it.each(rows.filter(({ command, name }) => `${command} ${name}` !== 'smoke platform'))(
  '$command --$name is taken once',
  async ({ command, name, isSwitch }) => {
    const value = isSwitch ? [] : [choices.get(name) ?? '1'];
    const words = [...command.split(' '), `--${name}`, ...value];
    expect(await told(words)).toBe('it was run');
    expect(await told([...words, `--${name}`, ...value])).toBe(`--${name} is given twice`);
    expect(await told([...words, `--${name}=${value[0] ?? 'true'}`])).toBe(`--${name} is given twice`);
  },
);

it.each(rows)(
  '$command --$name takes no value that is none, and no other form',
  async ({ command, name, isSwitch }) => {
    const words = command.split(' ');
    const empty = new RegExp(`^(--${name} needs a value|Invalid values:|Unknown argument: "")`);
    expect(await told([...words, `--${name}=`])).toMatch(empty);
    expect(await told([...words, `--${name}`, ''])).toMatch(empty);
    expect(await told([...words, `--no-${name}`])).toMatch(/^Unknown argument/);
    expect(await told([...words, `--${name}.x`, '1'])).toMatch(/^Unknown argument/);
    expect(await told([...words, `--${name}x`, '1'])).toMatch(/^Unknown argument/);
    if (isSwitch) expect(await told([...words, `--${name}=maybe`])).toBe(`--${name} is a switch, and takes no "maybe"`);
  },
);

it('a platform may be given once for each', async () => {
  expect(await told(['smoke', '--platform', 'ios', '--platform', 'windows'])).toBe('it was run');
});

it.each([
  ['--constructor', 'Unknown argument: constructor'],
  ['--__proto__=1', 'Unknown argument: ___proto___'],
  ['--', '-- has no meaning here'],
])('server %s is said to be wrong', async (word, message) => {
  expect(await told(['server', word])).toBe(message);
});
