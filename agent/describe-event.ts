import { asError, causesOf, RollcallError } from '../base/errors.js';
import { type Colour, visibleLine } from '../base/terminal.js';
import type { DeviceChange, DeviceEvent } from './device-types.js';
import type { FailureLink } from './model/happening.js';

/** An event for a person to read: one line, and below it, indented, what went wrong. No line feed at its end. */
export function describeEvent(event: DeviceEvent): string {
  const [head, ...details] = linesOf(event);
  return [`${new Date(event.at).toISOString().slice(11, 19)} ${head}`, ...details.map((line) => `         ${line}`)]
    .map(visibleLine)
    .join('\n');
}

/** In what colour it is shown, if in one. */
export function colourOf(event: DeviceEvent): Colour | undefined {
  switch (event.type) {
    case 'command':
      return event.status === 'done' ? (event.error === undefined ? 'green' : 'yellow') : colours[event.status];
    case 'declaration':
      return event.status === 'invalid' ? 'red' : undefined;
    case 'failed':
    case 'disowned':
      return 'red';
    case 'trouble':
    case 'lifted':
      return 'yellow';
    case 'check-in':
    case 'woken':
      return 'grey';
    default:
      return undefined;
  }
}

/** What platforms say to a command that was carried out and leaves no more to be said. */
const plainWords: ReadonlySet<string> = new Set(['Acknowledged', '200 OK']);

const colours = { failed: 'red', later: 'yellow' } as const;

function linesOf(event: DeviceEvent): readonly string[] {
  switch (event.type) {
    case 'command': {
      const { name, about, id, status, said, reason, error = [], changes } = event;
      const asSaid = said === status || (status === 'done' && plainWords.has(said)) ? '' : ` (${said})`;
      const decided = changes.some((change) => change.decided) ? ', as decided in its place' : '';
      return [
        `command ${name}${about === undefined ? '' : ` ${about}`}: ${status}${asSaid}${decided}, id ${id}`,
        ...(reason === undefined ? [] : [reason]),
        ...error.map(chainLine),
      ];
    }
    case 'declaration': {
      const { kind, id, status, reason, error = [] } = event;
      return [
        `declaration ${kind} ${id}: ${status}`,
        ...(reason === undefined ? [] : [reason]),
        ...error.map(chainLine),
      ];
    }
    case 'trouble': {
      const { code, message, hint, about } = event;
      return [
        `trouble${about === undefined ? '' : ` with ${about}`}: ${code}: ${message}`,
        ...(hint === undefined ? [] : [hint]),
      ];
    }
    case 'lifted':
      return [`lifted by --lenient ${event.lenient}: ${event.code}: ${event.message}`];
    case 'local-act':
      return [`by itself: ${changeLine(event)}`];
    case 'enrolled':
      return [`enrolled (${event.authority})`, ...event.changes.map(changeLine)];
    case 'checked-in': {
      const { commands, later, next } = event.report;
      const followed = next === undefined ? [] : [`Return to Service: it enrolls again (${next.authority})`];
      return [`checked in: ${counted(commands, 'command')}, ${later} put off`, ...followed];
    }
    case 'failed': {
      const { error, during } = event;
      const code = error instanceof RollcallError ? `${error.code}: ` : '';
      const hint = error instanceof RollcallError ? [error.hint] : [];
      return [`${during} failed: ${code}${error.message}`, ...hint, ...causesThatSayMore(error)];
    }
    case 'woken':
      return ['notification: asked to check in'];
    case 'check-in':
      return [`checking in (${event.reason})`];
    default:
      return [`${event.type} (${event.origin ?? event.authority})`];
  }
}

const chainLine = ({ domain, code, message }: FailureLink): string => `${domain} ${code}: ${message}`;

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function changeLine({ command, outcome }: DeviceChange): string {
  const what = command.kind === 'native' ? command.name : command.kind;
  const about =
    command.kind === 'install-profile'
      ? ` ${command.profile.name}`
      : command.kind === 'remove-profile'
        ? ` ${command.name}`
        : '';
  return `${what}${about}: ${outcome.status}${outcome.status === 'done' ? '' : ` (${outcome.reason})`}`;
}

function causesThatSayMore(error: Error): string[] {
  const said = [error.message];
  for (const { message } of causesOf(asError(error)))
    if (!said.some((each) => each.includes(message))) said.push(message);
  return said.slice(1).map((message) => `because: ${message}`);
}
