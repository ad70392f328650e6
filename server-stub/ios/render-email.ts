import { payloadTypes } from '../../protocol/apple-mdm/profile/profile.js';
import { dict, type PlistDict } from '../../protocol/plist/value.js';
import type { EmailProfile, MailServer } from '../../protocol/vocabulary.js';
import type { PayloadContent, Reference } from './payload.js';

const authentications: Readonly<Record<MailServer['authentication'], string>> = {
  none: 'EmailAuthNone',
  password: 'EmailAuthPassword',
  'cram-md5': 'EmailAuthCRAMMD5',
  ntlm: 'EmailAuthNTLM',
  digest: 'EmailAuthHTTPMD5',
};

/** com.apple.eas.account. Nobody is asked during an installation by MDM, so a user name must be in it. */
export function exchangePayload(profile: EmailProfile, reference: Reference): PayloadContent {
  const { incoming, emailAddress, certificate, daysToSync } = profile;
  return {
    type: payloadTypes.exchange,
    keys: dict({
      Host: incoming.host,
      SSL: incoming.tls,
      EmailAddress: emailAddress,
      UserName: incoming.username ?? emailAddress,
      Password: incoming.password,
      PayloadCertificateUUID: certificate === undefined ? undefined : reference(certificate),
      MailNumberOfPastDaysToSync: daysToSync,
    }),
  };
}

/** com.apple.mail.managed. Without a server for sending, the one for receiving is meant. */
export function mailPayload({
  account,
  name,
  emailAddress,
  incoming,
  outgoing = incoming,
}: EmailProfile): PayloadContent {
  return {
    type: payloadTypes.mail,
    keys: dict({
      EmailAccountType: account === 'pop' ? 'EmailTypePOP' : 'EmailTypeIMAP',
      EmailAccountDescription: name,
      EmailAddress: emailAddress,
      ...serverKeys('Incoming', incoming, emailAddress),
      ...serverKeys('Outgoing', outgoing, emailAddress),
    }),
  };
}

function serverKeys(side: 'Incoming' | 'Outgoing', server: MailServer, emailAddress: string): PlistDict {
  return dict({
    [`${side}MailServerHostName`]: server.host,
    [`${side}MailServerPortNumber`]: server.port,
    [`${side}MailServerUseSSL`]: server.tls,
    [`${side}MailServerAuthentication`]: authentications[server.authentication],
    [`${side}MailServerUsername`]: server.username ?? (server.authentication === 'none' ? undefined : emailAddress),
    [`${side}Password`]: server.password,
  });
}
