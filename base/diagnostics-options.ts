import type { LogLevel } from './log.js';
import { levelWords, logVariable } from './log-level.js';

/** What a person types to see more of what a command does. */
export interface DiagnosticsOptions {
  /** Empty: standard error. */
  readonly trace?: string | undefined;
  readonly 'log-level'?: string | undefined;
}

/** The options as yargs takes them. `fallback`: the command's own level. */
export const diagnosticsOptions = (fallback: LogLevel) =>
  ({
    trace: {
      type: 'string',
      describe:
        'show each request and answer, readable and without secrets, on standard error or in this file; NAME.har: a HAR file',
    },
    'log-level': {
      type: 'string',
      requiresArg: true,
      describe: `${levelWords}; default: ${logVariable} in the environment, or ${fallback}`,
    },
  }) as const;
