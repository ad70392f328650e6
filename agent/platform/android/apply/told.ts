// Commands that a configuration or a push brought, as they are told: when what they changed is kept.
import type { Command, Outcome } from '../../../../protocol/vocabulary.js';
import type { Whose } from '../../../model/apply-command.js';
import type { ToldCommand } from '../../../model/happening.js';
import type { AndroidContext } from '../context.js';

/** What waits to be told of one session, and how many commands its present sync or push has had. */
interface Waiting {
  readonly commands: ToldCommand[];
  prefix: string;
  count: number;
}

const waiting = new WeakMap<AndroidContext, Waiting>();

function waitingOf(context: AndroidContext): Waiting {
  const { syncs = 0 } = context.memory.data;
  const known = waiting.get(context);
  if (known !== undefined) return known;
  const fresh = { commands: [], prefix: `${syncs}`, count: 0 };
  waiting.set(context, fresh);
  return fresh;
}

/** What follows belongs to this: `<syncNumber>` of a configuration, `p<pushNumber>` of a push. */
export function beginCommands(context: AndroidContext, prefix: string): void {
  const now = waitingOf(context);
  if (now.prefix === prefix) return;
  now.prefix = prefix;
  now.count = 0;
}

/** The next id, for who tells a command itself. */
function nextCommandId(context: AndroidContext): string {
  const now = waitingOf(context);
  now.count++;
  return `${now.prefix}.${now.count}`;
}

/** What is said of a command beside its id. */
type NotedCommand = Omit<ToldCommand, 'type' | 'id'>;

/** Notes a command with the next id of its sync or push (`<number>.<n>`); `tellCommands` tells it. */
export function noteCommand(context: AndroidContext, command: NotedCommand): void {
  const id = nextCommandId(context);
  waitingOf(context).commands.push({ type: 'command', id, changed: 0, ...command });
}

/** Carries a neutral command out and notes it as what it is for the protocol. */
export async function carryOut(
  context: AndroidContext,
  command: Command,
  { name, about, said }: { readonly name: string; readonly about?: string; readonly said?: string },
  whose?: Whose,
): Promise<Outcome> {
  const outcome = await context.apply(command, whose);
  noteCommand(context, {
    name,
    ...(about === undefined ? {} : { about }),
    status: outcome.status,
    said: outcome.status === 'done' ? (said ?? 'done') : outcome.status,
    ...(outcome.status === 'done' ? {} : { reason: outcome.reason }),
    changed: 1,
  });
  return outcome;
}

/** Whether something was noted that has yet to be told. */
export const hasCommands = (context: AndroidContext): boolean => (waiting.get(context)?.commands.length ?? 0) > 0;

/** Saves what was changed, then tells what was noted. Throws STATE_UNSAVED: then nothing is told. */
export async function tellCommands(context: AndroidContext): Promise<void> {
  await context.save();
  for (const command of waiting.get(context)?.commands.splice(0) ?? []) context.device.tell(command);
}
