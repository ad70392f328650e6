// What a link tells of while it happens, for the person at the device and for reports. Carries no secrets.
import type { Leniency } from './leniency.js';

/** One link of what went wrong, the outermost first: Apple's ErrorChain, an HRESULT, a SyncML status. */
export interface FailureLink {
  /** Whose number it is, such as `MCMDMErrorDomain`, `HRESULT`, `SyncML`. */
  readonly domain: string;
  readonly code: number | string;
  readonly message: string;
}

/** A command of the authority and how the device answered it. Told once what it changed is kept, before the answer is sent. */
export interface ToldCommand {
  readonly type: 'command';
  /** The protocol's own name: a RequestType, a SyncML verb and its node, a message type. */
  readonly name: string;
  /** What it is about, where it says so: a profile's or an app's identifier. */
  readonly about?: string;
  /** By which the authority knows it: a CommandUUID, a CmdID. */
  readonly id: string;
  /** `later`: put off, with the reason. */
  readonly status: 'done' | 'failed' | 'later';
  /** The protocol's own word, such as `Acknowledged`, `NotNow`, `404`. */
  readonly said: string;
  /** In words: why it failed or was put off. */
  readonly reason?: string;
  /** The whole of what the authority is told went wrong. */
  readonly error?: readonly FailureLink[];
  /** How many changes of the device are its own, where several commands are told of together; absent: all since the last. */
  readonly changed?: number;
}

/** What became of something that the device was to hold (Apple: a declaration). Told when it changes. */
export interface ToldDeclaration {
  readonly type: 'declaration';
  readonly kind: string;
  readonly id: string;
  readonly status: 'active' | 'inactive' | 'invalid' | 'unknown' | 'waiting' | 'removed';
  readonly reason?: string;
  readonly error?: readonly FailureLink[];
}

/** Something went wrong, or would go wrong on a real device, and nothing ended: a person should know. */
export interface ToldTrouble {
  readonly type: 'trouble';
  /** An error code of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Where: a step, an address, a declaration. */
  readonly about?: string;
  /** It is so with every device and server: the protocol has no word for what was asked, and it is done by convention. */
  readonly isConvention?: true;
}

/** A real device would have refused here; `lenient` let it pass. */
export interface ToldLifted {
  readonly type: 'lifted';
  readonly lenient: Leniency;
  /** The code of the refusal that was lifted. */
  readonly code: string;
  readonly message: string;
}

/** What a link tells while it happens. */
export type Happening = ToldCommand | ToldDeclaration | ToldTrouble | ToldLifted;
