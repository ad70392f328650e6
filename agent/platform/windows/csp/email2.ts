// EMAIL2: mail accounts by IMAP4 and POP3 (specs/windows.md §2.0, §2.2).
import type { EmailProfile, MailServer } from '../../../../protocol/vocabulary.js';
import { hostAndPort, type Leaves, leavesOf, optional, reading, refuse } from './leaves.js';
import type { CspModule, NodeWrite, ProfileReading, Refusal } from './module.js';

const root = './User/Vendor/MSFT/EMAIL2';

/** A seventh account is answered 500. */
const mostAccounts = 6;
/** The names above an account: Vendor, MSFT, EMAIL2. */
const depth = 3;

/** TAGPROPS: 0x8128000B whether mail is read over TLS, 0x812C000B whether it is sent so. */
const tags = { incoming: 'TAGPROPS/8128000B', outgoing: 'TAGPROPS/812C000B' };

const required = [
  'ACCOUNTTYPE',
  'AUTHNAME',
  'INSERVER',
  'OUTSERVER',
  'REPLYADDR',
  'SERVICENAME',
  'SERVICETYPE',
  'SYNCINGCONTENTTYPES',
];

export const email2Module: CspModule = {
  roots: [root],
  judge({ verb, node }: NodeWrite, { tree }): Refusal | undefined {
    const account = node.names[depth];
    if (verb === 'Delete' || account === undefined) return undefined;
    const accounts = tree.names(root).map((name) => name.toLowerCase());
    if (accounts.includes(account.toLowerCase()) || accounts.length < mostAccounts) return undefined;
    return refuse(500, `a device has ${mostAccounts} mail accounts at most`);
  },
  profiles: [
    {
      at: `${root}/{Account GUID}`,
      read: (instance, tree) => readAccount(leavesOf(tree, instance)),
    },
  ],
};

function readAccount(leaf: Leaves): ProfileReading {
  const missing = required.find((name) => (leaf(name) ?? '') === '');
  if (missing !== undefined) return 'incomplete';
  const type = leaf('SERVICETYPE')?.toUpperCase();
  if (leaf('ACCOUNTTYPE') !== 'Email') return refuse(500, 'ACCOUNTTYPE is not Email');
  if (type !== 'IMAP4' && type !== 'POP3') return refuse(500, 'SERVICETYPE is neither IMAP4 nor POP3');
  const incoming = hostAndPort(leaf('INSERVER') ?? '');
  if (incoming === undefined) return refuse(500, 'INSERVER is not host:port');
  const outgoing = hostAndPort(leaf('OUTSERVER') ?? '');
  if (outgoing === undefined) return refuse(500, 'OUTSERVER is not host:port');
  return reading({
    kind: 'email',
    name: leaf('SERVICENAME') ?? '',
    account: type === 'IMAP4' ? 'imap' : 'pop',
    emailAddress: leaf('REPLYADDR') ?? '',
    incoming: {
      ...incoming,
      tls: leaf(tags.incoming) === '1',
      authentication: 'password',
      ...credentials(leaf, 'AUTHNAME', 'AUTHSECRET'),
    },
    outgoing: { ...outgoing, tls: leaf(tags.outgoing) === '1', ...sendingAs(leaf) },
    ...optional('daysToSync', daysOf(leaf('DWNDAY'))),
  });
}

/** AUTHREQUIRED: with the account's own name, or with another one where SMTPALTENABLED says so. */
function sendingAs(leaf: Leaves): Pick<MailServer, 'authentication' | 'username' | 'password'> {
  if (leaf('SMTPALTENABLED') === '1')
    return { authentication: 'password', ...credentials(leaf, 'SMTPALTAUTHNAME', 'SMTPALTPASSWORD') };
  if (leaf('AUTHREQUIRED') !== '1') return { authentication: 'none' };
  return { authentication: 'password', ...credentials(leaf, 'AUTHNAME', 'AUTHSECRET') };
}

const credentials = (leaf: Leaves, name: string, secret: string) => ({
  ...optional('username', leaf(name)),
  ...optional('password', leaf(secret)),
});

/** DWNDAY -1 is all there is; 30 days are the month of other platforms, 90 have no word there. */
const days: Readonly<Record<string, EmailProfile['daysToSync']>> = { '-1': 0, '7': 7, '14': 14, '30': 31 };
const daysOf = (text: string | undefined) =>
  text === undefined || !Object.hasOwn(days, text) ? undefined : days[text];
