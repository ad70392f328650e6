// Names (rule A8 compares them): the payload that a profile is about, which is its only payload or its only one that is neither
// a certificate nor the MDM link, bears the profile's PayloadIdentifier. Every other is `<profile>/<payload>`, both by
// PayloadIdentifier. A reference by UUID becomes the name of what it refers to.
import { type AppleProfile, isAnchor, isIdentity, payloadTypes } from './profile.js';

export type Named = Pick<AppleProfile, 'identifier' | 'payloads'>;

/** The neutral name of each payload, by its PayloadUUID. */
export type Names = ReadonlyMap<string, string>;

export function neutralNames({ identifier, payloads }: Named): Names {
  const settings = payloads.filter((each) => each.type !== payloadTypes.mdm && !isAnchor(each) && !isIdentity(each));
  const [subject] = payloads.length === 1 ? payloads : settings.length === 1 ? settings : [];
  return new Map(
    payloads.map((payload) => [payload.uuid, payload === subject ? identifier : `${identifier}/${payload.identifier}`]),
  );
}

/** The name behind a reference; undefined where there is no reference. */
export const nameOf = (names: Names, uuid: string | undefined): string | undefined =>
  uuid === undefined ? undefined : names.get(uuid);
