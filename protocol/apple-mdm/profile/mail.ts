// com.apple.mail.managed: an IMAP or POP account with its SMTP server.
// A user name or password may be absent: Mail asks for it when it first signs in, so the payload installs without.
import type { Family } from './family.js';
import type { Payload } from './profile.js';
import { payloadFailed } from './refusals.js';
import { flag, integer, oneOf, required, text } from './rules.js';
import { checkSmime, smimeRules } from './smime.js';
import { integerAt, textAt } from './values.js';

const authentication = oneOf(
  'EmailAuthNone',
  'EmailAuthPassword',
  'EmailAuthCRAMMD5',
  'EmailAuthNTLM',
  'EmailAuthHTTPMD5',
);

export const mail: Family = {
  types: ['com.apple.mail.managed'],
  rules: {
    EmailAccountDescription: text(),
    EmailAccountName: text(),
    EmailAccountType: required(oneOf('EmailTypeIMAP', 'EmailTypePOP')),
    EmailAddress: text(),
    IncomingMailServerAuthentication: required(authentication),
    IncomingMailServerHostName: required(text()),
    IncomingMailServerPortNumber: integer(),
    IncomingMailServerUseSSL: flag,
    IncomingMailServerUsername: text(),
    IncomingPassword: text(),
    OutgoingPassword: text(),
    OutgoingPasswordSameAsIncomingPassword: flag,
    OutgoingMailServerAuthentication: required(authentication),
    OutgoingMailServerHostName: required(text()),
    OutgoingMailServerPortNumber: integer(),
    OutgoingMailServerUseSSL: flag,
    OutgoingMailServerUsername: text(),
    PreventMove: flag,
    PreventAppSheet: flag,
    ...smimeRules,
    disableMailRecentsSyncing: flag,
    allowMailDrop: flag,
    IncomingMailServerIMAPPathPrefix: text(),
    VPNUUID: text(),
  },
  check(payload, siblings) {
    const incoming = textAt(payload.content, 'EmailAccountType') === 'EmailTypePOP' ? 7006 : 7005;
    checkServer(payload, 'Incoming', incoming);
    checkServer(payload, 'Outgoing', 7007);
    checkSmime(payload, siblings);
  },
};

/** 7005 IMAP, 7006 POP, 7007 SMTP misconfigured: a host without a name, a port that is none. */
function checkServer(payload: Payload, side: 'Incoming' | 'Outgoing', code: number): void {
  const host = textAt(payload.content, `${side}MailServerHostName`) ?? '';
  if (!isHostName(host))
    throw payloadFailed(payload, 'email', code, `“${side}MailServerHostName” is not the name of a host.`);
  const port = integerAt(payload.content, `${side}MailServerPortNumber`);
  if (port !== undefined && (port < 1 || port > 65_535))
    throw payloadFailed(payload, 'email', code, `“${side}MailServerPortNumber” ${port} is not a port.`);
}

/** A host name or an address: no scheme, path, space or user. */
export const isHostName = (value: string): boolean => /^[^\s/@\\?#]{1,255}$/.test(value);
