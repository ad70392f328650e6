// Commands that are no settings: keys of the document, pushes, and what the next sync/info says by itself.

import type { Command, Outcome } from '../../../protocol/vocabulary.js';
import type { QueuedCommand } from '../../core/types.js';
import type { Draft } from './draft.js';
import type { Acknowledgement, AwaitedItem, PushAsked } from './rendered.js';

/** How a command goes out, and what answers it. */
export type Said =
  | {
      readonly by: Acknowledgement;
      readonly wants?: 'facts' | 'location';
      readonly deviceName?: string;
      readonly push?: PushAsked;
    }
  | { readonly refused: string };

const refused = (why: string): Said => ({ refused: why });

/** Messages that an administrator may push (specs/android.md §1.5), and any other word for a plug-in app. */
const messageType = /^[A-Za-z][\w.-]{0,99}$/;

/**
 * Puts the command into the document. `lock`, `factoryReset`, `reboot` and `passwordReset` are keys that the launcher understands
 * and that servers of the Enterprise edition send; `retire` is a word for the companion app (by convention).
 */
export function say(command: Command, draft: Draft): Said {
  const { keys } = draft;
  switch (command.kind) {
    case 'inventory':
      if (command.of === 'security') draft.tellsPasscode = true;
      return { by: 'info', wants: 'facts' };
    case 'locate':
      return { by: 'info', wants: 'location' };
    case 'lock': {
      keys['lock'] = true;
      const message = [command.message, command.phoneNumber].filter((text) => text !== undefined && text !== '');
      if (message.length > 0) keys['lockMessage'] = message.join('\n');
      return { by: 'info' };
    }
    case 'wipe':
      keys['factoryReset'] = true;
      return { by: 'reset' };
    case 'restart':
      keys['reboot'] = true;
      return { by: 'reboot' };
    case 'clear-passcode':
      keys['passwordReset'] = '';
      return { by: 'password' };
    case 'rename':
      keys['description'] = command.deviceName;
      return { by: 'info', deviceName: command.deviceName };
    case 'retire':
      draft.isRetiring = true;
      return { by: 'info' };
    case 'native':
      return native(command);
    case 'shut-down':
    case 'lost-mode':
      return refused(`Headwind has no word for ${command.kind}`);
    case 'install-profile':
    case 'remove-profile':
      return refused('a profile is no command here');
  }
}

/** A push: `{ name: 'runApp', body: { pkg } }`. */
function native({ platform, name, body }: Extract<Command, { kind: 'native' }>): Said {
  if (platform !== 'android') return refused(`a command of ${platform}`);
  if (!messageType.test(name)) return refused(`"${name.slice(0, 40)}" is no type of a push`);
  if (name === 'configUpdated') return { by: 'info' };
  if (body === undefined || body === null) return { by: 'info', push: { messageType: name } };
  if (typeof body !== 'object' || Array.isArray(body)) return refused('the payload of a push is an object');
  return { by: 'info', push: { messageType: name, payload: body } };
}

interface SaidCommands {
  readonly awaited: readonly AwaitedItem[];
  readonly refused: readonly { readonly commandId: string; readonly outcome: Outcome }[];
  readonly pushes: readonly PushAsked[];
}

/** Puts all of them into the document, in their order. */
export function sayAll(commands: readonly QueuedCommand[], draft: Draft): SaidCommands {
  const awaited: AwaitedItem[] = [];
  const refusals: { commandId: string; outcome: Outcome }[] = [];
  const pushes: PushAsked[] = [];
  for (const { id, command } of commands) {
    const said = say(command, draft);
    if ('refused' in said) {
      const outcome = { status: 'failed', reason: said.refused, code: 'MESSAGE_REFUSED', isUnsupported: true } as const;
      refusals.push({ commandId: id, outcome });
      continue;
    }
    if (said.push !== undefined) pushes.push(said.push);
    const { push: _, ...how } = said;
    awaited.push({ commandIds: [id], carriers: [], files: [], ...how });
  }
  return { awaited, refused: refusals, pushes };
}
