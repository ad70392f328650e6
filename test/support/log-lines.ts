/** A line of the log, as createLog writes it: pino's `msg` is the event. */
export interface WrittenLine {
  readonly level: number;
  readonly time: number;
  readonly event: string;
  readonly [name: string]: unknown;
}

export function readLogLine(text: string): WrittenLine {
  const { msg, ...rest } = JSON.parse(text);
  return { event: msg, ...rest };
}
