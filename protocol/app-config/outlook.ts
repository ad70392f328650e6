// Outlook's Exchange account (com.microsoft.office.outlook): its managed configuration, as Microsoft documents it.
import { type Bundle, type PlainBundle, textAt } from '../managed-config/bundle.js';
import type { EmailProfile } from '../vocabulary.js';
import { hostAndPort, optional, type ReadNames, refused, withPort } from './names.js';

export const outlookPackage = 'com.microsoft.office.outlook';

const prefix = 'com.microsoft.outlook.EmailProfile.';
/** Outlook asks a person for the password: this key is ours, by convention. */
const passwordKey = 'com.rollcall.outlook.Password';
const cloudHost = 'outlook.office365.com';
const byPassword = 'Username and Password';

/** Throws APP_CONFIG_REFUSED for what Outlook has no key for. */
export function writeOutlook({ name, account, emailAddress, incoming, certificate }: EmailProfile): PlainBundle {
  const refuse = (why: string) => refused(`profile "${name}"`, why);
  if (account !== 'exchange') throw refuse(`Outlook is given no ${account} account`);
  if (certificate !== undefined) throw refuse('Outlook has no key for a certificate');
  if (!incoming.tls) throw refuse('Outlook speaks TLS alone');
  return {
    [`${prefix}EmailAccountName`]: name,
    [`${prefix}EmailAddress`]: emailAddress,
    [`${prefix}EmailUPN`]: incoming.username ?? emailAddress,
    [`${prefix}ServerHostName`]: withPort(incoming.host, incoming.port),
    [`${prefix}ServerAuthentication`]: byPassword,
    [`${prefix}AccountType`]: 'BasicAuth',
    ...optional(passwordKey, incoming.password),
  };
}

/** Undefined where the bundle says nothing of an account. Throws APP_CONFIG_REFUSED for half an account. */
export function readOutlook(bundle: Bundle, names: ReadNames): EmailProfile | undefined {
  const text = (key: string): string => textAt(bundle, `${prefix}${key}`) ?? '';
  const keys = ['EmailAddress', 'EmailUPN', 'ServerHostName'] as const;
  const isEmpty = (key: string) =>
    !Object.hasOwn(bundle, `${prefix}${key}`) || textAt(bundle, `${prefix}${key}`) === '';
  if (keys.every(isEmpty)) return undefined;
  const [emailAddress, username, host] = [text('EmailAddress'), text('EmailUPN'), text('ServerHostName')];
  const isModern = text('AccountType') === 'ModernAuth';
  const type = text('AccountType');
  if (!['', 'BasicAuth', 'ModernAuth'].includes(type))
    throw refused(`${prefix}AccountType`, 'is neither BasicAuth nor ModernAuth');
  if (!['', byPassword].includes(text('ServerAuthentication')))
    throw refused(`${prefix}ServerAuthentication`, `is not "${byPassword}"`);
  for (const [key, value] of Object.entries({ EmailAddress: emailAddress, EmailUPN: username }))
    if (value === '') throw refused(`${prefix}${key}`, 'is missing');
  if (host === '' && !isModern) throw refused(`${prefix}ServerHostName`, 'is missing');
  const domain = text('AccountDomain');
  return {
    kind: 'email',
    name: names.name,
    account: 'exchange',
    emailAddress,
    incoming: {
      ...hostAndPort(host === '' ? cloudHost : host, `${prefix}ServerHostName`),
      tls: true,
      authentication: 'password',
      username: domain === '' ? username : `${domain}\\${username}`,
      ...optional('password', textAt(bundle, passwordKey)),
    },
  };
}
