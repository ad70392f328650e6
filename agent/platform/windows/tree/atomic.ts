// Atomic: all of its members, or none (specs/windows.md §1.10). Codes of its members are the behaviour's (behaviour.ts).
import type { GroupCommand, Item, SyncMlCommand, TreeCommand } from '../../../../protocol/syncml/message.js';
import type { Effect } from '../csp/module.js';
import {
  answerOf,
  type CommandAnswer,
  groupAnswer,
  type ItemStatus,
  isFailed,
  refused,
  statusOf,
  unknown,
  wrongForm,
} from './answers.js';
import type { TreeBehaviour } from './behaviour.js';
import { type Bench, Transaction } from './transaction.js';

/** What an Atomic is carried out with: the message's run (run.ts). */
export interface MessageRun {
  readonly bench: Bench;
  readonly behaviour: TreeBehaviour;
  readonly effects: Effect[];
  /** One Item within a transaction, which is left for the caller to end. Throws, after ending it, what is no refusal. */
  act(command: TreeCommand, item: Item, transaction: Transaction, added?: Set<string>): Promise<ItemStatus>;
}

interface Member {
  readonly command: SyncMlCommand;
  /** Why it cannot be in an Atomic at all. */
  readonly wrong?: ItemStatus;
  /** So far: one for each Item that was carried out. */
  readonly done: ItemStatus[];
}

/** The Atomic's own answer, then those of its members in their order. */
export async function runAtomic(atomic: GroupCommand, run: MessageRun): Promise<readonly CommandAnswer[]> {
  const { behaviour } = run;
  const members = membersOf(atomic.commands, behaviour);
  const own = atomic.cmdId === undefined ? refused(behaviour.noCmdId, 'no CmdID') : undefined;
  if (own !== undefined || members.some(({ wrong }) => wrong !== undefined)) {
    // Nothing is begun where a member can be seen to fail.
    const failed = own ?? refused(behaviour.atomic, 'a member of it cannot be carried out');
    return [groupAnswer(atomic, failed), ...members.map((member) => answered(member, undefined, behaviour))];
  }
  const transaction = new Transaction(run.bench);
  const failure = await carryOut(members, run, transaction);
  if (failure === undefined)
    return [groupAnswer(atomic, { code: 200 }), ...members.map(({ command, done }) => answerOf(command, done))];
  const code = failure.isUndone ? behaviour.atomic : behaviour.rollBackFailed;
  const reason = failure.status.reason ?? 'a member of it failed';
  return [groupAnswer(atomic, refused(code, reason)), ...members.map((each) => answered(each, failure, behaviour))];
}

interface MemberFailure {
  readonly member: Member;
  /** Which of its Items. */
  readonly item: number;
  readonly status: ItemStatus;
  readonly isUndone: boolean;
}

async function carryOut(
  members: readonly Member[],
  run: MessageRun,
  transaction: Transaction,
): Promise<MemberFailure | undefined> {
  const added = new Set<string>();
  for (const [index, member] of members.entries()) {
    transaction.member = index;
    if (!isTreeCommand(member.command)) {
      member.done.push({ code: 200 });
      continue;
    }
    for (const [item, each] of member.command.items.entries()) {
      if (run.bench.signal.aborted) {
        await transaction.rollBack();
        run.bench.signal.throwIfAborted();
      }
      const status = await run.act(member.command, each, transaction, added);
      const isOfSeveral = member.command.items.length > 1 && each.target !== undefined;
      if (isFailed(status)) return { member, item, status, isUndone: await transaction.rollBack() };
      member.done.push(isOfSeveral ? { ...status, targetRef: each.target } : status);
    }
  }
  const outcome = await transaction.commit();
  if (!('status' in outcome)) {
    run.effects.push(...outcome);
    return undefined;
  }
  const member = members[outcome.member];
  if (member === undefined) return undefined;
  const item = Math.max(member.done.length - 1, 0);
  return { member, item, status: statusOf(outcome), isUndone: outcome.isUndone };
}

/** What a member of an Atomic that failed is answered: one Status for each of its Items. */
function answered(member: Member, failure: MemberFailure | undefined, behaviour: TreeBehaviour): CommandAnswer {
  const { command, wrong, done } = member;
  if (wrong !== undefined) return answerOf(command, [wrong]);
  const items = isTreeCommand(command) ? command.items : [undefined];
  const statuses = items.map((item, index): ItemStatus => {
    const targetRef = items.length > 1 && item?.target !== undefined ? { targetRef: item.target } : {};
    if (failure?.member === member && failure.item === index)
      return { ...failure.status, ...targetRef, ...(behaviour.failed === 'own' ? {} : { code: behaviour.failed }) };
    return { code: index < done.length ? behaviour.rolledBack : behaviour.notExecuted, ...targetRef };
  });
  return answerOf(command, statuses);
}

/** Members in their order, those of groups within after the group itself. */
function membersOf(commands: readonly SyncMlCommand[], behaviour: TreeBehaviour): readonly Member[] {
  return commands.flatMap((command): readonly Member[] => {
    const wrong = wrongOf(command, behaviour);
    const member: Member = { command, ...(wrong === undefined ? {} : { wrong }), done: [] };
    const isGroup = command.verb === 'Atomic' || command.verb === 'Sequence';
    return isGroup ? [member, ...membersOf(command.commands, behaviour)] : [member];
  });
}

function wrongOf(command: SyncMlCommand, behaviour: TreeBehaviour): ItemStatus | undefined {
  if (command.cmdId === undefined) return refused(behaviour.noCmdId, 'no CmdID');
  switch (command.verb) {
    case 'Atomic':
      return refused(behaviour.nestedAtomic, 'an Atomic within an Atomic');
    case 'Sequence':
      return undefined;
    case 'Get':
      return refused(behaviour.getInAtomic, 'a Get within an Atomic');
    case 'Alert':
    case 'Status':
    case 'Results':
      return refused(406, `${command.verb} within an Atomic`);
    case 'Unknown':
      return unknown(command.name);
    default:
      return wrongForm(command, behaviour);
  }
}

const isTreeCommand = (command: SyncMlCommand): command is TreeCommand =>
  'items' in command && command.verb !== 'Alert' && command.verb !== 'Status' && command.verb !== 'Results';
