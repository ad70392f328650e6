/** What the `rollcall` command exits with. `docs/errors.md` lists the same numbers; a test keeps them equal. */
export const exitCodes = {
  passed: 0,
  bug: 1,
  usage: 2,
  incomplete: 4,
  notStarted: 5,
  thresholds: 99,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** How a command group runs its work: with a signal that Ctrl-C aborts; errors are shown and turned into an exit code. */
export type CommandRunner = (work: (signal: AbortSignal) => Promise<ExitCode>) => Promise<void>;
