// Text messages (the messaging plugin): the one push that a device answers, by GET status/{id}/{1 delivered|2 read}.
import type { DeviceRecord, QueuedCommand } from '../core/types.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { error, ok, page } from './answers.js';
import { type AndroidContext, paths } from './context.js';
import { guarded, refuse } from './guarded.js';
import { memoryOf, remember } from './memory.js';
import type { Push } from './pushes.js';

const isText = ({ command }: QueuedCommand): boolean =>
  command.kind === 'native' && command.platform === 'android' && command.name === 'textMessage';

/** The messages among the commands, each handed over once, and the other commands. Ids that are answered are forgotten. */
export function sendMessages(
  device: DeviceRecord,
  commands: readonly QueuedCommand[],
  { tenant, texts }: AndroidContext,
): { readonly texts: readonly Push[]; readonly others: readonly QueuedCommand[] } {
  const asked = commands.filter(isText);
  const { messages: before = {} } = memoryOf(device);
  if (asked.length === 0 && Object.keys(before).length === 0) return { texts: [], others: commands };
  const open = new Set(asked.map(({ id }) => id));
  const messages = Object.fromEntries(Object.entries(before).filter(([, commandId]) => open.has(commandId)));
  const sent = new Set(Object.values(messages));
  const pushes = asked
    .filter(({ id }) => !sent.has(id))
    .map(({ id: commandId, command }): Push => {
      const id = texts.next();
      messages[String(id)] = commandId;
      return { messageType: 'textMessage', payload: JSON.stringify({ id, text: textOf(command) }) };
    });
  remember(tenant, device.deviceId, { messages });
  const now = tenant.device(device.deviceId);
  if (now !== undefined) texts.put(now);
  return { texts: pushes, others: commands.filter((command) => !isText(command)) };
}

function textOf(command: QueuedCommand['command']): string {
  const body = command.kind === 'native' ? command.body : undefined;
  const text = typeof body === 'object' && body !== null && 'text' in body ? body.text : body;
  return typeof text === 'string' ? text : '';
}

export const messageRoute = (context: AndroidContext): Route => ({
  method: 'GET',
  path: paths.messageStatus,
  handle: guarded(context, (request) => heard(request, context)),
});

const integer = /^[-+]?\d{1,10}$/;

/** Any id is OK, whether or not there is such a message; a status beyond 2 is an ERROR without a word. */
function heard(request: StubRequest, context: AndroidContext): StubAnswer {
  const { tenant, texts } = context;
  const { id = '', status = '' } = request.params;
  if (!integer.test(id) || !integer.test(status)) return refuse(context, request, 'no numbers', page(404), 'NOT_FOUND');
  if (Number(status) < 0 || Number(status) > 2) return refuse(context, request, 'no status of a message', error(null));
  const message = texts.find(Number(id));
  if (message !== undefined && Number(status) > 0) {
    tenant.report(message.deviceId, message.commandId, { status: 'done', data: { status: Number(status) } });
  }
  return ok();
}
