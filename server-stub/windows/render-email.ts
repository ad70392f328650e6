// Mail accounts: EMAIL2 for IMAP and POP, ActiveSync for Exchange (specs/windows.md §2.0). Both are the user's alone.
import { joinLocUri } from '../../protocol/syncml/loc-uri.js';
import type { EmailProfile, MailServer } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { bracedGuid } from './guid.js';
import type { Leaves, Rendered } from './rendered.js';
import { add, atomic, replace, type TreeDraft } from './steps.js';

/** MailAgeFilter and DWNDAY have fewer values than the neutral word: the nearest that keeps no less. */
const mailAgeFilter = { 0: '0', 1: '1', 3: '2', 7: '3', 14: '4', 31: '5' } as const;
const downloadDays = { 0: '-1', 1: '7', 3: '7', 7: '7', 14: '14', 31: '30' } as const;

/** Throws MESSAGE_REFUSED for what no node can say. */
export function renderEmail(profile: EmailProfile): Rendered {
  if (profile.certificate !== undefined) {
    throw stubError('MESSAGE_REFUSED', `profile "${profile.name}": a mail account of Windows has no certificate`);
  }
  return profile.account === 'exchange' ? activeSync(profile) : email2(profile);
}

function activeSync({ name, emailAddress, incoming, daysToSync }: EmailProfile): Rendered {
  const { host, port, tls, username = emailAddress, password } = incoming;
  return account(
    ['User', 'Vendor', 'MSFT', 'ActiveSync', 'Accounts', bracedGuid(`account/${name}`)],
    [
      ['EmailAddress', emailAddress],
      ['Domain', ''],
      ['AccountIcon', ''],
      ['AccountType', 'Exchange'],
      ['AccountName', name],
      ['Password', password],
      ['ServerName', port === undefined ? host : `${host}:${port}`],
      ['UserName', username],
      ['Options/Schedule', '-1'],
      ['Options/UseSSL', tls ? '1' : '0'],
      ['Options/MailAgeFilter', mailAgeFilter[daysToSync ?? 7]],
    ],
  );
}

function email2({
  name,
  account: type,
  emailAddress,
  incoming,
  outgoing = incoming,
  daysToSync,
}: EmailProfile): Rendered {
  const isPop = type === 'pop';
  const user = incoming.username ?? emailAddress;
  const smtpUser = outgoing.username ?? (outgoing.authentication === 'none' ? undefined : user);
  const isOther = smtpUser !== undefined && (smtpUser !== user || outgoing.password !== incoming.password);
  return account(
    ['User', 'Vendor', 'MSFT', 'EMAIL2', bracedGuid(`account/${name}`)],
    [
      ['ACCOUNTTYPE', 'Email'],
      ['AUTHNAME', user],
      ['AUTHREQUIRED', outgoing.authentication === 'none' ? '0' : '1'],
      ['AUTHSECRET', incoming.password],
      ['DWNDAY', daysToSync === undefined ? undefined : downloadDays[daysToSync]],
      ['INSERVER', address(incoming, isPop ? [995, 110] : [993, 143])],
      ['NAME', emailAddress],
      ['OUTSERVER', address(outgoing, [465, 25])],
      ['REPLYADDR', emailAddress],
      ['SERVICENAME', name],
      ['SERVICETYPE', isPop ? 'POP3' : 'IMAP4'],
      ['SYNCINGCONTENTTYPES', '0x1'],
      ['SMTPALTENABLED', isOther ? '1' : undefined],
      ['SMTPALTAUTHNAME', isOther ? smtpUser : undefined],
      ['SMTPALTPASSWORD', isOther ? outgoing.password : undefined],
      ['TAGPROPS/8128000B', incoming.tls ? '1' : '0'],
      ['TAGPROPS/812C000B', outgoing.tls ? '1' : '0'],
    ],
  );
}

/** `host:port`; without a port the registered one, with TLS from the first byte or without. */
const address = ({ host, port, tls }: MailServer, [withTls, without]: readonly [number, number]): string =>
  `${host}:${port ?? (tls ? withTls : without)}`;

function account(segments: readonly string[], leaves: Leaves): Rendered {
  const node = joinLocUri(segments);
  const written = leaves.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const each = (verb: (uri: string, data: string) => TreeDraft) =>
    atomic(...written.map(([name, value]) => verb(`${node}/${name}`, value)));
  return {
    nodes: [node],
    shape: written.map(([name]) => name).join(),
    add: [each(add)],
    change: [each(replace)],
    isOfUser: true,
  };
}
