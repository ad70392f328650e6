// What the stub says in a message: a Status for everything that it was told, then its own commands (specs/windows.md §1.9, §1.10).
import type { Meta, SyncMlCommand, SyncMlMessage } from '../../protocol/syncml/message.js';
import { encodeSyncMl } from '../../protocol/syncml/write.js';
import type { StubAnswer } from '../http-types.js';

/** One message of the stub, being put together. CmdIDs count from 1. */
export class ReplyDraft {
  readonly #to: SyncMlMessage;
  readonly #source: string;
  readonly #maxMsgSize: number;
  readonly #commands: SyncMlCommand[] = [];
  #lastCmdId = 0;

  constructor(to: SyncMlMessage, { source, maxMsgSize }: { readonly source: string; readonly maxMsgSize: number }) {
    this.#to = to;
    this.#source = source;
    this.#maxMsgSize = maxMsgSize;
  }

  get msgId(): string {
    return this.#to.header.msgId;
  }

  readonly newCmdId = (): string => String(++this.#lastCmdId);

  add(...commands: readonly SyncMlCommand[]): void {
    this.#commands.push(...commands);
  }

  /** The Status of the header, which comes first. */
  header(code: number, chal?: Meta): this {
    this.#status('0', 'SyncHdr', code, chal);
    return this;
  }

  /** A Status for each command that is none itself. */
  statuses(): this {
    for (const command of this.#to.commands) {
      const code = codeFor(command);
      if (code !== undefined) this.#status(command.cmdId ?? '', nameOf(command), code);
    }
    return this;
  }

  #status(cmdRef: string, cmd: string, code: number, chal?: Meta): void {
    this.#commands.push({
      verb: 'Status',
      cmdId: this.newCmdId(),
      msgRef: this.msgId,
      cmdRef,
      cmd,
      targetRefs: [],
      sourceRefs: [],
      data: String(code),
      items: [],
      ...(chal !== undefined && { chal }),
    });
  }

  encode(): Buffer {
    const { sessionId, msgId, source } = this.#to.header;
    return encodeSyncMl({
      header: { sessionId, msgId, target: source, source: this.#source, meta: { maxMsgSize: this.#maxMsgSize } },
      commands: this.#commands,
      isFinal: true,
    });
  }
}

const nameOf = (command: SyncMlCommand): string => (command.verb === 'Unknown' ? command.name : command.verb);

/** A server of device management has no tree of its own; what a device says of itself is taken. */
function codeFor({ verb }: SyncMlCommand): number | undefined {
  switch (verb) {
    case 'Status':
    case 'Results':
      return undefined;
    case 'Alert':
    case 'Replace':
      return 200;
    case 'Unknown':
      return 406;
    default:
      return 405;
  }
}

export const syncMlAnswer = (body: Uint8Array): StubAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/vnd.syncml.dm+xml', 'cache-control': 'no-store' },
  body,
});
