// How a server shows a device who it is, where it does (APPAUTH CLIENT; specs/windows.md §1.10, mutual authentication). No open server
// was seen to: by OMA-TS-DM_Security §5.3, unproven against Windows.
import { basicType, challengeOf, isCredentialOf, md5Type, readNonce } from '../../../protocol/syncml/auth.js';
import type { Cred, Meta } from '../../../protocol/syncml/message.js';
import { agentError } from '../../errors.js';
import type { Random } from '../../model/ports.js';
import type { WindowsMemory } from './memory.js';

/** After this many wrong credentials, one after the other, the session is given up. */
const mostRefusals = 2;
const nonceBytes = 16;

/** What the Status of a header says of the server's credentials. */
export interface HeaderVerdict {
  readonly code: 200 | 212 | 401;
  readonly chal?: Meta;
}

/** Who the server is in one session. One that shows nothing is heard all the same: its TLS certificate was judged. */
export class ServerAuthentication {
  readonly #memory: WindowsMemory;
  readonly #random: Random;
  #refusals = 0;

  constructor(memory: WindowsMemory, random: Random) {
    this.#memory = memory;
    this.#random = random;
  }

  /**
   * Judges what a message shows: right, and it counts for the session (212, with the nonce of the next one); wrong, and the message
   * is not carried out (401, with the nonce to try with). Throws AUTHORITY_REFUSED at the second wrong one.
   */
  judge(cred: Cred | undefined): HeaderVerdict {
    const { account } = this.#memory.data;
    const { client } = account;
    if (cred === undefined || client === undefined) return { code: 200 };
    const type = client.type === 'BASIC' ? basicType : md5Type;
    const is = { name: client.name ?? account.providerId, secret: client.secret };
    const isRight = isCredentialOf(cred, is, type, readNonce(client.nonce ?? ''));
    if (!isRight && ++this.#refusals >= mostRefusals)
      throw agentError('AUTHORITY_REFUSED', `the server showed wrong credentials ${mostRefusals} times`, {
        hint: 'The server does not know the AAUTHSECRET of its own side (APPAUTH CLIENT), or not the nonce.',
      });
    if (isRight) this.#refusals = 0;
    const code = isRight ? 212 : 401;
    if (type === basicType) return isRight ? { code } : { code, chal: challengeOf(type, new Uint8Array()) };
    const nonce = this.#random.bytes(nonceBytes);
    this.#memory.change({ account: { ...account, client: { ...client, nonce: nonce.toString('base64') } } });
    return { code, chal: challengeOf(type, nonce) };
  }
}
