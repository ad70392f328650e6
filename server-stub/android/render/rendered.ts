// What rendering needs of its surroundings, what it remembers of a device, and what it gives.
import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import type { CertificateProfile, Outcome } from '../../../protocol/vocabulary.js';
import type { Rdn } from '../../../protocol/x509/name.js';
import type { Shelf } from '../files/shelf.js';

/** When a content was sent first, so that it keeps its `lastUpdate` for as long as it stays the same. */
export interface Stamp {
  /** Hash of what was sent. */
  readonly hash: string;
  /** Milliseconds: the `lastUpdate` that was sent. */
  readonly at: number;
  /** The setting that it is a part of; absent: of several, or of none. */
  readonly of?: string;
  /** The document has it no more, and says so until an info has come. */
  readonly isWithdrawn?: boolean;
}

/** What rendering remembers of a device: plain values in the dialect's memory. */
export interface RenderMemory {
  /** `file <path>` and `setting <package> <name>`, as they were sent. */
  readonly stamps?: Readonly<Record<string, Stamp>>;
  /** Which app each mail account was given to, by the profile's name. */
  readonly mailApps?: Readonly<Record<string, string>>;
  /** What it is to fetch by SCEP, by the profile's name. */
  readonly orders?: Readonly<Record<string, GivenOrder>>;
}

/** A certificate that a device was told to fetch by SCEP. */
export interface GivenOrder {
  /** Of the profile. */
  readonly version: string;
  readonly subject: readonly Rdn[];
  readonly challenge: string;
  /** When the challenge was issued. */
  readonly at: number;
}

/** What a document needs of its surroundings when it is written for one device. */
export interface RenderContext {
  /** Where the device reaches the stub, the context path included: no slash at the end. */
  readonly base: string;
  /** Without `/pkiclient.exe`. */
  readonly scepUrl: string;
  /** A fresh one-time challenge. */
  readonly scepChallenge: () => string;
  /** For how long a challenge works. */
  readonly challengeMs: number;
  /** How long before its end the companion renews a certificate; absent: as it does by itself. */
  readonly renewBeforeMs?: number;
  /** The certificate profile of this name that the device's authority assigns to it, placeholders filled. */
  readonly certificate: (name: string) => CertificateProfile | undefined;
  readonly now: number;
  /** The person's principal name; absent: a userless device. */
  readonly user?: string;
  readonly pushOptions: string;
  /** Seconds. */
  readonly keepaliveSeconds: number;
  /** Where what the device is to download is put. */
  readonly shelf: Pick<Shelf, 'offer' | 'addedFor'>;
  readonly memory: RenderMemory;
  /** Where the device is to move to; absent: nowhere. */
  readonly newServerUrl?: string;
  /** Of a device that was renamed and asks under its old number. */
  readonly newNumber?: string;
}

/** What acknowledges an item: the first sync/info after the document, or a confirmation of devicereset. */
export type Acknowledgement = 'info' | 'reset' | 'reboot' | 'password';

/** What an info must list of a document, or not list any more. */
export interface AwaitedFile {
  readonly path: string;
  readonly lastUpdate: number;
  readonly remove?: boolean;
}

/** Commands that went out with a document and are not answered yet. Plain values. */
export interface AwaitedItem {
  readonly commandIds: readonly string[];
  readonly by: Acknowledgement;
  /** The setting's name; absent: a command that is none. */
  readonly name?: string;
  /** Where it is in the document, in the words of the labels: what the companion's log lines name. */
  readonly carriers: readonly string[];
  readonly files: readonly AwaitedFile[];
  /** Answered with what the info says: all of the device, or where it is. */
  readonly wants?: 'facts' | 'location';
  /** What the device is called once this is done. */
  readonly deviceName?: string;
}

/** All of it, kept in the dialect's memory until it is answered. */
export interface Awaited {
  /** When the document was fetched. */
  readonly at: number;
  readonly items: readonly AwaitedItem[];
}

export interface Answered {
  readonly commandId: string;
  readonly outcome: Outcome;
}

/** A document as it is sent, and what comes of it. */
export interface Rendered {
  readonly configuration: HeadwindConfiguration;
  readonly awaited: Awaited;
  /** Commands that are answered at once: what cannot be carried has failed. Report them. */
  readonly refused: readonly Answered[];
  /** To be kept before the document is sent. */
  readonly memory: RenderMemory;
  /** Pushes that platform commands asked for, in their order: to be sent once the document is. */
  readonly pushes: readonly PushAsked[];
}

export interface PushAsked {
  readonly messageType: string;
  /** An object, or absent. */
  readonly payload?: unknown;
}
