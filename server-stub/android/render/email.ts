// Mail accounts as managed configurations of the two apps that have one for Exchange (specs/android.md §5): genuine.
import { gmailPackage, writeGmail } from '../../../protocol/app-config/gmail.js';
import { outlookPackage, writeOutlook } from '../../../protocol/app-config/outlook.js';
import type { EmailProfile } from '../../../protocol/vocabulary.js';
import type { Draft } from './draft.js';
import { aliasOf, cannot, carried, type Part } from './part.js';
import type { RenderContext } from './rendered.js';

/** In the order in which accounts are given to them, with the word of the labels. */
const apps = { [gmailPackage]: 'gmail', [outlookPackage]: 'outlook' } as const;
type MailApp = keyof typeof apps;
const inOrder = [gmailPackage, outlookPackage] as const;
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
    const free = isMailApp(before) ? before : inOrder.find((app) => !isTaken(app) && !isKept(app));
    if (free === undefined || isTaken(free)) return undefined;
    this.#given.set(name, free);
    return free;
  }

  giveBack(name: string): void {
    this.#given.delete(name);
  }

  /** To be remembered. */
  get given(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#given);
  }
}

type EmailContext = Pick<RenderContext, 'certificate'> & { readonly mailApps: MailApps };

/** Throws MESSAGE_REFUSED for the third account, APP_CONFIG_REFUSED for what its app has no key for. */
export function renderEmail(profile: EmailProfile, draft: Draft, context: EmailContext): Part {
  const { name } = profile;
  const { mailApps } = context;
  const app = mailApps.take(name);
  if (app === undefined) throw cannot(name, 'Gmail and Outlook have an account each already, and take one');
  try {
    const settings = app === gmailPackage ? writeGmail(profile, aliasOf(context)) : writeOutlook(profile);
    Object.assign(draft.bundle(app), carried(name, settings));
    return { carriers: [apps[app]] };
  } catch (error) {
    mailApps.giveBack(name);
    throw error;
  }
}
