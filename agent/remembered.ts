// What was said on the command line and is needed again tomorrow, kept beside the device in its folder. Never a password.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readGivenText } from '../base/command-line.js';
import { asError } from '../base/errors.js';
import { type Upgrades, upgraded } from '../base/upgrades.js';
import { writeWholeFile } from '../base/whole-file.js';
import { agentError } from './errors.js';
import { leniencies } from './model/leniency.js';

const text = z.string().min(1);

const form = z.object({
  version: z.literal(1),
  /** The certificates themselves, in PEM: their file may be gone by then. */
  ca: text.exactOptional(),
  push: text.exactOptional(),
  user: text.exactOptional(),
  /** Where it enrolled: what `--server` or `--profile` said. */
  server: text.exactOptional(),
  profile: text.exactOptional(),
  /** The token service that it joined. */
  entra: text.exactOptional(),
  /** How Autopilot enrolled it. */
  autopilot: z.enum(['user-driven', 'self-deploying']).exactOptional(),
  /** Scheme, host and port of that. */
  origin: text.exactOptional(),
  /** What the device was invented from, where it was said. */
  seed: text.exactOptional(),
  lenient: z.array(z.enum(leniencies)).exactOptional(),
  allowHttp: z.boolean().exactOptional(),
  /** Whose clock it lives by; absent: the machine's. */
  clock: z.literal('stub').exactOptional(),
  /** How much its clock is ahead of that, in milliseconds. */
  skewMs: z.number().exactOptional(),
});

/** What a folder remembers of the options that its device was last started with. */
export type Remembered = Readonly<z.output<typeof form>>;

const presentVersion = 1;
/** There is one version so far. */
const upgrades: Upgrades = {};

export const nothingRemembered: Remembered = { version: presentVersion };

const fileIn = (folder: string): string => join(folder, 'options.json');

/** What the folder remembers; nothing where it is new. Throws STATE_CORRUPT. */
export function readRemembered(folder: string): Remembered {
  const path = fileIn(folder);
  if (!existsSync(path)) return nothingRemembered;
  let version = Number.NaN;
  try {
    const value: unknown = JSON.parse(readGivenText(path));
    version = typeof value === 'object' && value !== null && 'version' in value ? Number(value.version) : Number.NaN;
    return form.parse(upgraded(value, version, presentVersion, upgrades));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const why = issue === undefined ? asError(error).message : `${issue.path.join('.')}: ${issue.message}`;
    throw agentError('STATE_CORRUPT', `${path}: ${why}`, {
      cause: error,
      hint: `${version > presentVersion ? 'A later version of rollcall wrote it: use that one. Or remove' : 'Remove'} this file, and give the options anew; the device itself is in another.`,
    });
  }
}

/** Keeps it, durable, for the owner alone. Throws STATE_UNSAVED. */
export async function writeRemembered(folder: string, remembered: Remembered): Promise<void> {
  const path = fileIn(folder);
  try {
    await writeWholeFile(path, `${JSON.stringify(remembered, null, 2)}\n`, { mode: 0o600, draft: `${path}.new` });
  } catch (cause) {
    throw agentError('STATE_UNSAVED', `${path} cannot be written`, { cause });
  }
}
