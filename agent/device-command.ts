import { realClock } from '../base/clock.js';
import { commandLineError, readCertificates, readSocketAddress } from '../base/command-line.js';
import { RollcallError } from '../base/errors.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { createLog } from '../base/log.js';
import { print } from '../base/terminal.js';
import type { DeviceCommandOptions } from './command-options.js';
import { showStatus, statusOf } from './console.js';
import { converse } from './converse.js';
import { agentError } from './errors.js';
import { forgetEnrollment } from './forget-command.js';
import { createDevice, createPorts, type DeviceState, emulated, openFileStore, systemRandom } from './index.js';
import { invitationOf } from './invite.js';

/** What `rollcall device` does. */
export async function runDeviceCommand(options: DeviceCommandOptions, signal: AbortSignal): Promise<ExitCode> {
  if (options.forget) return await forgetEnrollment(options);
  const clock = realClock;
  const pollMs = options.poll === undefined ? undefined : readPoll(options.poll);
  if (!emulated.includes(options.platform))
    throw commandLineError('USAGE', `--platform ${options.platform} cannot be emulated yet`, {
      hint: `Choose from ${emulated.join(', ')}.`,
    });
  if (options.json && !options.once) throw commandLineError('USAGE', '--json goes with --once or --forget');
  const invitation = invitationOf({ ...options, secret: process.env['ROLLCALL_PASSWORD'] });
  if (options.state === undefined && invitation === undefined)
    throw commandLineError('USAGE', 'nothing says which device this is to be', {
      hint: 'Say where to enroll, with --server URL or --profile FILE, or pick up a device with --state FOLDER.',
    });
  const ca = options.ca === undefined ? undefined : readCertificates(options.ca);
  const pushGiven = options.push === undefined ? undefined : readSocketAddress('push', options.push);
  const store = options.state === undefined ? undefined : await openFileStore(options.state);
  const stored = storedDevice(store?.ids() ?? [], (id) => store?.load(id));
  const origin = stored?.link?.origin ?? (options.server === undefined ? undefined : invitation?.authority);
  const pushUrl =
    pushGiven ??
    (options.server === undefined || origin === undefined ? undefined : `${origin.replace(/^http/, 'ws')}/push`);
  const log = createLog({ level: process.env['ROLLCALL_LOG'] ?? 'error', repeats: { clock } }); // failures are told to the person here
  const made = await createPorts({
    clock,
    log,
    keys: { size: 1, mode: 'fresh', ...(options.state === undefined ? {} : { folder: `${options.state}/keys` }) },
    ...(ca === undefined ? {} : { ca }),
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
    if (device.state.lifecycle !== 'enrolled') {
      if (invitation === undefined)
        throw agentError('NOT_ENROLLED', 'the device in this folder is not enrolled', {
          hint: 'Give --server or --profile to enroll it.',
        });
      if (!options.json) print(process.stderr, `enrolling ${device.state.facts.id} at ${invitation.authority} ...\n`);
      await device.enroll(invitation, signal).catch((error: unknown) => {
        throw withOptionHint(error, options);
      });
    }
    if (options.once) {
      const report = await device.checkIn(signal);
      const status = { ...statusOf(device.state), session: report };
      print(process.stdout, options.json ? `${JSON.stringify(status, null, 2)}\n` : showStatus(device.state));
      return exitCodes.passed;
    }
    return await converse({ device, invitation, input: process.stdin, output: process.stdout, signal });
  } finally {
    await device.close();
    await made.close();
    await store?.close();
    log.settle();
  }
}

function storedDevice(ids: readonly string[], load: (id: string) => DeviceState | undefined): DeviceState | undefined {
  const [first] = ids;
  return first === undefined ? undefined : load(first);
}

/** What this command has an option for, and the failure by itself does not say. */
function withOptionHint(error: unknown, options: DeviceCommandOptions): unknown {
  if (!(error instanceof RollcallError)) return error;
  const again = (hint: string) => new RollcallError(error.code, error, error.message, { cause: error, hint });
  if (!options['allow-http'] && /“(?:Server|CheckIn)?URL”/.test(error.message))
    return again('Addresses must be https; add --allow-http if http is meant.');
  return error;
}

/** Milliseconds. Throws USAGE. */
function readPoll(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000 }[unit];
  if (unitMs !== undefined && Number(count) > 0) return Number(count) * unitMs;
  throw commandLineError('USAGE', `--poll "${text}" is no duration`, { hint: 'Write 30s, 1m or 8h.' });
}
