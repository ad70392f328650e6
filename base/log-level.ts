// Which lines a command logs: its option wins over the environment, and that over the command's own default.
import { commandLineError } from './command-line.js';
import { type LogLevel, logLevels } from './log.js';
import { type Output, print } from './terminal.js';

/** The environment variable that every command obeys. */
export const logVariable = 'ROLLCALL_LOG';

/** Where a level may come from. */
export interface LogLevelSources {
  /** What stood behind `--log-level`. */
  readonly option?: string | undefined;
  /** Default: the variable's value in this process. */
  readonly variable?: string | undefined;
  /** The command's own. */
  readonly fallback: LogLevel;
  /** Where a wrong word in the variable is told of. Default: standard error. */
  readonly output?: Output;
}

const find = (word: string): LogLevel | undefined => logLevels.find((level) => level === word);

/** The words that may be chosen, for help texts. */
export const levelWords = logLevels.join(', ');

/**
 * The level to log at. Throws USAGE for a wrong word in the option; a wrong one in the variable is warned of once, and the
 * command's own level is taken: what stands in an environment was often not written for this command.
 */
export function readLogLevel(sources: LogLevelSources): LogLevel {
  const { option, variable = process.env[logVariable], fallback, output = process.stderr } = sources;
  if (option !== undefined) {
    const level = find(option);
    if (level !== undefined) return level;
    throw commandLineError('USAGE', `--log-level "${option}" is no level`, { hint: `Choose from ${levelWords}.` });
  }
  if (variable === undefined || variable === '') return fallback;
  const level = find(variable);
  if (level !== undefined) return level;
  print(output, `rollcall: ${logVariable}="${variable}" is no level (${levelWords}); ${fallback} is taken\n`);
  return fallback;
}
