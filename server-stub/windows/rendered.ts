import type { CertificateProfile } from '../../protocol/vocabulary.js';
import type { Draft } from './steps.js';

/** What a profile needs of its surroundings when it is written for one device. */
export interface RenderContext {
  /** The certificate profile of this name that the device's authority assigns to it, placeholders filled. */
  readonly certificate: (name: string) => CertificateProfile | undefined;
  /** Without `/pkiclient.exe`, which devices append. */
  readonly scepUrl: string;
  /** A fresh one-time challenge. Digits and capitals: Windows takes no more than PrintableString (case D5). */
  readonly scepChallenge: () => string;
  /** SHA-1 of the authority that the stub's SCEP server answers for, upper-case hexadecimal. */
  readonly caThumbprint: string;
}

/** A profile as nodes of a CSP. */
export interface Rendered {
  /** Who deletes these has removed it. Canonical LocURIs. */
  readonly nodes: readonly string[];
  /** Names of what is written below them. */
  readonly shape: string;
  /** Puts it on a device that has none of the nodes. */
  readonly add: readonly Draft[];
  /** Changes one of the same nodes and shape in place; absent where the CSP asks for Delete and Add. */
  readonly change?: readonly Draft[];
  /** Below `./User`: only there while a person is signed in. */
  readonly isOfUser: boolean;
  /** What must be asked afterwards, because a Status says only that the device has begun. */
  readonly afterwards?: 'scep' | 'pfx';
}

/** Leaves by name, in their order; those that are undefined are left out. */
export type Leaves = readonly (readonly [name: string, value: string | undefined, format?: string])[];
