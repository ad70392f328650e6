// The S/MIME keys that mail and Exchange accounts share.
import type { Siblings } from './family.js';
import { isIdentity, type Payload } from './profile.js';
import { payloadFailed } from './refusals.js';
import { flag, type Table, uuid } from './rules.js';
import { textAt } from './values.js';

export const smimeRules: Table = {
  SMIMEEnabled: flag,
  SMIMESigningEnabled: flag,
  SMIMESigningCertificateUUID: uuid,
  SMIMEEncryptionEnabled: flag,
  SMIMEEncryptionCertificateUUID: uuid,
  SMIMEEnablePerMessageSwitch: flag,
  SMIMESigningUserOverrideable: flag,
  SMIMESigningCertificateUUIDUserOverrideable: flag,
  SMIMEEncryptByDefault: flag,
  SMIMEEncryptByDefaultUserOverrideable: flag,
  SMIMEEncryptionCertificateUUIDUserOverrideable: flag,
  SMIMEEnableEncryptionPerMessageSwitch: flag,
};

/** 7003 where the identity is not in the profile, 7004 where what is there is none. */
export function checkSmime(payload: Payload, siblings: Siblings): void {
  for (const key of ['SMIMESigningCertificateUUID', 'SMIMEEncryptionCertificateUUID']) {
    const reference = textAt(payload.content, key);
    if (reference === undefined) continue;
    const found = siblings.get(reference);
    if (found === undefined)
      throw payloadFailed(payload, 'email', 7003, `The S/MIME certificate ${reference} (“${key}”) was not found.`);
    if (!isIdentity(found))
      throw payloadFailed(payload, 'email', 7004, `The S/MIME certificate ${reference} (“${key}”) is not an identity.`);
  }
}
