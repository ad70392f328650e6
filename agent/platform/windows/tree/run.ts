// The commands of one message, one after the other. What is done together stands or falls together.
import { isRollcallError } from '../../../../base/errors.js';
import type { Item, SyncMlCommand, TreeCommand } from '../../../../protocol/syncml/message.js';
import type { Effect, Refusal } from '../csp/module.js';
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
import { type MessageRun, runAtomic } from './atomic.js';
import type { TreeBehaviour } from './behaviour.js';
import { missing, NodeReader } from './read-node.js';
import { type Bench, isUserAbsent, Transaction } from './transaction.js';
import type { Place } from './tree-schema.js';
import { write } from './write-node.js';

/** Characters of all Results of a message. Ours: beyond it a Get is answered 416. */
const mostResultChars = 16 * 1024 * 1024;

/** OMA-TS-DM_Protocol §6.2, of which Windows has a part (`?list=StructData`, Learn CertificateStore): not emulated. */
const query = /\?(list|prop)=/i;

/** One message at work. */
export class Run implements MessageRun {
  readonly effects: Effect[] = [];
  #resultChars = 0;

  constructor(
    readonly bench: Bench,
    readonly behaviour: TreeBehaviour,
  ) {}

  async command(command: SyncMlCommand): Promise<readonly CommandAnswer[]> {
    this.bench.signal.throwIfAborted();
    const { noCmdId } = this.behaviour;
    switch (command.verb) {
      case 'Status':
      case 'Results':
        return [];
      case 'Alert':
        return [answerOf(command, [command.cmdId === undefined ? refused(noCmdId, 'no CmdID') : { code: 200 }])];
      case 'Unknown':
        return [answerOf(command, [unknown(command.name)])];
      case 'Atomic':
        return runAtomic(command, this);
      case 'Sequence': {
        if (command.cmdId === undefined) return [groupAnswer(command, refused(noCmdId, 'no CmdID'))];
        const answers: CommandAnswer[] = [groupAnswer(command, { code: 200 })];
        for (const member of command.commands) answers.push(...(await this.command(member)));
        return answers;
      }
      default:
        return [await this.#tree(command)];
    }
  }

  /** Each Item of a command outside an Atomic stands or falls for itself. */
  async #tree(command: TreeCommand): Promise<CommandAnswer> {
    const wrong = wrongForm(command, this.behaviour);
    if (wrong !== undefined) return answerOf(command, [wrong]);
    const statuses: ItemStatus[] = [];
    const results: Item[] = [];
    for (const item of command.items) {
      const status = command.verb === 'Get' ? await this.#get(item, results) : await this.#change(command, item);
      const isOfSeveral = command.items.length > 1 && item.target !== undefined;
      statuses.push(isOfSeveral ? { ...status, targetRef: item.target } : status);
    }
    return answerOf(command, statuses, results);
  }

  async #get(item: Item, results: Item[]): Promise<ItemStatus> {
    const transaction = new Transaction(this.bench);
    const found = this.#read(item, transaction);
    if ('status' in found) {
      await transaction.rollBack();
      return statusOf(found);
    }
    const outcome = await transaction.commit(); // a module may note that it was asked
    if ('status' in outcome) return statusOf(outcome);
    this.effects.push(...outcome);
    this.#resultChars += found.data?.length ?? 0;
    if (this.#resultChars > mostResultChars) return refused(416, 'the answers to this message have become too large');
    results.push(found);
    return { code: 200 };
  }

  #read(item: Item, { context }: Transaction): Item | Refusal {
    const { tree, modules } = this.bench;
    try {
      if (query.test(item.target ?? ''))
        return { status: 406, reason: 'queries for properties and lists are not supported' };
      const place = this.#place(item);
      if ('status' in place) return place;
      return new NodeReader(tree, modules, context).get(place, item.target ?? '');
    } catch (error) {
      if (!isRollcallError(error) || this.bench.signal.aborted) throw error;
      return { status: 500, reason: error.message };
    }
  }

  async #change(command: TreeCommand, item: Item): Promise<ItemStatus> {
    const transaction = new Transaction(this.bench);
    const status = await this.act(command, item, transaction);
    if (isFailed(status)) {
      await transaction.rollBack();
      return status;
    }
    const outcome = await transaction.commit();
    if ('status' in outcome) return statusOf(outcome);
    this.effects.push(...outcome);
    return status;
  }

  async act(command: TreeCommand, item: Item, transaction: Transaction, added?: Set<string>): Promise<ItemStatus> {
    const { tree, modules } = this.bench;
    const { context } = transaction;
    try {
      const place = this.#place(item);
      if ('status' in place) return statusOf(place);
      if (command.verb === 'Exec') return await this.#execute(place, item, transaction);
      if (command.verb === 'Get' || command.verb === 'Copy') return refused(this.behaviour.copy, 'not a change');
      const { behaviour } = this;
      const writing = { tree, modules, context, behaviour, ...(added === undefined ? {} : { added }) };
      const refusal = write(command.verb, place, item, command.meta, writing);
      return refusal === undefined ? { code: 200 } : statusOf(refusal);
    } catch (error) {
      if (isRollcallError(error) && !this.bench.signal.aborted) return refused(500, error.message);
      await transaction.rollBack();
      throw error;
    }
  }

  async #execute(place: Place, item: Item, { context }: Transaction): Promise<ItemStatus> {
    const { tree, modules } = this.bench;
    const { uri } = place.address;
    if (!place.node.access.has('Exec')) return refused(405, `${uri} cannot be executed`);
    if (!new NodeReader(tree, modules, context).exists(place)) return statusOf(missing(`there is no ${uri}`));
    const module = modules.of(place).find(({ exec }) => exec !== undefined);
    const done = await module?.exec?.(place.address, item, context);
    if (done === undefined) return refused(this.behaviour.noExec, `nothing here carries out ${uri}`);
    return 'reason' in done ? statusOf(done) : { code: done.status };
  }

  /** Where an Item leads, or why nowhere. */
  #place({ target }: Item): Place | Refusal {
    const { tree, device } = this.bench;
    const place = target === undefined ? undefined : tree.place(target);
    if (place === undefined) return missing('there is no such node');
    if (isUserAbsent(place, device))
      return { status: this.behaviour.userAbsent, reason: 'the user who enrolled the device is not signed in' };
    return place;
  }
}
