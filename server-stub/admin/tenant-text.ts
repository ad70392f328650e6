// A tenant as text and back. What takes long is done on a thread of its own: devices check in meanwhile.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { deepFreeze } from '../../base/freeze.js';
import type { TraitsByPlatform } from '../core/traits.js';
import type { TenantConfig } from '../core/types.js';
import { stubError } from '../errors.js';
import { withSecretsOf } from '../tenant-file/hidden.js';
import type { TenantProblem } from '../tenant-file/problems.js';
import { readTenantFile, withDigest } from '../tenant-file/read.js';
import { hiddenSecret, plainTenant, type Showing, writeTenantFile } from '../tenant-file/write.js';
import { plainProfile, shownProfile } from './shown.js';

const withSecrets: Showing = { profile: plainProfile, password: (password) => password };
const withoutSecrets: Showing = {
  profile: (profile) => shownProfile(profile, 'administrator'),
  password: () => hiddenSecret,
};

/** Plain values, which a thread can be handed. */
export type TenantJob =
  | { readonly of: 'text'; readonly config: TenantConfig; readonly secrets: boolean }
  | {
      readonly of: 'config';
      readonly text: string;
      readonly traits: TraitsByPlatform;
      /** Whose secrets stand for those that were left out of the text; absent where none was. */
      readonly current?: TenantConfig;
    };

/** What came of it. */
export type TenantMade =
  | { readonly text: string }
  | { readonly config: TenantConfig; readonly notEmulated: readonly TenantProblem[] }
  | { readonly refused: { readonly message: string; readonly details: Readonly<Record<string, unknown>> } };

/** Throws TENANT_INVALID. */
export function make(job: TenantJob): Exclude<TenantMade, { readonly refused: unknown }> {
  if (job.of === 'text') return { text: writeTenantFile(job.config, job.secrets ? withSecrets : withoutSecrets) };
  const { text, traits, current } = job;
  const prepare = (raw: unknown) => withSecretsOf(raw, current && plainTenant(current, withSecrets));
  const notEmulated: TenantProblem[] = [];
  const config = readTenantFile(text, {
    file: 'tenant',
    traits,
    onUnemulated: (word) => notEmulated.push(word),
    ...(current !== undefined && { prepare }),
  });
  return { config: withDigest(config, text), notEmulated };
}

/** Takes a few dozen milliseconds: fewer characters, or users, are no thread's work. */
const few = { characters: 32 * 1024, users: 500 };

export interface TextOptions {
  /** Ends what is under way. */
  readonly closing?: AbortSignal | undefined;
}

/** YAML text. */
export async function tenantText(config: TenantConfig, secrets: boolean, options: TextOptions = {}): Promise<string> {
  const made = await apart({ of: 'text', config, secrets }, config.users.length > few.users, options);
  return 'text' in made ? made.text : '';
}

export interface ReadTenant {
  readonly config: TenantConfig;
  /** Words that it may have, and that have no effect yet. */
  readonly notEmulated: readonly TenantProblem[];
}

/** The tenant that the text describes. Throws TENANT_INVALID with all mistakes. `current`: asked for where secrets were left out. */
export async function tenantOfText(
  text: string,
  {
    current,
    traits = new Map(),
    ...options
  }: TextOptions & { readonly traits?: TraitsByPlatform | undefined; readonly current: () => TenantConfig },
): Promise<ReadTenant> {
  const hidden = text.includes(hiddenSecret) ? { current: current() } : {};
  const made = await apart({ of: 'config', text, traits, ...hidden }, text.length > few.characters, options);
  if ('config' in made) return { config: deepFreeze(made.config), notEmulated: made.notEmulated };
  const { message, details } = 'refused' in made ? made.refused : { message: 'no tenant', details: {} };
  throw stubError('TENANT_INVALID', message, { details });
}

/** Beside this file once it is compiled, or beside what the whole is bundled into; nowhere while it runs from its source. */
const programs = ['./tenant-thread.js', '../tenant-thread.js'];

async function apart(job: TenantJob, isLong: boolean, { closing }: TextOptions): Promise<TenantMade> {
  const paths = isLong ? programs.map((name) => fileURLToPath(new URL(name, import.meta.url))) : [];
  const program = paths.find((path) => existsSync(path));
  if (program === undefined) return make(job);
  const before = last;
  const made = (async () => {
    await before;
    return onThread(program, job, closing);
  })();
  last = made.catch(() => {}); // whoever asked hears of it
  return made;
}

/** One thread at a time: each may take a gigabyte. */
let last: Promise<unknown> = Promise.resolve();

const stopping = () => stubError('STUB_BUSY', 'The tenant was not read or written to its end: the stub stops');

function onThread(program: string, workerData: TenantJob, closing: AbortSignal | undefined): Promise<TenantMade> {
  if (closing?.aborted === true) return Promise.reject(stopping());
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { workerData, env: {}, execArgv: [], name: 'rollcall tenant' });
    const end = () => void worker.terminate();
    closing?.addEventListener('abort', end, { once: true });
    let made: TenantMade | undefined;
    worker.once('message', (message: TenantMade) => {
      made = message;
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      closing?.removeEventListener('abort', end);
      if (made === undefined) reject(stopping());
      else resolve(made);
    });
  });
}
