// The shapes of refusal that a device answers with (specs/apple.md §1.9): which links, in which order. Only the last
// link says what is wrong; those before it say where.
import type { RollcallError } from '../../../base/errors.js';
import { type ErrorDomain, link, refuse } from '../error-chain.js';
import type { Payload } from './profile.js';

const failed = () => link('installation', 4001, 'The profile failed to install.');
const invalid = (payload?: Pick<Payload, 'identifier'>) =>
  link(
    'profile',
    1000,
    payload === undefined
      ? 'The profile is invalid.'
      : `The profile is invalid: see its payload “${payload.identifier}”.`,
  );

export type Fault = 'version' | 'missing' | 'type' | 'value';
const profileCodes: Record<Fault, number> = { version: 1001, missing: 1002, type: 1003, value: 1010 };
const payloadCodes: Record<Fault, number> = { version: 2001, missing: 2002, type: 2003, value: 2004 };
const wording: Record<Fault, (field: string) => string> = {
  version: (field) => `The field “${field}” names a version that is not supported.`,
  missing: (field) => `The required field “${field}” is missing.`,
  type: (field) => `The field “${field}” is not of the expected type.`,
  value: (field) => `The field “${field}” has a value that is not supported.`,
};

/** Neither a property list nor CMS: 4000 -> 1000. */
export function unreadable(why: string): RollcallError {
  return refuse(
    link('installation', 4000, 'The profile could not be parsed.'),
    link('profile', 1000, `The profile is invalid: ${why}`),
  );
}

/** A key of the profile itself: 4001 -> 1000 -> 1002 and its like. */
export function profileFault(fault: Fault, field: string): RollcallError {
  return refuse(failed(), invalid(), link('profile', profileCodes[fault], wording[fault](field)));
}

/** A key of a payload: 4001 -> 1000 -> 2002 and its like. */
export function payloadFault(fault: Fault, field: string, payload: Pick<Payload, 'identifier'>): RollcallError {
  return refuse(failed(), invalid(payload), link('payload', payloadCodes[fault], wording[fault](field)));
}

/** 4001 -> one code of a domain, where the device names no payload. */
export function notInstalled(domain: ErrorDomain, code: number, why: string): RollcallError {
  return refuse(failed(), link(domain, code, why));
}

/** The payload is well formed but cannot be put to use: 4001 -> 1009 -> the payload's own domain. */
export function payloadFailed(payload: Payload, domain: ErrorDomain, code: number, why: string): RollcallError {
  return refuse(
    failed(),
    link('profile', 1009, `The payload “${payload.identifier}” could not be installed.`),
    link(domain, code, why),
  );
}

/** The installation itself is refused under a code of its own (4006, 4025 ...), perhaps with a cause. */
export function notInstallable(code: number, why: string, cause?: { domain: ErrorDomain; code: number; why: string }) {
  const head = link('installation', code, why);
  return cause === undefined ? refuse(head) : refuse(head, link(cause.domain, cause.code, cause.why));
}

/** An MDM payload that may not take the place of the one that is held: 4001 -> 12009 -> 12012. */
export function replacementMismatch(why: string): RollcallError {
  return refuse(
    failed(),
    link('mdm', 12009, 'The replacement of the MDM profile is not valid.'),
    link('mdm', 12012, why),
  );
}
