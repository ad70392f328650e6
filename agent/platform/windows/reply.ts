// How a device answers one message of the server's (specs/windows.md §1.10).
import { isRollcallError } from '../../../base/errors.js';
import { noEndOfData } from '../../../protocol/syncml/large-object.js';
import type { SyncMlCommand, SyncMlMessage } from '../../../protocol/syncml/message.js';
import { troubleOf } from '../trouble.js';
import { saidOf, statusOf, unsaved } from './answers.js';
import type { SessionContext } from './context.js';
import { noteEffects } from './effects.js';
import type { LargeObjects } from './large-objects.js';
import { syncVersion } from './provider.js';
import type { WindowsData } from './saved.js';
import type { CommandAnswer } from './tree/engine.js';

/** What is said to a message, without numbers and without the Status of its header. */
export interface Reply {
  readonly said: readonly SyncMlCommand[];
  /** Commands of the message. */
  readonly commands: number;
}

/** Something of a message that is answered at once, or goes to the tree. */
type Part = { readonly said: readonly SyncMlCommand[] } | { readonly commands: readonly SyncMlCommand[] };

/**
 * Runs the commands of a message in document order and saves what they changed; a person at the device is told of each then. What
 * cannot be saved did not happen: those commands are answered 510.
 */
export async function replyTo(message: SyncMlMessage, context: SessionContext, objects: LargeObjects): Promise<Reply> {
  const { msgId } = message.header;
  const asked = message.commands.filter(({ verb }) => verb !== 'Status' && verb !== 'Results');
  const before = context.memory.data;
  const parts: (readonly SyncMlCommand[] | readonly CommandAnswer[])[] = [];
  const answers: CommandAnswer[] = [];
  for (const part of partsOf(asked, msgId, objects)) {
    if ('said' in part) {
      parts.push(part.said);
      continue;
    }
    const report = await context.engine().run(part.commands);
    noteEffects(report.effects, context.memory, context.ports.clock.now());
    answers.push(...report.answers);
    parts.push(report.answers);
  }
  const isSaved = answers.length === 0 || (await isKept(before, context));
  const tellsErrors = syncVersion(context.memory.data) >= 3;
  const said: SyncMlCommand[] = [];
  for (const part of parts)
    for (const each of part) {
      if (!('statuses' in each)) {
        said.push(each);
        continue;
      }
      const answer = isSaved ? each : unsaved(each);
      context.device.tell(answer.told);
      said.push(...saidOf(answer, msgId, tellsErrors));
    }
  return { said, commands: asked.length };
}

/** Next message; no end of data. */
const takenAlerts = new Set(['1222', '1225']);

/** Neighbours that go to the tree are one part: the tree sees them together. */
function partsOf(commands: readonly SyncMlCommand[], msgRef: string, objects: LargeObjects): readonly Part[] {
  const parts: Part[] = [];
  let forTree: SyncMlCommand[] = [];
  const flush = (): void => {
    if (forTree.length > 0) parts.push({ commands: forTree });
    forTree = [];
  };
  const say = (...said: readonly SyncMlCommand[]): void => {
    flush();
    parts.push({ said });
  };
  for (const command of commands) {
    const { lost, now } = objects.take(command);
    if (lost !== undefined) say(noEndOfData(lost));
    if (typeof now === 'number') say(statusOf(msgRef, command, now));
    else if (now.verb === 'Alert') say(statusOf(msgRef, command, takenAlerts.has(now.data) ? 200 : 406));
    else forTree.push(now);
  }
  const lost = objects.endMessage();
  if (lost !== undefined) say(noEndOfData(lost));
  flush();
  return parts;
}

/** Saves what a message changed. What cannot be saved did not happen: false, and the device and its link are as before. */
async function isKept(before: WindowsData, context: SessionContext): Promise<boolean> {
  const { save, undo, memory, device, ports } = context;
  try {
    await save();
    return true;
  } catch (error) {
    if (!isRollcallError(error, 'STATE_UNSAVED')) throw error;
    ports.log.warn(error.code, { during: 'message', error });
    device.tell(troubleOf(error, 'what the commands of a message changed'));
    undo();
    const { link } = device.state;
    memory.restore(before, link?.data === before ? link : undefined);
    return false;
  }
}
