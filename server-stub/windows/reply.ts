// What the stub says in a message: a Status for everything that it was told, then its own commands (specs/windows.md §1.9, §1.10).
import type { Cred, Meta, SyncMlCommand, SyncMlMessage } from '../../protocol/syncml/message.js';
import { encodeWbxml } from '../../protocol/syncml/wbxml.js';
import { encodeSyncMl } from '../../protocol/syncml/write.js';
import type { StubAnswer } from '../http-types.js';
import { reordered, unanswered, uuidOf } from './quirks.js';

export const syncMlType = 'application/vnd.syncml.dm+xml';
export const wbxmlType = 'application/vnd.syncml.dm+wbxml';

interface ReplySetting {
  /** LocURI of the stub. */
  readonly source: string;
  readonly maxMsgSize: number;
  /** The message came as WBXML, and is answered so. */
  readonly isWbxml?: boolean;
  /** Where the stub has quirks: random bytes for its CmdIDs. */
  readonly quirks?: (size: number) => Buffer;
}

/** One message of the stub, being put together. CmdIDs count from 1. */
export class ReplyDraft {
  readonly #to: SyncMlMessage;
  readonly #setting: ReplySetting;
  readonly #commands: SyncMlCommand[] = [];
  #lastCmdId = 0;
  #cred: Cred | undefined;
  #hasOwn = false;

  constructor(to: SyncMlMessage, setting: ReplySetting) {
    this.#to = to;
    this.#setting = setting;
  }

  get msgId(): string {
    return this.#to.header.msgId;
  }

  readonly newCmdId = (): string => {
    const { quirks } = this.#setting;
    return quirks === undefined ? String(++this.#lastCmdId) : uuidOf(quirks(16));
  };

  /** Something of the stub's own is said, and not Statuses alone. */
  get hasOwn(): boolean {
    return this.#hasOwn;
  }

  add(...commands: readonly SyncMlCommand[]): void {
    this.#commands.push(...commands);
    if (commands.length > 0) this.#hasOwn = true;
  }

  /** What the stub shows of itself. */
  show(cred: Cred | undefined): void {
    this.#cred = cred;
  }

  /** The Status of the header, which comes first. */
  header(code: number, chal?: Meta): this {
    this.status({ cmdId: '0', verb: 'SyncHdr' }, code, chal);
    return this;
  }

  /** A Status for each command that is none itself. */
  statuses(): this {
    const { quirks } = this.#setting;
    for (const command of this.#to.commands) {
      const code = quirks === undefined ? codeFor(command) : oddCodeFor(command);
      if (code !== undefined) this.status({ cmdId: command.cmdId ?? '', verb: nameOf(command) }, code);
    }
    return this;
  }

  status({ cmdId, verb }: { readonly cmdId: string; readonly verb: string }, code: number, chal?: Meta): void {
    this.#commands.push({
      verb: 'Status',
      cmdId: this.newCmdId(),
      msgRef: this.msgId,
      cmdRef: cmdId,
      cmd: verb,
      targetRefs: [],
      sourceRefs: [],
      data: String(code),
      items: [],
      ...(chal !== undefined && { chal }),
    });
  }

  encode(): Buffer {
    const { sessionId, msgId, source } = this.#to.header;
    const { source: own, maxMsgSize, isWbxml = false, quirks } = this.#setting;
    const message: SyncMlMessage = {
      header: {
        sessionId,
        msgId,
        target: source,
        source: own,
        ...(this.#cred !== undefined && { cred: this.#cred }),
        meta: { maxMsgSize },
      },
      commands: this.#commands,
      isFinal: quirks === undefined,
    };
    if (isWbxml) return encodeWbxml(message);
    const xml = encodeSyncMl(message);
    return quirks === undefined ? xml : reordered(xml);
  }

  /** The message as it is now, as an answer. */
  answer(): StubAnswer {
    return syncMlAnswer(this.encode(), this.#setting.isWbxml);
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

/** With quirks: some commands are passed over, and Results are not. */
const oddCodeFor = (command: SyncMlCommand): number | undefined =>
  command.verb === 'Results' ? 200 : unanswered.has(command.verb) ? undefined : codeFor(command);

const syncMlAnswer = (body: Uint8Array, isWbxml = false): StubAnswer => ({
  status: 200,
  headers: { 'content-type': isWbxml ? wbxmlType : syncMlType, 'cache-control': 'no-store' },
  body,
});
