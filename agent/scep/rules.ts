// What a platform's SCEP client asks of a server, and how it writes its own requests, as data: RFC 8894 is one such client.
import type { ScepDigest } from '../../protocol/scep/capabilities.js';
import type { EnvelopeCipher } from '../../protocol/x509/ciphers.js';
import type { NameForm } from '../../protocol/x509/name.js';

export interface ScepRules {
  /** Capability words count only as they are written, and SCEPStandard stands for none of them. */
  readonly exactWords: boolean;
  /** A server that names none of SHA-1, SHA-256 and SHA-512 is refused: GetCACaps unanswered, empty, without one. */
  readonly needsDigest: boolean;
  /** The digests, preferred first. */
  readonly digests: readonly ScepDigest[];
  /** What polls are made with, whatever the server can; absent: what the request was made with. */
  readonly polls?: { readonly digest: ScepDigest; readonly cipher: EnvelopeCipher };
  /**
   * The content type alone tells the form of GetCACert's answer, and of a bundle the key usages tell who signs and who
   * decrypts; only that certificate may sign answers.
   */
  readonly judgesCaAnswer: boolean;
  /** An answer must name the request's transaction and nonce (RFC 8894 §3.2.1). Otherwise that is told and no more. */
  readonly needsEcho: boolean;
  /** The issued certificate is the first of the answer, and must be for the device's key; otherwise it is looked for. */
  readonly takesFirst: boolean;
  /** Answers are read in CBC only, the cipher of RFC 8894: one in GCM is refused. */
  readonly readsCbcOnly: boolean;
  /** Short names that a subject may use beside dotted OIDs; undefined: all that are known here, in any case. */
  readonly shortNames?: readonly string[];
  /** The certificate that signs the first request: in the name that is asked for, or in a random one. */
  readonly temporaryName: 'requested' | 'random';
  /** The transaction's name: the key's hash where no other device has the key; otherwise random. */
  readonly namesByKey: boolean;
  /** Of the message of a GET only the base64 padding is escaped, so that a server must not read `+` as a space. */
  readonly escapesPaddingOnly: boolean;
  readonly names: NameForm;
  /** GetCACaps is asked before GetCACert; otherwise after it. */
  readonly asksCapabilitiesFirst?: boolean;
}

/** A client that goes by RFC 8894 and takes what servers are known to send. */
export const rfc8894Rules: ScepRules = {
  exactWords: false,
  needsDigest: false,
  digests: ['sha256', 'sha512', 'sha1'],
  judgesCaAnswer: false,
  needsEcho: true,
  takesFirst: false,
  readsCbcOnly: false,
  temporaryName: 'requested',
  namesByKey: false,
  escapesPaddingOnly: false,
  names: 'utf8',
};
