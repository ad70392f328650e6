// The log and the trace of a command, as its options and the environment ask for them.
import { realClock } from './clock.js';
import type { DiagnosticsOptions } from './diagnostics-options.js';
import { createLog, type LogLevel, type SettlingLog } from './log.js';
import { readLogLevel } from './log-level.js';
import { terminalLines } from './log-lines.js';
import type { Trace, TraceForm } from './trace.js';
import { openTrace } from './trace-output.js';

/** A log and perhaps a trace, open. */
export interface Diagnostics {
  readonly log: SettlingLog;
  /** Absent where nobody asked for one: then nothing is gathered for it. */
  readonly trace?: Trace;
  /** Writes what is still to be written, the log's counted lines too. */
  close(): Promise<void>;
}

/**
 * Opens them. At the levels `debug` and `trace` the log has a line for each exchange. Throws USAGE for a wrong level,
 * FILE_UNUSABLE for a trace that cannot be written.
 */
export async function openDiagnostics(
  options: DiagnosticsOptions,
  fallback: LogLevel,
  form: TraceForm,
): Promise<Diagnostics> {
  const level = readLogLevel({ option: options['log-level'], fallback });
  const log = createLog({ level, repeats: { clock: realClock }, ...(await terminalLines(process.stderr)) });
  const shown = options.trace === undefined ? undefined : await openTrace(options.trace, form);
  const trace = level === 'debug' || level === 'trace' ? logged(log, form, shown) : shown;
  return {
    log,
    ...(trace !== undefined && { trace }),
    async close() {
      log.settle();
      await shown?.close();
    },
  };
}

const logged = (log: SettlingLog, form: TraceForm, shown: Trace | undefined): Trace => ({
  exchanged(exchange) {
    log.debug('EXCHANGE', form.summary(exchange));
    shown?.exchanged(exchange);
  },
  messaged: (message) => shown?.messaged?.(message),
});
