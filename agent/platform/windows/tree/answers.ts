// Answers to commands, and what is told of them. Names and codes; never what a command brought.
import { hresultOf } from '../../../../protocol/mde2/hresult.js';
import type { GroupCommand, Item, SyncMlCommand, TreeCommand } from '../../../../protocol/syncml/message.js';
import { statusNames, statusText } from '../../../../protocol/syncml/status.js';
import type { FailureLink, ToldCommand } from '../../../model/happening.js';
import type { Refusal } from '../csp/module.js';
import type { TreeBehaviour } from './behaviour.js';

/** One Status. */
export interface ItemStatus {
  /** Where a command has several Items: the address of this one, as it came. */
  readonly targetRef?: string;
  readonly code: number;
  /** An HRESULT such as 0x86000002, for servers that read them. */
  readonly originalError?: string;
  /** For the person at the device. */
  readonly reason?: string;
}

/** How one command is answered: its Statuses, and what its Results hold (none: no Results). */
export interface CommandAnswer {
  /** CmdRef of its Statuses; absent where the command had none. */
  readonly cmdId?: string;
  /** Cmd of its Statuses. */
  readonly verb: string;
  readonly statuses: readonly ItemStatus[];
  readonly results: readonly Item[];
  readonly told: ToldCommand;
}

export const refused = (code: number, reason: string): ItemStatus => ({ code, reason });

const longestName = 200;

/** The answer to a command with what is told of it. */
export function answerOf(
  command: SyncMlCommand,
  statuses: readonly ItemStatus[],
  results: readonly Item[] = [],
): CommandAnswer {
  const { cmdId } = command;
  const verb = command.verb === 'Unknown' ? command.name : command.verb;
  const bad = statuses.find(isBad);
  const links = statuses.filter(isBad).flatMap(linksOf);
  const shown = bad ?? statuses[0];
  return {
    ...(cmdId === undefined ? {} : { cmdId }),
    verb,
    statuses,
    results,
    told: {
      type: 'command',
      name: nameOf(verb, 'items' in command ? command.items : []),
      id: cmdId ?? '',
      status: bad === undefined ? 'done' : 'failed',
      said: statusText(shown?.code ?? 200),
      ...(bad?.reason === undefined ? {} : { reason: bad.reason }),
      ...(links.length === 0 ? {} : { error: links }),
    },
  };
}

/** It failed, or is told as failed: 215 and 216 are the words of an Atomic that was taken back. */
const isBad = ({ code }: ItemStatus): boolean => code >= 300 || code === 215 || code === 216;

/** What `said` leaves out: of several Items the status of each that failed, with its address, and the HRESULTs. */
function linksOf({ code, originalError, targetRef }: ItemStatus): FailureLink[] {
  const name = statusNames[code] ?? 'a status without a name';
  const status: readonly FailureLink[] =
    targetRef === undefined ? [] : [{ domain: 'SyncML', code, message: `${name}: ${targetRef.slice(0, longestName)}` }];
  if (originalError === undefined) return [...status];
  const known = hresultOf(Number(originalError));
  const message = known === undefined ? name : [known.name, known.meaning].filter(Boolean).join(': ');
  return [...status, { domain: 'HRESULT', code: originalError, message }];
}

export const groupAnswer = (command: GroupCommand, status: ItemStatus): CommandAnswer => answerOf(command, [status]);

function nameOf(verb: string, items: readonly Item[]): string {
  const target = items.find((item) => item.target !== undefined)?.target;
  if (target === undefined) return verb;
  const more = items.length > 1 ? ` and ${items.length - 1} more` : '';
  return `${verb} ${target.slice(0, longestName)}${more}`;
}

export const isFailed = ({ code }: ItemStatus): boolean => code >= 300;

export const statusOf = ({ status, reason, originalError }: Refusal): ItemStatus => ({
  code: status,
  reason,
  ...(originalError === undefined ? {} : { originalError }),
});

/** Commands of OMA SyncML that device management has no use for are optional (406); what is no command at all is 400 (Learn). */
const optional = new Set(['Map', 'Search', 'Put', 'Sync', 'Move', 'Field', 'Filter']);
export const unknown = (name: string): ItemStatus =>
  optional.has(name) ? refused(406, `${name} is not supported`) : refused(400, `${name} is no command`);

/** Why a command is refused whatever it is about. */
export function wrongForm(
  { cmdId, items, verb }: TreeCommand,
  { noCmdId, copy }: TreeBehaviour,
): ItemStatus | undefined {
  if (cmdId === undefined) return refused(noCmdId, 'no CmdID');
  if (verb === 'Copy') return refused(copy, 'Windows copies no nodes');
  return items.length === 0 ? refused(400, 'no Item') : undefined;
}
