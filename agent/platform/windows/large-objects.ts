// Objects that a server sends in several messages (OMA-TS-DM_Protocol §7; specs/windows.md §1.10).
import { type OpenObject, receiveItem } from '../../../protocol/syncml/large-object.js';
import type { SyncMlCommand, TreeCommand } from '../../../protocol/syncml/message.js';

/** What becomes of a command of a message. */
export interface Taken {
  /** The object whose end did not come, dropped before this command: Alert 1225. */
  readonly lost?: OpenObject;
  /** What the tree is to see, or the status that is answered at once: 213 for a chunk that is kept, and those of `receiveItem`. */
  readonly now: SyncMlCommand | number;
}

/** The object of a session that is being sent, if there is one. Those in Atomic and Sequence are not put together. */
export class LargeObjects {
  #open: OpenObject | undefined;
  /** The message that is being read goes on with it, or asks for more. */
  #isContinued = false;

  /** More of an object is to come: the next message has to be asked for. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Takes the commands of a message in their order; 406 is the answer to chunks among other Items (ours). */
  take(command: SyncMlCommand): Taken {
    if (command.verb === 'Alert' && command.data === '1222') {
      this.#isContinued = true;
      return { now: command };
    }
    const [item, ...others] = isTree(command) ? command.items : [];
    if (!isTree(command) || item === undefined || others.length > 0) {
      const isChunk = isTree(command) && command.items.some(({ moreData }) => moreData === true);
      return { ...this.#drop(), now: isChunk ? 406 : command };
    }
    const size = item.meta?.size ?? command.meta?.size;
    const sized = size === undefined ? item : { ...item, meta: { ...item.meta, size } };
    const receipt = receiveItem(this.#open, command.verb, item.moreData === true ? sized : item);
    this.#open = undefined;
    const lost = receipt.interrupted === undefined ? {} : { lost: receipt.interrupted };
    if (receipt.kind === 'refused') return { ...lost, now: receipt.status };
    if (receipt.kind === 'whole') return { ...lost, now: { ...command, items: [receipt.item] } };
    this.#open = receipt.open;
    this.#isContinued = true;
    return { ...lost, now: 213 };
  }

  /** The message has no more commands; an object that it did not go on with is lost. */
  endMessage(): OpenObject | undefined {
    const isLost = !this.#isContinued;
    this.#isContinued = false;
    return isLost ? this.#drop().lost : undefined;
  }

  #drop(): { readonly lost?: OpenObject } {
    const lost = this.#open;
    this.#open = undefined;
    return lost === undefined ? {} : { lost };
  }
}

const isTree = (command: SyncMlCommand): command is TreeCommand =>
  'items' in command && command.verb !== 'Alert' && command.verb !== 'Status' && command.verb !== 'Results';
