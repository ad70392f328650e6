import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readWhole, withFile } from '../base/command-line.js';
import { exitCodes } from '../base/exit-codes.js';
import { defaultCaFile, type ServerOptions } from './command-options.js';
import { defaultTenant, readTenantFile } from './core/tenant-file.js';
import { startAuthority } from './index.js';

/** What `rollcall server` does. */
export async function serve(options: ServerOptions, signal: AbortSignal) {
  const users = readWhole('users', options.users, 1, 1_000_000);
  const tenant =
    options.tenant === undefined
      ? defaultTenant({ authority: options.authority, users })
      : readTenantFile(withFile(options.tenant, (path) => readFileSync(path, 'utf8')));
  const caFile =
    options['ca-file'] ?? (options.json || !isWritable(dirname(defaultCaFile)) ? undefined : defaultCaFile);
  const running = await startAuthority({
    port: readWhole('port', options.port, 0, 65_535),
    pushPort: readWhole('push-port', options['push-port'], 0, 65_535),
    host: options.host,
    ...(options['push-rate'] === undefined
      ? {}
      : { pushRate: readWhole('push-rate', options['push-rate'], 1, 1_000_000) }),
    tenant,
    ...(caFile === undefined ? {} : { caFile }),
    ...(options.data === undefined ? {} : { dataFolder: options.data }),
  });
  const tokens = running.adminTokens;
  if (options.json) {
    const { url, pushUrl, apnsUrl, caPem: ca, caFile } = running;
    process.stdout.write(`${JSON.stringify({ url, pushUrl, apnsUrl, ca, caFile, tokens })}\n`);
  } else {
    process.stdout.write(
      [
        `Stub authority of "${running.tenant.displayName}", authority ${running.tenant.authority}, ${running.tenant.users().length} users`,
        `  enroll an iOS device   ${running.url}/enroll/ios?user=${running.tenant.users()[0]?.upn ?? 'UPN'}`,
        `  admin API              ${running.url}/v1.0   and ${running.url}/stub/v1`,
        `  push (APNs-shaped)     ${running.apnsUrl}/3/device/TOKEN`,
        `  push (to devices)      ${running.pushUrl}`,
        `  CA to trust            ${running.caFile ?? 'not written: choose a place with --ca-file'}`,
        `  administrator token    ${tokens.administrator}`,
        `  reader token           ${tokens.reader}`,
        'Ctrl-C stops it.',
        '',
      ].join('\n'),
    );
  }
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
  return exitCodes.passed;
}

/** A container may have nothing to write to: the stub runs all the same. */
function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
