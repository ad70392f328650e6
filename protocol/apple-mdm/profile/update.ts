// A newer MDM profile in the place of the one that is held (com.apple.mdm.yaml: "When updating the payload ...").
import { allAccessRights } from '../request-types.js';
import type { Payload } from './profile.js';
import { notInstalled, replacementMismatch } from './refusals.js';
import { integerAt, textAt, textsAt } from './values.js';

const immutable = ['ServerURL', 'Topic', 'CheckInURL', 'ManagedAppleID', 'AssignedManagedAppleID', 'EnrollmentMode'];
const perUser = 'com.apple.mdm.per-user-connections';

/** 12009 -> 12012 when a key changed that must not; 12000 when a right was added. */
export function checkMdmUpdate(old: Payload, next: Payload): void {
  for (const key of immutable) {
    if (textOf(old, key) !== textOf(next, key)) throw replacementMismatch(`The update changes “${key}”.`);
  }
  if (integerAt(old.content, 'RequiredAppIDForMDM') !== integerAt(next.content, 'RequiredAppIDForMDM'))
    throw replacementMismatch('The update changes “RequiredAppIDForMDM”.');
  const isPerUser = (payload: Payload) => textsAt(payload.content, 'ServerCapabilities').includes(perUser);
  if (isPerUser(old) !== isPerUser(next)) throw replacementMismatch(`The update adds or removes “${perUser}”.`);
  const added = rightsOf(next) & ~rightsOf(old);
  if (added !== 0) throw notInstalled('mdm', 12000, `The update adds the access rights ${added}.`);
}

const rightsOf = (payload: Payload): number => integerAt(payload.content, 'AccessRights') ?? allAccessRights;

/** A check-in URL that is not given is the server's, so to write it out changes nothing. */
function textOf(payload: Payload, key: string): string | undefined {
  const value = textAt(payload.content, key);
  return key === 'CheckInURL' ? (value ?? textAt(payload.content, 'ServerURL')) : value;
}
