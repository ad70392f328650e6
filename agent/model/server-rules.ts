// What a platform asks of a server's certificate, beside a chain to a root that it trusts: data, one object for each platform.
import type { Happening } from './happening.js';

/** The rules of a platform's TLS client on server certificates. */
export interface ServerRules {
  /** Whose rules they are, for messages: `iOS 13 and later`. */
  readonly name: string;
  /** How a root becomes trusted there, as hints for people. */
  readonly hints: {
    /** No root is trusted. */
    readonly untrusted: string;
    /** Only `--ca` makes it trusted. */
    readonly onlyGiven: string;
  };
  /** `san`: the name must be in SubjectAltName. `san-or-cn`: without one the common name counts. */
  readonly names: 'san' | 'san-or-cn';
  /** Kinds of keys that count, as Node names them: `rsa`, `ec`, `ed25519`. */
  readonly keyTypes: readonly string[];
  /** Smallest RSA modulus of every certificate of the chain, the root's too. */
  readonly minRsaBits: number;
  /** The same where the server's own certificate is itself a trusted root. */
  readonly minRsaBitsOfAnchoredLeaf: number;
  /** Curves that EC keys may be on, as OpenSSL names them: `prime256v1`. */
  readonly curves: readonly string[];
  /** Digests that no certificate below the root may be signed with, as Node spells them: `sha1`, `md5`. */
  readonly weakDigests: readonly string[];
  /**
   * Longest life of the server's own certificate by the day of issue (milliseconds since the epoch), newest first; the first
   * that fits counts. A certificate that is itself a trusted root is exempt.
   */
  readonly longestLife: readonly {
    readonly issuedFrom: number;
    readonly days: number;
    /** What is given beyond the days. */
    readonly slackMs: number;
    readonly roots: 'any' | 'public';
  }[];
  /**
   * Extended key usages, one of which the server's own certificate must have (`required`), or must have where it has any
   * (`if-present`); below a root of which kind.
   */
  readonly usages: {
    readonly names: readonly string[];
    readonly public: 'required' | 'if-present';
    readonly installed: 'required' | 'if-present';
  };
}

/** How a device judges the servers that it speaks to; given to `Http.open`. */
export interface ServerTrust {
  readonly rules: ServerRules;
  /** Roots that the device trusts besides (DER), as they are now: those that its profiles installed. The same list while they are the same. */
  roots(): readonly Uint8Array[];
  /** The device's own clock, milliseconds since the epoch: certificates are valid or expired by it. */
  now(): number;
  /** Certificates are taken whatever their dates: by one who asks for the time. Default: false. */
  readonly ignoresDates?: boolean;
  /** The rules are lifted: what they refuse is told, and passes. */
  readonly isLenient: boolean;
  /** Hears of what was lifted, and of servers that only `--ca` makes trusted. */
  tell(happening: Happening): void;
}
