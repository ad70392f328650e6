// ActiveSync: Exchange accounts (specs/windows.md §2.0, §2.2). Its Password is masked by the tree.
import type { EmailProfile } from '../../../../protocol/vocabulary.js';
import { hostAndPort, type Leaves, leavesOf, optional, reading, refuse } from './leaves.js';
import type { CspModule, NodeWrite, ProfileReading, Refusal } from './module.js';

const root = './User/Vendor/MSFT/ActiveSync';

/** What may be synchronised: e-mail, contacts, calendar, tasks. */
const contentTypes = [
  '{c6d47067-6e92-480e-b0fc-4ba82182fac7}',
  '{0dd8685c-e272-4fcb-9ecf-2ead7ea2497b}',
  '{4a5d9fe0-f139-4a63-a5a4-4f31ceea02ad}',
  '{783ae4f6-4c12-4423-8270-66361260d4f1}',
];

const required = ['EmailAddress', 'AccountName', 'ServerName', 'UserName'];

export const activeSyncModule: CspModule = {
  roots: [root],
  /** A content type that Windows does not know is answered 500 (a rule of ours). */
  judge({ verb, node }: NodeWrite): Refusal | undefined {
    const at = node.schemaNames.indexOf('{Content Type GUID}');
    if (verb === 'Delete' || at < 0) return undefined;
    if (contentTypes.includes((node.names[at] ?? '').toLowerCase())) return undefined;
    return refuse(500, 'this content type is none of e-mail, contacts, calendar and tasks');
  },
  profiles: [
    {
      at: `${root}/Accounts/{Account GUID}`,
      read: (instance, tree) => readAccount(leavesOf(tree, instance)),
    },
  ],
};

function readAccount(leaf: Leaves): ProfileReading {
  if (required.some((name) => (leaf(name) ?? '') === '')) return 'incomplete';
  const server = hostAndPort(leaf('ServerName') ?? '');
  if (server === undefined) return refuse(500, 'ServerName is no host');
  const domain = leaf('Domain') ?? '';
  const user = leaf('UserName') ?? '';
  return reading({
    kind: 'email',
    name: leaf('AccountName') ?? '',
    account: 'exchange',
    emailAddress: leaf('EmailAddress') ?? '',
    incoming: {
      ...server,
      tls: leaf('Options/UseSSL') !== '0',
      authentication: 'password',
      username: domain === '' ? user : `${domain}\\${user}`,
      ...optional('password', leaf('Password')),
    },
    ...optional('daysToSync', daysOf(leaf('Options/MailAgeFilter') ?? weekOfMail)),
  });
}

/** MailAgeFilter by the numbers of [MS-ASCMD] FilterType: 0 all, 1 a day, 2 three, 3 a week, 4 two, 5 a month; 6 is a quarter. */
const days: readonly EmailProfile['daysToSync'][] = [0, 1, 3, 7, 14, 31];
const daysOf = (text: string) => (/^[0-5]$/.test(text) ? days[Number(text)] : undefined);
/** The default of the DDF, which counts without any Options too. */
const weekOfMail = '3';
