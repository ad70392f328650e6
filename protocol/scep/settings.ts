import type { ExtendedKeyUsage, KeyUsage, SubjectAltName } from '../x509/extensions.js';
import type { Rdn } from '../x509/name.js';

/**
 * What a device asks a SCEP server for, defaults filled in, whatever told the device so: a profile payload of Apple's, the
 * nodes of a CSP, the managed configuration of an app. Each of those is translated into this; agent/scep knows nothing else.
 */
export interface ScepSettings {
  /** http or https; a query of its own stays in front of the operation. */
  readonly url: string;
  /** Sent as `message` of GetCACaps and GetCACert: which of the server's authorities is meant. */
  readonly caName?: string;
  /** Empty: whoever asks names a subject of their own. */
  readonly subject: readonly Rdn[];
  readonly subjectAltName?: SubjectAltName;
  /** The challengePassword of the request (RFC 8894 §2.4). */
  readonly challenge?: string;
  /** Of the RSA key; a size that is not generated here counts as 2048. */
  readonly keySizeBits: number;
  /** Empty: the request says nothing of it. */
  readonly keyUsage: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[];
  /** MD5, SHA-1 or SHA-2 of the authority's certificate, by its length: 16, 20, 28, 32, 48 or 64 bytes. */
  readonly caFingerprint?: Buffer;
  /** How often to ask again while the answer is PENDING. */
  readonly retries: number;
  readonly retryDelaySeconds: number;
}
