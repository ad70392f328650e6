import { type ChainLink, type ErrorChain, link } from '../../../protocol/apple-mdm/error-chain.js';
import type { PlistDict } from '../../../protocol/plist/value.js';
import type { Outcome } from '../../../protocol/vocabulary.js';
import type { Invitation } from '../driver.js';

/** How the device answers one command, and what follows once the answer is sent. */
export interface Answer {
  readonly status: 'Acknowledged' | 'Error' | 'CommandFormatError' | 'NotNow';
  readonly data?: PlistDict;
  readonly chain?: ErrorChain;
  /** What the command is about, where only its content says so: a profile's identifier. Not sent. */
  readonly about?: string;
  /** In words, for the person at the device: why it was put off, or what is malformed. Not sent. */
  readonly reason?: string;
  /** The device is switched off, or starts anew, once this is said: whatever the authority has next must wait. */
  readonly isLast?: true;
  /** The enrollment ends with this answer. */
  readonly leaves?: { readonly how: 'removed' | 'wiped'; readonly next?: Invitation };
}

export const later: Answer = { status: 'NotNow' };
/** Captured devices send no ErrorChain with it; `reason` says what is wrong to the person alone. */
export const malformed = (reason: string): Answer => ({ status: 'CommandFormatError', reason });

export function done(data?: PlistDict): Answer {
  return data === undefined ? { status: 'Acknowledged' } : { status: 'Acknowledged', data };
}

export function failed(...chain: ChainLink[]): Answer {
  return { status: 'Error', chain };
}

/** What an Outcome that is not "done" becomes; undefined for one that is. */
export function refusalOf(outcome: Outcome): Answer | undefined {
  if (outcome.status === 'done') return undefined;
  return outcome.status === 'later' ? { ...later, reason: outcome.reason } : failed(outcomeLink(outcome));
}

/** An outcome's code may name Apple's domain and number (`MCMDMErrorDomain 12026`); otherwise it is an internal error. */
export function outcomeLink(outcome: { readonly reason: string; readonly code?: string }): ChainLink {
  const [, domain, code] = /^([\w.]+)[ :](\d{1,9})$/.exec(outcome.code ?? '') ?? [];
  if (domain === undefined) return link('mdm', 12010, outcome.reason);
  return {
    ErrorCode: Number(code),
    ErrorDomain: domain,
    LocalizedDescription: outcome.reason,
    USEnglishDescription: outcome.reason,
  };
}
