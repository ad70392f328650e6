// Objects that a server sends in several messages (OMA-TS-DM_Protocol §7; specs/windows.md §1.10).
import type { Item, SyncMlCommand, TreeCommand } from '../../../protocol/syncml/message.js';

/** The most that is put together, in bytes of its text: a bound of ours. */
const mostBytes = 16 * 1024 * 1024;

interface OpenObject {
  readonly verb: TreeCommand['verb'];
  readonly target: string | undefined;
  readonly size: number | undefined;
  readonly first: Item;
  readonly chunks: string[];
  bytes: number;
}

/** The object of a session that is being sent, if there is one. Those in Atomic and Sequence are not put together: 406. */
export class LargeObjects {
  #open: OpenObject | undefined;

  /** More of an object is to come: the next message has to be asked for. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** `lost`: another command comes before the end of the object, which is dropped: Alert 1225. */
  before(command: SyncMlCommand): { readonly lost: boolean } {
    if (this.#open === undefined || (isTree(command) && this.#continues(command))) return { lost: false };
    if (command.verb === 'Alert' && command.data === '1222') return { lost: false };
    this.#open = undefined;
    return { lost: true };
  }

  /**
   * The command as the tree is to see it, or the status that is answered at once: 213 for a chunk that is kept, 424 where the whole
   * is not as long as was said, 413 where it is too long, 406 for chunks among other Items.
   */
  take(command: SyncMlCommand): SyncMlCommand | number {
    if (!isTree(command)) return command;
    const [item] = command.items;
    if (item === undefined) return command;
    const hasMore = command.items.some(({ moreData }) => moreData === true);
    if (this.#open === undefined && !hasMore) return command;
    if (command.items.length > 1) return 406;
    const open = this.#open ?? begin(command, item);
    this.#open = open;
    open.chunks.push(item.data ?? '');
    open.bytes += Buffer.byteLength(item.data ?? '');
    if (open.bytes > mostBytes) return this.#end(413);
    if (hasMore) return 213;
    this.#end(0);
    if (open.size !== undefined && open.size !== open.bytes) return 424;
    const { moreData: _more, ...first } = open.first;
    return { ...command, items: [{ ...first, data: open.chunks.join('') }] };
  }

  #end(status: number): number {
    this.#open = undefined;
    return status;
  }

  #continues(command: TreeCommand): boolean {
    return command.verb === this.#open?.verb && command.items[0]?.target === this.#open?.target;
  }
}

const isTree = (command: SyncMlCommand): command is TreeCommand =>
  'items' in command && command.verb !== 'Alert' && command.verb !== 'Status' && command.verb !== 'Results';

const begin = ({ verb, meta }: TreeCommand, item: Item): OpenObject => ({
  verb,
  target: item.target,
  size: item.meta?.size ?? meta?.size,
  first: item,
  chunks: [],
  bytes: 0,
});
