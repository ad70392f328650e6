import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from '../support/watched.js';
import { rollcallHere } from './in-process.js';
import { commandLine, root } from './rollcall.js';

const { folder, here, rollcall } = commandLine();

const scenario = join(root, 'scenarios/switch.yaml');

/** A clear line with its code and a hint, no stack. */
function expectUsage({ code, err, out }: Pick<Ended, 'code' | 'err' | 'out'>, wanted: RegExp, isJson = false) {
  expect(err).toMatch(wanted);
  expect(err.trim().split('\n')[1]).toMatch(/^ {2}\S/);
  expect(err).not.toMatch(/\n\s+at |a bug of ours/);
  if (isJson)
    expect(JSON.parse(out)).toMatchObject({
      error: { code: expect.stringMatching(/^(?:USAGE|FILE_UNUSABLE)$/), hint: expect.any(String) },
    });
  else expect(out).toBe('');
  expect(code).toBe(2);
}

const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /^rollcall: USAGE: Say which command/],
  [['smok'], /^rollcall: USAGE: Did you mean smoke/],
  [['smoke', '--nope'], /^rollcall: USAGE: Unknown argument: nope/],
  [['device', '--sever', 'x'], /^rollcall: USAGE: Unknown argument: sever\n {2}Did you mean --server\?/],
  [['fleet', 'run', 's.yaml', '--seeed', 'x'], /^rollcall: USAGE: Unknown argument: seeed\n {2}Did you mean --seed\?/],
  [['fleet', 'run', 's.yaml', '--insecure'], /^rollcall: USAGE: Unknown argument: insecure\n {2}.* --ca FILE/],
  [['devise'], /^rollcall: USAGE: Did you mean device/],
  [['fleet', 'rum'], /^rollcall: USAGE: Did you mean run/],
  [['server', '--port', '1e3'], /^rollcall: USAGE: --port "1e3" is to be plain digits/],
  [['server', '--users=0x10'], /^rollcall: USAGE: --users "0x10" is to be plain digits/],
  [['fleet', 'plan', scenario, '--keys', '1e3'], /^rollcall: USAGE: --keys must be/],
  [
    ['device', '--server', 'https://localhost:9', '--model', 'iPhone15,9'],
    /^rollcall: USAGE: --model .*\n {2}Did you mean iPhone15,/,
  ],
  [
    ['device', '--server', 'https://localhost:9', '--model', 'Walkman'],
    /^rollcall: USAGE: --model .*\n {2}Choose from iPhone14,5 \(iPhone 13\), /,
  ],
  [['device', '--server', 'https://localhost:9', '--os', '3.0'], /^rollcall: USAGE: --os "3.0" .*\n {2}/],
  [
    ['device', '--server', 'https://localhost:9', '--model', 'iPhone 16', '--os', '17.7'],
    /^rollcall: USAGE: iPhone 16 does not run 17\.7\n {2}Choose --os from 18\.0/,
  ],
  [['device', '--server', 'https://localhost:9', '--serial', 'x'], /^rollcall: USAGE: --serial "x" has not the form/],
  [['device', '--server', 'https://localhost:9', '--udid', '../x'], /^rollcall: USAGE: --udid "\.\.\/x" has not/],
  [
    ['device', '--server', 'https://localhost:9', '--lenient', 'all'],
    /^rollcall: USAGE: --lenient "all" lifts nothing/,
  ],
  [['device', '--server', 'https://localhost:9', '--log-level', 'loud'], /^rollcall: USAGE: --log-level "loud"/],
  [['device', '--server', 'https://localhost:9', '--once', '--stay'], /^rollcall: USAGE: --stay says nothing/],
  [['device', '--forget', '--state', 'x', '--seed', '1'], /^rollcall: USAGE: --seed says nothing with --forget/],
  [['smoke', '--platform', 'tizen'], /^rollcall: USAGE: .*[Pp]latform/],
  [['smoke', '--server', 'notaurl'], /^rollcall: USAGE: --server "notaurl" is no web address/],
  [['smoke', '--token', 'x'], /^rollcall: USAGE: --token says nothing without --server/],
  [
    ['smoke', '--server', 'https://localhost:9', '--ca', 'missing.pem'],
    /^rollcall: FILE_UNUSABLE: missing\.pem: ENOENT/,
  ],
  [
    ['smoke', '--server', 'https://localhost:9', '--token', 'x', '--ca', '/dev/zero'],
    /^rollcall: FILE_UNUSABLE: \/dev\/zero has more than 67108864 bytes/,
  ],
  [['device', '--profile', '/dev/zero'], /^rollcall: FILE_UNUSABLE: \/dev\/zero has more/],
  [['fleet', 'plan', '/dev/zero'], /^rollcall: FILE_UNUSABLE: \/dev\/zero has more/],
  [['server', '--tenant', '/dev/zero'], /^rollcall: FILE_UNUSABLE: \/dev\/zero has more/],
  [['fleet', 'run'], /^rollcall: USAGE: Say which scenario/],
  [['fleet'], /^rollcall: USAGE: Say which: run, prepare, plan, report or doctor/],
  [['fleet', 'run', 'missing.yaml'], /^rollcall: FILE_UNUSABLE: missing\.yaml: ENOENT/],
  [['fleet', 'run', root], /^rollcall: FILE_UNUSABLE: .*EISDIR/],
  [['fleet', 'run', scenario, '--devices', 'ios:0'], /^rollcall: USAGE: --devices is no device at all/],
  [['fleet', 'run', scenario, '--devices', 'tizen:2'], /^rollcall: USAGE: --devices "tizen:2" is not PLATFORM:COUNT/],
  [
    ['fleet', 'run', scenario, '--devices', 'ios:1', '--devices', 'ios:2'],
    /^rollcall: USAGE: --devices is given twice/,
  ],
  [['fleet', 'run', scenario, '--keys', 'some'], /^rollcall: USAGE: --keys must be/],
  [['server', '--port', '99999'], /^rollcall: USAGE: --port must be/],
  [['server', '--push-rate', '0'], /^rollcall: USAGE: --push-rate must be/],
  [['server', '--push-rate'], /^rollcall: USAGE: .*push-rate/],
  [['server', '--users', '--json'], /^rollcall: USAGE: .*users/],
  [['server', '--signing-skew', 'soon'], /^rollcall: USAGE: --signing-skew "soon" is no duration/],
  [['server', '--host', 'a', '--host', 'b'], /^rollcall: USAGE: --host is given twice/],
  [['server', '--no-host'], /^rollcall: USAGE: Unknown argument/],
  [['server', '--port', ''], /^rollcall: USAGE: --port needs a value/],
  [['server', '--constructor', 'x'], /^rollcall: USAGE: Unknown argument/],
  [['server', '--host', ''], /^rollcall: USAGE: --host needs a value/],
  [['server', '--data', 'a', '--data', 'b'], /^rollcall: USAGE: --data is given twice/],
  [['device', '--state', ''], /^rollcall: USAGE: --state needs a value/],
  [['server', '--port', 'abc'], /^rollcall: USAGE: --port must be/],
  [['server', '--tenant', 'missing.yaml'], /^rollcall: FILE_UNUSABLE: missing\.yaml/],
  // Below /proc no folder can be made, and Node's own recursive mkdir never returns.
  [['server', '--port', '0', '--data', '/proc/x/y'], /^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/],
  [['server', '--port', '0', '--data', scenario], /^rollcall: FILE_UNUSABLE: .*switch\.yaml is a file, not a folder/],
  [['server', '--port', '0', '--ca-file', '/proc/x/ca.pem'], /^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/],
  [
    ['server', '--port', '0', '--ca-file', `${scenario}/ca.pem`],
    /^rollcall: FILE_UNUSABLE: .* is a file, not a folder/,
  ],
  [['device', '--server', 'https://localhost:9', '--state', '/proc/x'], /^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/],
  [['device', '--state', scenario], /^rollcall: FILE_UNUSABLE: .*switch\.yaml is a file, not a folder/],
  [['smoke', '--junit', '/proc/x/y.xml'], /^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/],
  [['smoke', '--junit', '/proc/y.xml'], /^rollcall: FILE_UNUSABLE: \/proc\/y\.xml: ENOENT/],
  [['smoke', '--keys-folder', '/proc/x'], /^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/],
  [['smoke', '--out', '/proc/x/y'], /^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/],
  [['device'], /^rollcall: USAGE: nothing says which device/],
  [['device', '--server', 'foo'], /^rollcall: USAGE: --server "foo"/],
  [['device', '--platform', 'tizen', '--server', 'https://localhost:9'], /^rollcall: USAGE: .*platform/],
  [
    ['device', '--server', 'https://localhost:9', '--background'],
    /^rollcall: USAGE: --background is for Android\n {2}Add --platform android/,
  ],
  [
    ['device', '--platform', 'android', '--server', 'https://localhost:9', '--mqtt-port', '0'],
    /^rollcall: USAGE: --mqtt-port must be a port/,
  ],
  [['device', '--platform', 'android'], /^rollcall: USAGE: nothing says which device/],
  [['device', '--profile', 'missing.mobileconfig'], /^rollcall: FILE_UNUSABLE: missing\.mobileconfig/],
  [['device', '--server', 'https://localhost:9', '--json'], /^rollcall: USAGE: --json goes with --once/],
  [['device', '--sever', 'x', '--json'], /^rollcall: USAGE: Unknown argument: sever/],
  [['device', '--forget'], /^rollcall: USAGE: --forget goes with --state/],
  [['device', '--forget', '--state', 'missing', '--json'], /^rollcall: FILE_UNUSABLE: missing: there is no/],
  [['device', '--forget', '--state', 'x', '--once'], /^rollcall: USAGE: --once says nothing with --forget/],
  [['device', '--forget', '--state', 'missing'], /^rollcall: FILE_UNUSABLE: missing: there is no such folder/],
  [['device', '--server', 'https://localhost:9', '--poll', 'often'], /^rollcall: USAGE: --poll "often" is no duration/],
];

