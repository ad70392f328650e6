import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { deviceCommand, type Replay } from './agent/cli.js';
import { StopRequest } from './base/abort.js';
import { realClock } from './base/clock.js';
import { commandLineError, explainFailure } from './base/command-line.js';
import { isSystemError, RollcallError } from './base/errors.js';
import { type CommandRunner, type ExitCode, exitCodeOf, exitCodes } from './base/exit-codes.js';
import { failureJson, toJsonText } from './base/failure-json.js';
import { meantInstead, strictOptions } from './base/strict-options.js';
import { print, whenWritten } from './base/terminal.js';
import { fleetCommand, initCommand, smokeCommand } from './fleet/cli.js';
import { serverCommand } from './server-stub/cli.js';

/** How long a command may take to end in good order once it was asked to. */
const longestStopMs = 10_000;
/** How long, at the end of that, a disk is waited for whose answer nobody needs any more. */
const longestKeptMs = 500;
const stop = new AbortController();
let interrupted: ExitCode | undefined;
let cancelBound = (): void => {};
function onSignal(code: ExitCode): void {
  if (interrupted !== undefined) exitNow(code); // the second time: at once
  interrupted = code;
  cancelBound = realClock.after(longestStopMs, () => {
    print(process.stderr, `rollcall: not stopped in ${longestStopMs / 1000} s; ended\n`);
    exitNow(code);
  });
  stop.abort(new StopRequest(code === exitCodes.terminated ? 'SIGTERM' : 'SIGINT'));
}
const isKept = () => process.getActiveResourcesInfo().some((name) => /^(?:FSReq|GetAddrInfo)/.test(name));
/**
 * `process.exit` waits for threads: one that writes to a disk that does not answer, or asks for a name, keeps it for ever. The
 * process then ends as its signal ends one, which a shell tells with the same code.
 */
function exitNow(code: ExitCode): never {
  const signal = code === exitCodes.interrupted ? 'SIGINT' : 'SIGTERM';
  if (isKept() && (code === exitCodes.interrupted || code === exitCodes.terminated)) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit(code);
}
// Whoever reads our output has seen enough (`| head`): end in good order, but write no more.
const stopAtEpipe = ({ code }: NodeJS.ErrnoException): boolean => {
  if (code === 'EPIPE') stop.abort(new Error('nobody reads the output any more'));
  return code === 'EPIPE';
};

const run: CommandRunner = async (work) => {
  try {
    const code = await work(stop.signal);
    process.exitCode = interrupted ?? code;
  } catch (error) {
    process.exitCode = interrupted ?? (stop.signal.aborted ? exitCodes.passed : report(error));
    if (interrupted !== undefined) print(process.stderr, 'rollcall: stopped on request\n');
  } finally {
    cancelBound();
    if (interrupted !== undefined) exitWhenWritten(); // whatever is open still
  }
};

/** Ends the process with its exit code once what was printed has gone out. */
function exitWhenWritten(): void {
  const until = realClock.now() + longestKeptMs;
  const look = (): void => {
    if (isKept() && realClock.now() < until) realClock.after(20, look);
    else exitNow(interrupted ?? exitCodes.passed);
  };
  whenWritten([process.stdout, process.stderr], look);
}

function report(error: unknown): ExitCode {
  if (error instanceof RollcallError) {
    print(process.stderr, `rollcall: ${explainFailure(error)}\n`);
    return exitCodeOf(error.code) ?? exitCodes.incomplete;
  }
  if (isSystemError(error)) {
    const isNetwork = /^(?:listen|bind|connect|getaddrinfo)$/.test(error.syscall);
    return report(
      isNetwork
        ? commandLineError('USAGE', error.message, { hint: 'Check --host and --port.' })
        : commandLineError('FILE_UNUSABLE', error.message),
    );
  }
  print(
    process.stderr,
    `rollcall: a bug of ours: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exitCodes.bug;
}

/** The whole command line. `version` is this package's own; `built`: the folder of the built files that it starts processes from. */
export async function main(version: string, built: URL = new URL('./', import.meta.url)): Promise<void> {
  process.on('SIGINT', () => onSignal(exitCodes.interrupted));
  process.on('SIGTERM', () => onSignal(exitCodes.terminated));
  process.stdout.on('error', (error) => {
    if (stopAtEpipe(error)) return;
    process.exit(report(commandLineError('OUTPUT_LOST', `standard output: ${error.message}`))); // such as a full disk
  });
  process.stderr.on('error', stopAtEpipe); // what cannot be said there ends nothing
  const self = [process.execPath, fileURLToPath(new URL('cli.js', built))];
  const program = { self, engine: fileURLToPath(new URL('engine.js', built)), version };
  const replayed: Replay = async (options, signal) => {
    const [{ replay }, { desk }] = await Promise.all([
      import('./fleet/replay/command.js'),
      import('./agent/live-on.js'),
    ]);
    return await replay(options, program, desk, signal);
  };
  const words = hideBin(process.argv);
  const cli = strictOptions(yargs(words), words);
  await cli
    .scriptName('rollcall')
    .usage("$0 <command>\n\nEmulates managed iOS, Windows and Android devices from the device's side of the wire.")
    .command(initCommand(run))
    .command(serverCommand(run))
    .command(deviceCommand(run, replayed))
    .command(fleetCommand(run, program))
    .command(smokeCommand(run, program))
    .demandCommand(1, 'Say which command.')
    .recommendCommands()
    .alias('h', 'help')
    .version(`rollcall ${version}`)
    .alias('V', 'version')
    .wrap(Math.min(80, process.stdout.columns ?? 80))
    .epilogue('Exit codes and errors: docs/errors.md')
    .fail((message, error) => {
      // What yargs itself finds wrong is a message; what was thrown meanwhile is an error.
      const isOurs = error !== undefined && error.name !== 'YError';
      const told = message
        ?.replace(/^Not enough non-option arguments.*/, 'Say which scenario file.')
        .replace(/\n\s*/g, ' ');
      const failure = isOurs ? error : commandLineError('USAGE', told, meantInstead(told, cli));
      if (words[0] === 'device' && words.includes('--json'))
        print(process.stdout, toJsonText({ error: failureJson(failure) }));
      process.exit(report(failure));
    })
    .parseAsync();
}
