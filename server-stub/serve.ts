import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { commandLineError, readWhole } from '../base/command-line.js';
import { openDiagnostics } from '../base/diagnostics.js';
import { readDuration } from '../base/duration.js';
import { exitCodes } from '../base/exit-codes.js';
import { makeFolder } from '../base/folders.js';
import { print } from '../base/terminal.js';
import { traceForm } from '../protocol/traced.js';
import { defaultCaFile, type ServerOptions } from './command-options.js';
import { defaultTenant } from './default-tenant.js';
import { type AuthorityOptions, type RunningAuthority, startAuthority } from './index.js';
import * as registry from './registry.js';
import { servedTraits } from './served-traits.js';
import { tellUnemulated } from './tenant-file/later.js';
import type { TenantProblem } from './tenant-file/problems.js';
import { readTenantAt } from './tenant-file/read.js';

/** What `rollcall server` does. */
export async function serve(options: ServerOptions, signal: AbortSignal) {
  const users = readWhole('users', options.users, 1, 1_000_000);
  const unemulated: TenantProblem[] = [];
  const tenant =
    options.tenant === undefined
      ? defaultTenant({ authority: options.authority, users })
      : readTenantAt(options.tenant, servedTraits(registry), (word) => unemulated.push(word));
  const caFile =
    options['ca-file'] ?? (options.json || !isWritable(dirname(defaultCaFile)) ? undefined : defaultCaFile);
  const diagnostics = await openDiagnostics(options, 'info', traceForm);
  const { log, trace } = diagnostics;
  tellUnemulated(log, options.tenant ?? '', unemulated);
  const running = await startAuthority({
    log,
    ...(trace === undefined ? {} : { trace }),
    port: readWhole('port', options.port, 0, 65_535),
    pushPort: readWhole('push-port', options['push-port'], 0, 65_535),
    host: options.host,
    ...(options['push-rate'] === undefined
      ? {}
      : { pushRate: readWhole('push-rate', options['push-rate'], 1, 1_000_000) }),
    ...(options['max-connections'] === undefined
      ? {}
      : { maxConnections: readWhole('max-connections', options['max-connections'], 8, 1_000_000) }),
    tenant,
    ...(caFile === undefined ? {} : { caFile }),
    ...(options.clock === undefined ? {} : { clockSetting: readClock(options.clock) }),
    ...(options['signing-skew'] === undefined ? {} : { ios: { signingSkewMs: readSkew(options['signing-skew']) } }),
    ...(options['windows-quirks'] ? { windows: { quirks: true } } : {}),
    android: androidOptions(options),
    ...(options.data === undefined ? {} : { dataFolder: options.data }),
  });
  if (running.tenant.ignoredConfig !== undefined) {
    log.warn('TENANT_FILE_IGNORED', {
      file: options.tenant,
      data: options.data,
      why: ignored[running.tenant.ignoredConfig.holds],
    });
  }
  print(process.stdout, options.json ? `${JSON.stringify(toJson(running))}\n` : toText(running));
  await new Promise<void>((resolve) => {
    if (options['until-stdin-ends'])
      process.stdin
        .on('end', resolve)
        .on('error', () => resolve())
        .resume();
    else if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await running.close();
  await diagnostics.close();
  return exitCodes.passed;
}

const toUseIt = 'to use the file, PUT it to /stub/v1/tenant, or start with another data folder';
/** Of a tenant file that is another than the one with which the tenant in the data folder began. */
const ignored = {
  organization: `the tenant that is stored did not begin with it, and holds; of the file only id, name, domain and settings: ${toUseIt}`,
  nothing: `the tenant that is stored did not begin with it, and holds: ${toUseIt}`,
};

/** What devices sign with is a secret: it comes from the environment. Throws USAGE. */
function androidOptions(options: ServerOptions): NonNullable<AuthorityOptions['android']> {
  const { 'mqtt-port': mqttPort, 'mqtt-url': mqttUrl, 'android-context': contextPath } = options;
  const sharedSecret = process.env['ROLLCALL_HMDM_SECRET'];
  return {
    ...(mqttPort !== undefined && { mqttPort: readWhole('mqtt-port', mqttPort, 0, 65_535) }),
    ...(mqttUrl !== undefined && { mqttUrl }),
    ...(contextPath !== undefined && { contextPath }),
    ...(sharedSecret !== undefined && sharedSecret !== '' && { sharedSecret }),
    createOnDemand: options['android-create'],
  };
}

/** Milliseconds; Infinity for "off". Throws USAGE. */
function readSkew(text: string): number {
  const ms = text === 'off' ? Number.POSITIVE_INFINITY : readDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw commandLineError('USAGE', `--signing-skew "${text}" is no duration`, { hint: 'Write 30s, 5m or 1d, or off.' });
}

/** Throws USAGE. */
function readClock(text: string): 'real' | 'manual' | number {
  if (text === 'real' || text === 'manual') return text;
  if (/^\d{1,7}(\.\d{1,6})?$/.test(text) && Number(text) > 0 && Number(text) <= 1_000_000) return Number(text);
  throw commandLineError('USAGE', `--clock "${text}" is no clock`, {
    hint: 'Write real, manual, or how many times as fast as the machine’s it goes, such as 3600, at most 1000000.',
  });
}

function toJson({ url, pushUrl, apnsUrl, caPem: ca, caFile, adminTokens: tokens, announced }: RunningAuthority) {
  const byPlatform: Record<string, Record<string, string>> = {};
  for (const { platform, key, url } of announced) byPlatform[platform] = { ...byPlatform[platform], [key]: url };
  return { url, pushUrl, apnsUrl, ca, caFile, tokens, announced: byPlatform };
}

function toText({ url, pushUrl, apnsUrl, caFile, adminTokens, announced, tenant, clock }: RunningAuthority): string {
  const lines: (readonly [label: string, value: string])[] = [
    ...announced.map(({ label, url }) => [label, url] as const),
    ['admin API', `${url}/v1.0   and ${url}/stub/v1`],
    ['push (APNs-shaped)', `${apnsUrl}/3/device/TOKEN`],
    ['push (to devices)', pushUrl],
    ['CA to trust', caFile ?? 'not written: choose a place with --ca-file'],
    ...(clock.mode === 'real' ? [] : [['clock', shownClock(clock)] as const]),
    ['administrator token', adminTokens.administrator],
    ['help desk token', adminTokens.helpDesk],
    ['reader token', adminTokens.reader],
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  return [
    `Stub authority of "${tenant.displayName}", authority ${tenant.authority}, ${tenant.users().length} users`,
    ...lines.map(([label, value]) => `  ${label.padEnd(width)}   ${value}`),
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

const shownClock = (clock: RunningAuthority['clock']): string =>
  `${clock.mode === 'manual' ? 'moved by hand' : `${clock.scale} times as fast as the machine’s`}, it shows ${new Date(clock.now()).toISOString()}`;

/** A container may have nothing to write to: the stub runs all the same. */
function isWritable(folder: string): boolean {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
