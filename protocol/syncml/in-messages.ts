// What is longer than a message may be, over several (OMA-TS-DM_Protocol 1.2 §7).
import { splitItem } from './large-object.js';
import type { Item, SyncMlCommand } from './message.js';
import { commandText } from './write.js';

/** Less room than this is not worth a chunk. */
const leastChunk = 64;

/**
 * Commands without CmdIDs, message by message, so that each takes `room` bytes of XML at most, the first `firstRoom`; there is one
 * message at least. Items of Results, and the Item of an Add or Replace that has one alone, are cut where they do not fit; what
 * cannot be cut is longer then.
 *
 * @example
 * inMessages([{ verb: 'Add', items: [{ target: './A', data: 'a'.repeat(900) }] }], 600, 600).length; // 2
 */
export function inMessages<C extends SyncMlCommand>(
  body: readonly C[],
  firstRoom: number,
  room: number,
): readonly (readonly C[])[] {
  const packer = new Packer<C>(firstRoom, room);
  for (const command of body) packer.command(command);
  return packer.messages;
}

class Packer<C extends SyncMlCommand> {
  readonly messages: C[][] = [[]];
  readonly #room: number;
  #left: number;

  constructor(firstRoom: number, room: number) {
    this.#room = room;
    this.#left = firstRoom;
  }

  command(command: C): void {
    if (bytesOf(command) <= this.#left) this.#put(command);
    else if (isDivisible(command)) for (const item of command.items) this.#item(command, item);
    else this.#whole(command);
  }

  #put(command: C): void {
    this.messages.at(-1)?.push(command);
    this.#left -= bytesOf(command);
  }

  /** Into the next message where it does not fit into this one. */
  #whole(command: C): void {
    if (bytesOf(command) > this.#left) this.#next();
    this.#put(command);
  }

  /** One of several Items stands alone: a chunk is the last that its message says. */
  #item(command: C, item: Item): void {
    const alone = (part: Item): C => ({ ...command, items: [part] });
    if (bytesOf(alone(item)) <= this.#left) {
      this.#put(alone(item));
      return;
    }
    const envelope = bytesOf(alone({ ...item, meta: { ...item.meta, size: 999_999_999 }, data: '', moreData: true }));
    if (this.#left - envelope < leastChunk) this.#next();
    const parts = splitItem(item, this.#left - envelope, this.#room - envelope);
    for (const [index, part] of parts.entries()) {
      if (index > 0) this.#next();
      this.#put(alone(part));
    }
  }

  #next(): void {
    if (this.messages.at(-1)?.length === 0) return;
    this.messages.push([]);
    this.#left = this.#room;
  }
}

type Divisible = Extract<SyncMlCommand, { readonly items: readonly Item[] }>;

const isDivisible = <C extends SyncMlCommand>(command: C): command is C & Divisible =>
  command.verb === 'Results' || ((command.verb === 'Add' || command.verb === 'Replace') && command.items.length === 1);

/** Bytes of a command in XML, with a CmdID of its own. */
export const bytesOf = (command: SyncMlCommand): number =>
  Buffer.byteLength(commandText({ ...command, cmdId: '00000' }));

/** Whether more of the object that a command ends with comes in the next message. */
export const hasMoreData = (command: SyncMlCommand | undefined): boolean =>
  command !== undefined && 'items' in command && command.items.at(-1)?.moreData === true;

/**
 * What is left to be said when a chunk, the last that was said, was refused (413, 416, 424): without the rest of its object, which is
 * what the first message begins with.
 */
export function withoutObject<C extends SyncMlCommand>(messages: readonly (readonly C[])[]): readonly (readonly C[])[] {
  let left = messages;
  for (let isOfIt = true; isOfIt && left.length > 0; ) {
    const [[first, ...others] = [], ...rest] = left;
    isOfIt = hasMoreData(first);
    left = others.length > 0 ? [others, ...rest] : rest;
  }
  return left;
}
