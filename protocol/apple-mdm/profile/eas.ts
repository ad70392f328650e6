// com.apple.eas.account: Exchange ActiveSync.
// Installed by MDM nobody is asked, so Host and UserName must be there (Apple: "required for noninteractive installations").
import { RollcallError } from '../../../base/errors.js';
import { readIdentity } from './certificates.js';
import type { Family } from './family.js';
import { isHostName } from './mail.js';
import { isIdentity, type Payload } from './profile.js';
import { payloadFailed, payloadFault } from './refusals.js';
import { data, dictOf, flag, oneOfNumbers, text, uuid } from './rules.js';
import { checkSmime, smimeRules } from './smime.js';
import { dataAt, flagAt, textAt } from './values.js';

const services = ['EnableMail', 'EnableContacts', 'EnableCalendars', 'EnableReminders', 'EnableNotes'];

export const eas: Family = {
  types: ['com.apple.eas.account'],
  rules: {
    EmailAddress: text(),
    Host: text(),
    SSL: flag,
    OAuth: flag,
    UserName: text(),
    Password: text(),
    Certificate: data,
    CertificateName: text(),
    CertificatePassword: text(),
    PreventMove: flag,
    PreventAppSheet: flag,
    PayloadCertificateUUID: uuid,
    ...smimeRules,
    disableMailRecentsSyncing: flag,
    MailNumberOfPastDaysToSync: oneOfNumbers(0, 1, 3, 7, 14, 31),
    HeaderMagic: text(),
    CommunicationServiceRules: dictOf({ DefaultServiceHandlers: dictOf({ AudioCall: text() }) }),
    allowMailDrop: flag,
    EnableMail: flag,
    EnableContacts: flag,
    EnableCalendars: flag,
    EnableReminders: flag,
    EnableNotes: flag,
    EnableMailUserOverridable: flag,
    EnableContactsUserOverridable: flag,
    EnableCalendarsUserOverridable: flag,
    EnableRemindersUserOverridable: flag,
    EnableNotesUserOverridable: flag,
    OAuthSignInURL: text(),
    OAuthTokenRequestURL: text(),
    OverridePreviousPassword: flag,
    VPNUUID: text(),
  },
  check(payload, siblings, { effort }) {
    const { content } = payload;
    const oauth = flagAt(content, 'OAuth');
    const host = textAt(content, 'Host') ?? '';
    // With OAuth and no sign-in URL the host is found by autodiscovery.
    const hostIgnored = oauth && textAt(content, 'OAuthSignInURL') === undefined;
    if (!hostIgnored && !isHostName(host))
      throw payloadFailed(payload, 'eas', 21003, host === '' ? 'No host name was given.' : `“${host}” is not a host.`);
    if ((textAt(content, 'UserName') ?? '') === '') throw payloadFault('missing', 'UserName', payload);
    // "If enabled, don't specify a password."
    if (oauth && textAt(content, 'Password') !== undefined) throw payloadFault('value', 'Password', payload);
    // At least one of the five services must stay on.
    if (!services.some((key) => flagAt(content, key, true))) throw payloadFault('value', 'EnableMail', payload);
    const reference = textAt(content, 'PayloadCertificateUUID');
    const embedded = dataAt(content, 'Certificate');
    if (reference !== undefined) {
      const found = siblings.get(reference);
      if (found === undefined || !isIdentity(found))
        throw payloadFailed(payload, 'eas', 21006, `The identity ${reference} is not in the profile.`);
    } else if (embedded !== undefined) {
      try {
        readIdentity(payload, embedded, textAt(content, 'CertificatePassword'), effort);
      } catch (error) {
        if (!(error instanceof RollcallError)) throw error;
        throw payloadFailed(payload, 'eas', 21006, 'The certificate of the account could not be decrypted.');
      }
    }
    checkSmime(payload, siblings);
  },
};

/** What makes an account unique on a device: the same host and user twice is refused with 21005. */
export function easAccount(payload: Payload): string {
  const host = textAt(payload.content, 'Host') ?? '';
  return `${textAt(payload.content, 'UserName')}@${host}`.toLowerCase();
}
