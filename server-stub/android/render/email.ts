// Mail accounts as managed configurations of the two apps that have one for Exchange (specs/android.md §5): genuine.
import type { EmailProfile } from '../../../protocol/vocabulary.js';
import type { Draft } from './draft.js';
import { assigned, cannot, carried, given, type Part } from './part.js';
import type { RenderContext } from './rendered.js';

const gmail = 'com.google.android.gm';
const outlook = 'com.microsoft.office.outlook';

/** In the order in which accounts are given to them, with the word of the labels. */
const apps = { [gmail]: 'gmail', [outlook]: 'outlook' } as const;
type MailApp = keyof typeof apps;
const isMailApp = (name: string | undefined): name is MailApp => name !== undefined && Object.hasOwn(apps, name);

/** Which profile has which app. */
export class MailApps {
  readonly #before: Readonly<Record<string, string>>;
  readonly #given = new Map<string, MailApp>();

  /** `names`: the mail profiles of the document, which keep the app that they have. */
  constructor({ memory }: Pick<RenderContext, 'memory'>, names: readonly string[]) {
    const { mailApps = {} } = memory;
    this.#before = Object.fromEntries(Object.entries(mailApps).filter(([name]) => names.includes(name)));
  }

  /** Undefined where each app has its account already: neither takes two. */
  take(name: string): MailApp | undefined {
    const before = this.#before[name];
    const isTaken = (app: MailApp) => [...this.#given.values()].includes(app);
    const isKept = (app: MailApp) => Object.entries(this.#before).some(([other, its]) => its === app && other !== name);
    const free = isMailApp(before) ? before : ([gmail, outlook] as const).find((app) => !isTaken(app) && !isKept(app));
    if (free === undefined || isTaken(free)) return undefined;
    this.#given.set(name, free);
    return free;
  }

  /** To be remembered. */
  get given(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#given);
  }
}

type EmailContext = Pick<RenderContext, 'certificate'> & { readonly mailApps: MailApps };

/** Throws MESSAGE_REFUSED: no Exchange account, or the third one; NOT_FOUND where the certificate that it names is not assigned. */
export function renderEmail(profile: EmailProfile, draft: Draft, context: EmailContext): Part {
  const { name, account, certificate } = profile;
  if (account !== 'exchange') throw cannot(name, `no mail app takes ${account.toUpperCase()} from a management server`);
  if (certificate !== undefined) assigned(name, certificate, context);
  const app = context.mailApps.take(name);
  if (app === undefined) throw cannot(name, 'Gmail and Outlook have an account each already, and take one');
  const settings = carried(name, app === gmail ? ofGmail(profile) : ofOutlook(profile));
  Object.assign(draft.bundle(app), settings);
  return { carriers: [apps[app]] };
}

/** `default_sync_window` of Gmail by days. */
const syncWindow = { 0: 0, 1: 1, 3: 2, 7: 3, 14: 4, 31: 5 } as const;

/** Gmail has no word for a password: the person types it. */
const ofGmail = ({ emailAddress, incoming, certificate, daysToSync }: EmailProfile) =>
  given({
    email_address: emailAddress,
    exchange_host: hostOf(incoming),
    exchange_username: incoming.username ?? emailAddress,
    exchange_ssl_required: incoming.tls,
    exchange_login_certificate_alias: certificate,
    default_sync_window: daysToSync === undefined ? undefined : syncWindow[daysToSync],
  });

const key = (name: string) => `com.microsoft.outlook.EmailProfile.${name}`;

const ofOutlook = ({ name, emailAddress, incoming, certificate }: EmailProfile) => ({
  [key('EmailAccountName')]: name,
  [key('EmailAddress')]: emailAddress,
  [key('EmailUPN')]: incoming.username ?? emailAddress,
  [key('ServerAuthentication')]: certificate === undefined ? 'Username and Password' : 'Certificates',
  [key('ServerHostName')]: hostOf(incoming),
  [key('AccountDomain')]: '',
  [key('AccountType')]: 'BasicAuth',
});

const hostOf = ({ host, port }: EmailProfile['incoming']): string => (port === undefined ? host : `${host}:${port}`);
