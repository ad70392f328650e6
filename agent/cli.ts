import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Argv, CommandModule } from 'yargs';
import { type CommandRunner, type ExitCode, exitCodes } from '../protocol/exit-codes.js';
import { type PlatformName, platformNames } from '../protocol/vocabulary.js';
import { consoleCommands, describeEvent, showStatus, statusOf } from './console.js';
import { agentError } from './errors.js';
import {
  createDevice,
  createLog,
  createPorts,
  type DeviceState,
  type Invitation,
  openFileStore,
  realClock,
  systemRandom,
} from './index.js';

interface DeviceCommandOptions {
  readonly platform: PlatformName;
  readonly server?: string | undefined;
  readonly profile?: string | undefined;
  readonly user?: string | undefined;
  readonly state?: string | undefined;
  readonly ca?: string | undefined;
  readonly push?: string | undefined;
  readonly poll?: string | undefined;
  readonly 'allow-http': boolean;
  readonly once: boolean;
  readonly json: boolean;
}

/** `rollcall device`: one device, interactive or once for scripts. */
export function deviceCommand(run: CommandRunner): CommandModule<object, DeviceCommandOptions> {
  return {
    command: 'device',
    describe: 'one emulated device',
    builder: (yargs: Argv) =>
      yargs
        .option('platform', { choices: platformNames, default: 'ios' as PlatformName, describe: 'what it is' })
        .option('server', { type: 'string', describe: 'the stub authority, or the URL of any enrollment profile' })
        .option('profile', { type: 'string', describe: 'an enrollment profile in a file, of any MDM server' })
        .option('user', {
          type: 'string',
          describe: 'who enrolls, as a user principal name; password in ROLLCALL_PASSWORD',
        })
        .option('state', { type: 'string', describe: 'folder in which the device is remembered' })
        .option('ca', { type: 'string', describe: 'PEM file of the CA to trust' })
        .option('push', { type: 'string', describe: 'WebSocket for notifications; default: /push of --server' })
        .option('poll', { type: 'string', describe: 'check in by itself this often, such as 1m' })
        .option('allow-http', { type: 'boolean', default: false, describe: 'accept http:// addresses in the profile' })
        .option('once', {
          type: 'boolean',
          default: false,
          describe: 'enroll if need be, check in, print what it holds, end',
        })
        .option('json', { type: 'boolean', default: false, describe: 'with --once: JSON on standard output' })
        .example(
          '$0 device --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example',
          'at the stub authority',
        )
        .example('$0 device --profile enroll.mobileconfig --state ./phone', 'at any MDM server')
        .example(
          '$0 device --state ./phone --once --json',
          'tomorrow: the same device checks in',
        ) as Argv<DeviceCommandOptions>,
    handler: (options) => run((signal) => live(options, signal)),
  };
}