/** One of each command and of each way to end, in a process of its own: exit code and streams are those of the built command. */
const inProcesses: readonly (readonly [readonly string[], RegExp])[] = [
  [['server', '--tenant', 'missing.yaml'], /^rollcall: FILE_UNUSABLE: missing\.yaml/],
  [['device', '--forget', '--state', 'missing', '--json'], /^rollcall: FILE_UNUSABLE: missing: there is no/],
  [['fleet', 'run'], /^rollcall: USAGE: Say which scenario/],
  [['smoke', '--keys-folder', '/proc/x'], /^rollcall: FILE_UNUSABLE: \/proc\/x: ENOENT/],
];

describe('a mistake on the command line is one clear line and exit code 2', () => {
  const isJson = (args: readonly string[]) => args[0] === 'device' && args.includes('--json');

  it.each(mistakes.map(([args, wanted]) => ({ args, wanted })))('$args', async ({ args, wanted }) => {
    expectUsage(await rollcallHere(args), wanted, isJson(args));
  });

  it.concurrent.each(inProcesses.map(([args, wanted]) => ({ args, wanted })))(
    'in a process: $args',
    async ({ args, wanted }) => {
      expectUsage(await rollcall(args), wanted, isJson(args));
    },
  );
});

describe.concurrent('files', () => {
  it('of a scenario with mistakes: all of them are told', async () => {
    const cwd = folder();
    writeFileSync(
      join(cwd, 'bad.yaml'),
      'name: x\ndevices: { ios: 1 }\nsteps: [{ enroll: { over: fast } }]\nbogus: 1\n',
    );
    const ended = await here(['fleet', 'plan', 'bad.yaml'], { cwd });
    expectUsage(
      ended,
      /SCENARIO_INVALID: The scenario has 2 mistakes:\n {2}bad\.yaml:3:27: steps\[0\]\.enroll\.over: [\s\S]*\n {2}bad\.yaml:4:1: bogus/,
    );
  });

  it('that the report cannot be written to are found before anything is started', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'file'), '');
    for (const args of [
      ['--out', 'file/x'],
      ['--junit', 'file/x.xml'],
      ['--junit', '.'],
    ])
      expectUsage(await here(['smoke', ...args], { cwd }), /^rollcall: FILE_UNUSABLE: /);
  });

  it('of a plan are shown with the load they come to, or as JSON', async () => {
    const [text, json] = await Promise.all([
      here(['fleet', 'plan', scenario, '--devices', 'ios:800']),
      here(['fleet', 'plan', scenario, '--json', '--seed', 'abc']),
    ]);
    expect(text.out).toMatch(/800 ios[\s\S]*enroll +800 +100 +8\.00s/);
    expect(JSON.parse(json.out)).toMatchObject({
      name: 'switch',
      seed: 'abc',
      groups: [{ count: 40 }, { count: 30 }, { count: 30 }],
      forecast: { devices: 100, sessions: 600 },
    });
  });
});

describe('help', () => {
  const commands = [
    ['server'],
    ['device'],
    ['fleet', 'run'],
    ['fleet', 'plan'],
    ['fleet', 'report'],
    ['fleet', 'doctor'],
    ['smoke'],
  ];
  let ended: readonly Ended[] = [];
  beforeAll(async () => {
    ended = await Promise.all(commands.map((command) => here([...command, '--help'])));
  });
  it.each(commands.map((command, at) => ({ command, at })))('of $command has an example', ({ at }) => {
    expect(ended[at]).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/--json[\s\S]*Examples:/) });
    expect(ended[at]?.out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
