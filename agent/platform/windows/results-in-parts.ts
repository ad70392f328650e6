// What a device says that is longer than a message may be, over several (OMA-TS-DM_Protocol §7): Windows does not (behaviour.ts).
import { splitItem } from '../../../protocol/syncml/large-object.js';
import type { Item, ResultsCommand, SyncMlCommand } from '../../../protocol/syncml/message.js';
import { commandText } from '../../../protocol/syncml/write.js';

/** Less room than this is not worth a chunk. */
const leastChunk = 64;

/**
 * Commands without CmdIDs, message by message, so that each takes `room` bytes of XML at most, the first `firstRoom`. Items of
 * Results that do not fit are cut; what cannot be cut is longer then.
 */
export function inMessages(
  body: readonly SyncMlCommand[],
  firstRoom: number,
  room: number,
): readonly (readonly SyncMlCommand[])[] {
  const packer = new Packer(firstRoom, room);
  for (const command of body) {
    if (packer.fits(command)) packer.put(command);
    else if (command.verb === 'Results') for (const item of command.items) packer.item(command, item);
    else packer.whole(command);
  }
  return packer.messages;
}

class Packer {
  readonly messages: SyncMlCommand[][] = [[]];
  readonly #room: number;
  #left: number;

  constructor(firstRoom: number, room: number) {
    this.#room = room;
    this.#left = firstRoom;
  }

  fits(command: SyncMlCommand): boolean {
    return bytesOf(command) <= this.#left;
  }

  put(command: SyncMlCommand): void {
    this.messages.at(-1)?.push(command);
    this.#left -= bytesOf(command);
  }

  /** Into the next message where it does not fit into this one. */
  whole(command: SyncMlCommand): void {
    if (!this.fits(command)) this.#next();
    this.put(command);
  }

  /** One of several Items stands alone: a chunk is the last that its message says. */
  item(results: ResultsCommand, item: Item): void {
    const command = { ...results, items: [item] };
    if (this.fits(command)) {
      this.put(command);
      return;
    }
    const envelope = bytesOf({ ...results, items: [{ ...item, meta: { ...item.meta, size: 999_999_999 }, data: '' }] });
    if (this.#left - envelope < leastChunk) this.#next();
    const [first, ...rest] = splitItem(item, this.#left - envelope, this.#room - envelope);
    if (first !== undefined) this.put({ ...results, items: [first] });
    for (const part of rest) {
      this.#next();
      this.put({ ...results, items: [part] });
    }
  }

  #next(): void {
    if (this.messages.at(-1)?.length === 0) return;
    this.messages.push([]);
    this.#left = this.#room;
  }
}

const bytesOf = (command: SyncMlCommand): number => Buffer.byteLength(commandText({ ...command, cmdId: '00000' }));

/** What is left of it when the server refused a chunk (413, 416, 424): the object that it is of is not gone on with. */
export function withoutRefused(
  messages: readonly (readonly SyncMlCommand[])[],
  said: readonly SyncMlCommand[],
): readonly (readonly SyncMlCommand[])[] {
  const isRefused = said.some((each) => each.verb === 'Status' && each.cmd === 'Results' && /^[45]/.test(each.data));
  const [next] = messages[0] ?? [];
  if (!isRefused || next?.verb !== 'Results') return messages;
  const source = next.items[0]?.source;
  const isOfIt = (command: SyncMlCommand): boolean =>
    command.verb === 'Results' && command.cmdRef === next.cmdRef && command.items[0]?.source === source;
  return messages.map((each) => each.filter((command) => !isOfIt(command))).filter((each) => each.length > 0);
}
