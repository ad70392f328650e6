import { isRollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { visibleLine } from '../../../base/terminal.js';
import { payloadTypes } from '../../../protocol/apple-mdm/profile/profile.js';
import { readProfile } from '../../../protocol/apple-mdm/profile/read.js';
import { textAt } from '../../../protocol/apple-mdm/profile/values.js';

/** The MDM server that an enrollment profile names, for people; undefined where none is named, or the profile is none. */
export function serverIn(document: Uint8Array): string | undefined {
  try {
    const { payloads } = readProfile(document, { allowHttp: true });
    const mdm = payloads.find(({ type }) => type === payloadTypes.mdm);
    const address = mdm === undefined ? undefined : textAt(mdm.content, 'ServerURL');
    return address === undefined ? undefined : visibleLine(shownAddress(address.slice(0, 2000)).slice(0, 200));
  } catch (error) {
    if (isRollcallError(error)) return undefined; // the enrollment says what is wrong with it
    throw error;
  }
}
