// What a platform asks of a server's certificate, beside a chain to a root that it trusts: data, one object for each platform.
import type { Happening } from './happening.js';

/** The rules of a platform's TLS client on server certificates. */
export interface ServerRules {
  /** Whose rules they are, for messages: `iOS 13 and later`. */
  readonly name: string;
  /** `san`: the name must be in SubjectAltName. `san-or-cn`: without one the common name counts. */
  readonly names: 'san' | 'san-or-cn';
  /** Smallest RSA modulus and EC field. */
  readonly minRsaBits: number;
  readonly minEcBits: number;
  /** Digests that no certificate below the root may be signed with, as Node spells them: `sha1`, `md5`. */
  readonly weakDigests: readonly string[];
  /** Longest life by the day of issue (milliseconds since the epoch), newest first; the first that fits counts. */
  readonly longestLife: readonly {
    readonly issuedFrom: number;
    readonly days: number;
    readonly roots: 'any' | 'public';
  }[];
  /** `required`: serverAuth (or any) must be among the extended key usages. `if-present`: where there are any. */
  readonly serverAuth: 'required' | 'if-present';
}

/** How a device judges the servers that it speaks to; given to `Http.open`. */
export interface ServerTrust {
  readonly rules: ServerRules;
  /** Roots that the device trusts besides (DER), as they are now: those that its profiles installed. */
  roots(): readonly Uint8Array[];
  /** The device's own clock, milliseconds since the epoch: certificates are valid or expired by it. */
  now(): number;
  /** The rules are lifted: what they refuse is told, and passes. */
  readonly isLenient: boolean;
  /** Hears of what was lifted, and of servers that only `--ca` makes trusted. */
  tell(happening: Happening): void;
}
