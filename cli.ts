#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { deviceCommand } from './agent/cli.js';
import { fleetCommand, smokeCommand } from './fleet/cli.js';
import { RollcallError } from './protocol/errors.js';
import { type CommandRunner, type ExitCode, exitCodes } from './protocol/exit-codes.js';
import { serverCommand } from './server-stub/cli.js';

/** Failures that a person mends on the command line or in a file, and those before anything was sent. */
const usageCodes = new Set([
  'SCENARIO_INVALID',
  'TENANT_INVALID',
  'REQUEST_INVALID',
  'PROFILE_REFUSED',
  'PKCS12_PASSWORD',
]);
const startCodes = new Set([
  'RUN_NOT_STARTED',
  'PORT_TAKEN',
  'DATA_CORRUPT',
  'STATE_CORRUPT',
  'STATE_LOCKED',
  'KEY_MISSING',
  'ADMIN_REFUSED',
  'ENROLL_REFUSED',
  'ENROLL_FAILED',
  'ALREADY_ENROLLED',
  'NOT_ENROLLED',
  'TLS_UNTRUSTED',
  'TRANSPORT_LOST',
]);

const stop = new AbortController();
let interrupted: ExitCode | undefined;
function onSignal(code: ExitCode): void {
  if (interrupted !== undefined) process.exit(code); // the second time: at once
  interrupted = code;
  stop.abort(new Error('stopped on request'));
}
process.on('SIGINT', () => onSignal(exitCodes.interrupted));
process.on('SIGTERM', () => onSignal(exitCodes.terminated));
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.passed); // the reader has seen enough
  throw error;
});

const run: CommandRunner = async (work) => {
  try {
    const code = await work(stop.signal);
    process.exitCode = interrupted ?? code;
  } catch (error) {
    process.exitCode = interrupted ?? report(error);
  }
};

function report(error: unknown): ExitCode {
  if (error instanceof RollcallError) {
    process.stderr.write(`rollcall: ${error.code}: ${error.message}\n  ${error.hint}\n`);
    for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
      process.stderr.write(`  because: ${cause.message}\n`);
    return usageCodes.has(error.code)
      ? exitCodes.usage
      : startCodes.has(error.code)
        ? exitCodes.notStarted
        : exitCodes.incomplete;
  }
  if (error instanceof Error && 'syscall' in error && 'path' in error) {
    process.stderr.write(`rollcall: ${error.message}\n  Check the file name and its permissions.\n`);
    return exitCodes.usage;
  }
  process.stderr.write(
    `rollcall: a bug of ours: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exitCodes.bug;
}

const self = [process.execPath, fileURLToPath(import.meta.url)];
await yargs(hideBin(process.argv))
  .scriptName('rollcall')
  .usage("$0 <command>\n\nEmulates managed iOS, Windows and Android devices from the device's side of the wire.")
  .command(serverCommand(run))
  .command(deviceCommand(run))
  .command(fleetCommand(run, self))
  .command(smokeCommand(run, self))
  .demandCommand(1, 'Say which command; --help lists them.')
  .strict()
  .recommendCommands()
  .wrap(Math.min(120, process.stdout.columns ?? 100))
  .epilogue('Exit codes and errors: docs/errors.md')
  .fail((message, error) => {
    if (error) throw error;
    process.stderr.write(`rollcall: ${message}\n  Try --help.\n`);
    process.exit(exitCodes.usage);
  })
  .parseAsync();
