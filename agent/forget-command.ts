import { existsSync } from 'node:fs';
import { realClock } from '../base/clock.js';
import { commandLineError } from '../base/command-line.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { toJsonText } from '../base/failure-json.js';
import { createLog } from '../base/log.js';
import { readLogLevel } from '../base/log-level.js';
import { print } from '../base/terminal.js';
import type { DeviceCommandOptions } from './command-options.js';
import { statusOf } from './console.js';
import { agentError } from './errors.js';
import { createDevice, createPorts, openFileStore, systemRandom } from './index.js';
import { waysIn } from './invite.js';

const sayNothing = [
  ...(['server', 'profile', 'enroll-token', 'poll', 'clock', 'push', 'lenient'] as const),
  ...(['serial', 'udid', 'model', 'os', 'name', 'csr', 'seed', 'token', 'users'] as const),
];
const switches = ['once', 'stay', 'unsupervised', 'allow-http'] as const;

/**
 * What `rollcall device --forget` does: the device in the folder leaves management without a word to anybody, over no network,
 * and stays the device that it is. Throws USAGE, FILE_UNUSABLE, STATE_LOCKED, STATE_CORRUPT, NOT_ENROLLED.
 */
export async function forgetEnrollment(options: DeviceCommandOptions): Promise<ExitCode> {
  const { state: folder } = options;
  if (folder === undefined) throw commandLineError('USAGE', '--forget goes with --state FOLDER');
  const stray =
    sayNothing.find((name) => options[name] !== undefined) ?? switches.find((name) => options[name] === true);
  if (stray !== undefined) throw commandLineError('USAGE', `--${stray} says nothing with --forget`);
  if (!existsSync(folder)) throw commandLineError('FILE_UNUSABLE', `${folder}: there is no such folder`);
  const store = await openFileStore(folder);
  const ports = await createPorts({
    clock: realClock,
    log: createLog({ level: readLogLevel({ option: options['log-level'], fallback: 'error' }) }),
    keys: { size: 0, mode: 'fresh' },
  });
  try {
    const [id] = store.ids();
    const stored = id === undefined ? undefined : store.load(id);
    if (stored === undefined) throw agentError('NOT_ENROLLED', `there is no device in ${folder}`);
    const { platform } = stored.facts;
    const device = createDevice({ platform, ports: { ...ports.ports, random: systemRandom }, state: stored, store });
    const before = statusOf(device.state);
    const wasEnrolled = await device.forget();
    const after = statusOf(device.state);
    await device.close();
    print(process.stdout, options.json ? toJson(before, after, wasEnrolled) : toText(before, after, wasEnrolled));
    return exitCodes.passed;
  } finally {
    await ports.close();
    await store.close();
  }
}

type Status = ReturnType<typeof statusOf>;

/** What was there before and is not any more. */
const gone = (before: Status, after: Status) => ({
  authority: before.authority,
  profiles: before.profiles
    .map(({ name }) => name)
    .filter((name) => !after.profiles.some((kept) => kept.name === name)),
  apps: before.apps.map(({ id }) => id).filter((app) => !after.apps.some((kept) => kept.id === app)),
});

function toJson(before: Status, after: Status, wasEnrolled: boolean): string {
  return toJsonText({ ...after, forgotten: wasEnrolled ? gone(before, after) : null });
}

function toText(before: Status, after: Status, wasEnrolled: boolean): string {
  const who = `${after.deviceName} (${after.model}, ${after.osVersion}), ${after.id}, serial ${after.serial}`;
  if (!wasEnrolled) return `${who}\n  was not enrolled: nothing to forget\n`;
  const { authority, profiles, apps } = gone(before, after);
  return [
    who,
    `  forgotten   the enrollment at ${authority}, which was not told`,
    `  removed     ${listed(profiles.length, 'profile', profiles)}`,
    `              ${listed(apps.length, 'managed app', apps)}`,
    `  kept        its id, serial and name, and what is its user’s own; enroll it with ${waysIn(after.platform)}`,
    '',
  ].join('\n');
}

const listed = (count: number, noun: string, names: readonly string[]): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}${count === 0 ? '' : `: ${names.join(', ')}`}`;
