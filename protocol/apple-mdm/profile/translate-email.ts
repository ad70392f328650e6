// Mail and Exchange accounts in neutral words.
import type { EmailProfile, MailServer } from '../../vocabulary.js';
import { type Names, nameOf } from './names.js';
import type { Payload } from './profile.js';
import { flagAt, integerAt, optional, textAt } from './values.js';

const authentications: Readonly<Record<string, MailServer['authentication']>> = {
  EmailAuthNone: 'none',
  EmailAuthPassword: 'password',
  EmailAuthCRAMMD5: 'cram-md5',
  EmailAuthNTLM: 'ntlm',
  EmailAuthHTTPMD5: 'digest',
};

function mailServer({ content }: Payload, side: 'Incoming' | 'Outgoing'): MailServer {
  const shared = side === 'Outgoing' && flagAt(content, 'OutgoingPasswordSameAsIncomingPassword');
  return {
    host: textAt(content, `${side}MailServerHostName`) ?? '',
    ...optional('port', integerAt(content, `${side}MailServerPortNumber`)),
    tls: flagAt(content, `${side}MailServerUseSSL`),
    authentication: authentications[textAt(content, `${side}MailServerAuthentication`) ?? ''] ?? 'password',
    ...optional('username', textAt(content, `${side}MailServerUsername`)),
    ...optional(
      'password',
      textAt(content, `${side}Password`) ?? (shared ? textAt(content, 'IncomingPassword') : undefined),
    ),
  };
}

export function mailbox(payload: Payload, name: string): EmailProfile {
  const { content } = payload;
  const incoming = mailServer(payload, 'Incoming');
  return {
    kind: 'email',
    name,
    account: textAt(content, 'EmailAccountType') === 'EmailTypePOP' ? 'pop' : 'imap',
    emailAddress: textAt(content, 'EmailAddress') ?? incoming.username ?? '',
    incoming,
    outgoing: mailServer(payload, 'Outgoing'),
  };
}

const syncDays = [0, 1, 3, 7, 14, 31] as const;

export function exchange({ content }: Payload, name: string, names: Names): EmailProfile {
  const username = textAt(content, 'UserName') ?? '';
  const days = integerAt(content, 'MailNumberOfPastDaysToSync');
  return {
    kind: 'email',
    name,
    account: 'exchange',
    emailAddress: textAt(content, 'EmailAddress') ?? username,
    incoming: {
      host: textAt(content, 'Host') ?? '',
      tls: flagAt(content, 'SSL'),
      authentication: 'password',
      username,
      ...optional('password', textAt(content, 'Password')),
    },
    ...optional('certificate', nameOf(names, textAt(content, 'PayloadCertificateUUID'))),
    ...optional(
      'daysToSync',
      syncDays.find((each) => each === days),
    ),
  };
}
