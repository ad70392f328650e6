// Gmail's Exchange account (com.google.android.gm): its managed configuration.
import { type Bundle, boolAt, intAt, type PlainBundle, textAt } from '../managed-config/bundle.js';
import type { EmailProfile } from '../vocabulary.js';
import { type AliasOf, aliasFor, hostAndPort, optional, type ReadNames, refused, withPort } from './names.js';

export const gmailPackage = 'com.google.android.gm';

/** Without these three Gmail sets up no account. */
const required = ['email_address', 'exchange_host', 'exchange_username'] as const;

/** By the numbers of Android's SyncWindow; 6 is all of it. */
const windows: readonly (EmailProfile['daysToSync'] | undefined)[] = [undefined, 1, 3, 7, 14, 31, 0];

/**
 * `exchange_password` is read by the app and not in its published schema; Basic is how a user name and a password are shown. Throws
 * APP_CONFIG_REFUSED for what Gmail has no key for.
 */
export function writeGmail(profile: EmailProfile, aliasOf: AliasOf): PlainBundle {
  const { name, account, emailAddress, incoming, certificate, daysToSync } = profile;
  if (account !== 'exchange') throw refused(`profile "${name}"`, `Gmail is given no ${account} account`);
  return {
    email_address: emailAddress,
    exchange_host: withPort(incoming.host, incoming.port),
    exchange_username: incoming.username ?? emailAddress,
    exchange_authentication_type: 'Basic',
    exchange_ssl_required: incoming.tls,
    exchange_trust_all_certificates: false,
    ...optional('exchange_password', incoming.password),
    ...(certificate === undefined ? {} : { exchange_login_certificate_alias: aliasFor(profile, certificate, aliasOf) }),
    ...(daysToSync === undefined ? {} : { default_sync_window: windows.indexOf(daysToSync) }),
  };
}

/** Undefined where the bundle says nothing of an account. Throws APP_CONFIG_REFUSED for half an account. */
export function readGmail(bundle: Bundle, names: ReadNames): EmailProfile | undefined {
  if (required.every((key) => !Object.hasOwn(bundle, key) || textAt(bundle, key) === '')) return undefined;
  const word = (key: (typeof required)[number]): string => {
    const value = textAt(bundle, key);
    if (value === undefined) throw refused(key, Object.hasOwn(bundle, key) ? 'is no text' : 'is missing');
    if (value === '') throw refused(key, 'is empty');
    return value;
  };
  const emailAddress = word('email_address');
  const host = hostAndPort(word('exchange_host'), 'exchange_host');
  const username = word('exchange_username');
  const alias = textAt(bundle, 'exchange_login_certificate_alias') ?? '';
  const daysToSync = windows[intAt(bundle, 'default_sync_window') ?? 0];
  return {
    kind: 'email',
    name: names.name,
    account: 'exchange',
    emailAddress,
    incoming: {
      ...host,
      tls: boolAt(bundle, 'exchange_ssl_required') ?? true,
      authentication: 'password',
      username,
      ...optional('password', textAt(bundle, 'exchange_password')),
    },
    ...(alias === '' ? {} : { certificate: names.certificate(alias) }),
    ...optional('daysToSync', daysToSync),
  };
}
