// How a device shows who it is when a server asks (specs/windows.md §1.10, OMA-DM auth): never in its first message.
import { basicType, credOf, md5Type, readNonce } from '../../../protocol/syncml/auth.js';
import type { Cred, Meta, StatusCommand } from '../../../protocol/syncml/message.js';
import { agentError } from '../../errors.js';
import type { WindowsMemory } from './memory.js';

/** After this many refusals of what it showed, one after the other, a device gives up until its next session. */
const mostRefusals = 2;

/** Who the device is in one session: what it was challenged for, and what it shows from then on. */
export class Authentication {
  readonly #memory: WindowsMemory;
  #type: typeof basicType | typeof md5Type | undefined;
  /** 212: what was shown counts for the whole session. */
  #isDone = false;
  #refusals = 0;

  constructor(memory: WindowsMemory) {
    this.#memory = memory;
  }

  /** What the next message shows. */
  cred(): Cred | undefined {
    const { appSrv } = this.#memory.data.account;
    if (this.#type === undefined || this.#isDone || appSrv?.name === undefined) return undefined;
    return credOf(this.#type, { name: appSrv.name, secret: appSrv.secret }, readNonce(appSrv.nonce ?? ''));
  }

  /** LocName of Source: AAUTHNAME, from the first challenge on. */
  get name(): string | undefined {
    return this.#type === undefined ? undefined : this.#memory.data.account.appSrv?.name;
  }

  /**
   * Takes what the server says to a header. `again`: the message was not taken and has to be sent again, with what `cred` now
   * gives. Throws AUTHORITY_REFUSED where that is of no use.
   */
  hear({ data: code, chal }: StatusCommand): 'again' | 'taken' {
    if (chal?.nextNonce !== undefined) this.#keep(chal.nextNonce);
    if (code === '212') this.#isDone = true;
    if (code !== '401' && code !== '407') {
      this.#refusals = 0;
      return 'taken';
    }
    this.#isDone = false;
    if (this.#type !== undefined && ++this.#refusals >= mostRefusals)
      throw refused(`the server refused the credentials of the account ${mostRefusals} times, with ${code}`, code);
    this.#type = this.#asked(chal, code);
    return 'again';
  }

  #keep(nonce: string): void {
    const { account } = this.#memory.data;
    const { appSrv } = account;
    if (appSrv !== undefined && appSrv.nonce !== nonce)
      this.#memory.change({ account: { ...account, appSrv: { ...appSrv, nonce } } });
  }

  #asked(chal: Meta | undefined, code: string): typeof basicType | typeof md5Type {
    const { appSrv } = this.#memory.data.account;
    if (appSrv?.name === undefined)
      throw refused(`the server answered ${code}, and the account has no credentials`, code);
    const type = chal?.type?.trim() ?? this.#type ?? (appSrv.type === 'BASIC' ? basicType : md5Type);
    if (type === basicType || type === md5Type) return type;
    throw refused(`the server asks for ${type.slice(0, 60)}, which Windows does not know`, code);
  }
}

const refused = (message: string, code: string) =>
  agentError('AUTHORITY_REFUSED', message, {
    hint: 'The account of the enrollment and the server do not agree: see AAUTHNAME and AAUTHSECRET of its document.',
    details: { syncmlStatus: code },
  });
