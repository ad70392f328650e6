import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { readWhole, withFile } from '../protocol/command-line.js';
import { type CommandRunner, exitCodes } from '../protocol/exit-codes.js';
import { type Authority, authorities } from '../protocol/vocabulary.js';
import { defaultTenant, readTenantFile } from './core/tenant-file.js';
import { startAuthority } from './index.js';

interface ServerOptions {
  readonly port: number;
  readonly 'push-port': number;
  readonly host: string;
  readonly tenant?: string | undefined;
  readonly data?: string | undefined;
  readonly 'ca-file'?: string | undefined;
  readonly authority: Authority;
  readonly users: number;
  readonly json: boolean;
  readonly 'until-stdin-ends': boolean;
}

const defaultCaFile = '.rollcall/ca.pem';
const authorityNames = Object.keys(authorities) as Authority[];

/** `rollcall server`: the stub authority, until it is stopped. */
export function serverCommand(run: CommandRunner): CommandModule<object, ServerOptions> {
  return {
    command: 'server',
    describe: 'run the stub authority',
    builder: (yargs: Argv) =>
      yargs
        .option('port', { type: 'number', default: 8443, describe: 'HTTPS port; 0 takes a free one' })
        .option('push-port', {
          type: 'number',
          default: 0,
          describe: 'port of the APNs-shaped push service; 0 takes a free one',
        })
        .option('host', { type: 'string', default: '127.0.0.1', describe: 'address to listen on' })
        .option('tenant', { type: 'string', describe: 'tenant file (YAML): users, profiles, settings' })
        .option('data', {
          type: 'string',
          describe: 'folder that keeps CA and state; without it they end with the process',
        })
        .option('ca-file', {
          type: 'string',
          describe: `where to write the CA certificate to trust; default: ${defaultCaFile}, with --json nowhere`,
        })
        .option('authority', {
          choices: authorityNames,
          default: 'intune' as Authority,
          describe: 'authority of the built-in tenant',
        })
        .option('users', { type: 'number', default: 10, describe: 'users of the built-in tenant' })
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'one line of JSON when ready, log lines on stderr',
        })
        .option('until-stdin-ends', {
          type: 'boolean',
          default: false,
          describe: 'stop when standard input ends, not when asked by Ctrl-C or SIGTERM',
        })
        .example('$0 server', 'on https://localhost:8443, tokens printed')
        .example('$0 server --data ./authority --tenant tenant.yaml', 'kept on disk, with your own users and profiles')
        .example('$0 server --port 0 --json', 'for scripts') as Argv<ServerOptions>,
    handler: (options) => run((signal) => serve(options, signal)),
  };
}

async function serve(options: ServerOptions, signal: AbortSignal) {
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