async function live(options: DeviceCommandOptions, signal: AbortSignal): Promise<ExitCode> {
  const clock = realClock;
  const pollMs = options.poll === undefined ? undefined : readPoll(options.poll);
  if (options.poll !== undefined && pollMs === undefined) {
    process.stderr.write(`rollcall: "${options.poll}" is no duration; write 30s, 1m or 8h\n`);
    return exitCodes.usage;
  }
  if (options.state === undefined && options.server === undefined && options.profile === undefined) {
    process.stderr.write(
      'rollcall: say where to enroll: --server URL or --profile FILE; or pick up a device with --state FOLDER\n',
    );
    return exitCodes.usage;
  }
  const store = options.state === undefined ? undefined : await openFileStore(options.state);
  const stored = storedDevice(store?.ids() ?? [], (id) => store?.load(id));
  const origin = stored?.link?.origin ?? (options.server === undefined ? undefined : new URL(options.server).origin);
  const pushUrl = options.push ?? (options.server === undefined ? undefined : `${origin?.replace(/^http/, 'ws')}/push`);
  const made = await createPorts({
    clock,
    log: createLog({ level: process.env['ROLLCALL_LOG'] ?? 'warn' }),
    keys: { size: 1, mode: 'fresh', ...(options.state === undefined ? {} : { folder: `${options.state}/keys` }) },
    ...(options.ca === undefined ? {} : { ca: readFileSync(options.ca, 'utf8') }),
    ...(pushUrl === undefined ? {} : { pushUrl }),
    allowHttp: options['allow-http'],
  });
  const device = createDevice({
    platform: options.platform,
    ports: { ...made.ports, random: systemRandom },
    ...(stored === undefined ? {} : { state: stored }),
    ...(store === undefined ? {} : { store }),
    ...(pollMs === undefined ? {} : { checkInEveryMs: pollMs }),
  });
  try {
    const invitation = invitationOf(options);
    if (device.state.lifecycle !== 'enrolled') {
      if (invitation === undefined)
        throw agentError('NOT_ENROLLED', 'the device in this folder is not enrolled', {
          hint: 'Give --server or --profile to enroll it.',
        });
      if (!options.json) process.stderr.write(`enrolling ${device.state.facts.id} at ${invitation.authority} ...\n`);
      await device.enroll(invitation, signal);
    }
    if (options.once) {
      const report = await device.checkIn(signal);
      const status = { ...statusOf(device.state), session: report };
      process.stdout.write(options.json ? `${JSON.stringify(status, null, 2)}\n` : showStatus(device.state));
      return exitCodes.passed;
    }
    await converse();
    return exitCodes.passed;
  } finally {
    await device.close();
    await made.close();
    await store?.close();
  }

  async function converse(): Promise<void> {
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'device> ' });
    const forget = device.onEvent((event) => {
      process.stdout.write(`\r${describeEvent(event)}\n`);
      if (process.stdin.isTTY) lines.prompt(true);
    });
    const living = device.run(all);
    process.stdout.write(`${showStatus(device.state)}\nType "help" for what it can do; Ctrl-C ends.\n`);
    lines.on('SIGINT', () => stop.abort(new Error('stopped on request')));
    lines.on('close', () => stop.abort(new Error('end of input')));
    all.addEventListener('abort', () => lines.close(), { once: true });
    const commands = consoleCommands(device, {
      invitation: () => invitationOf(options),
      stop: () => stop.abort(new Error('quit')),
    });
    lines.prompt();
    for await (const line of lines) {
      const [word = '', ...rest] = line.trim().split(/\s+/);
      if (word !== '') process.stdout.write(`${await commands(word, rest, all)}\n`);
      if (all.aborted) break;
      lines.prompt();
    }
    forget();
    stop.abort(new Error('done'));
    await living;
  }
}

function storedDevice(ids: readonly string[], load: (id: string) => DeviceState | undefined): DeviceState | undefined {
  const [first] = ids;
  return first === undefined ? undefined : load(first);
}

/** `--server` is the stub's address, or, when it has a path, the address of an enrollment profile. */
function invitationOf(options: DeviceCommandOptions): Invitation | undefined {
  const secret = process.env['ROLLCALL_PASSWORD'];
  const person = {
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(secret === undefined ? {} : { secret }),
    allowHttp: options['allow-http'],
  };
  if (options.profile !== undefined && existsSync(options.profile))
    return { authority: options.profile, document: readFileSync(options.profile), ...person };
  if (options.profile !== undefined)
    return { authority: new URL(options.profile).origin, url: options.profile, ...person };
  if (options.server === undefined) return undefined;
  const url = new URL(options.server);
  if (url.pathname === '/' && url.search === '') {
    url.pathname = `/enroll/${options.platform}`;
    if (options.user !== undefined) url.searchParams.set('user', options.user);
  }
  return { authority: url.origin, url: url.href, ...person };
}

function readPoll(text: string): number | undefined {
  const match = /^(\d{1,6})(s|m|h)$/.exec(text);
  return match === null
    ? undefined
    : Number(match[1]) * ({ s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 's' | 'm' | 'h'] ?? 0);
}
