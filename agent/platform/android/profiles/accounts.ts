// Mail accounts: the managed configurations of Gmail and Outlook.
import { isRollcallError } from '../../../../base/errors.js';
import { gmailPackage, readGmail } from '../../../../protocol/app-config/gmail.js';
import type { ReadNames } from '../../../../protocol/app-config/names.js';
import { outlookPackage, readOutlook } from '../../../../protocol/app-config/outlook.js';
import type { Bundle } from '../../../../protocol/managed-config/bundle.js';
import type { Profile } from '../../../../protocol/vocabulary.js';
import type { Draft } from './draft.js';
import { needsOf } from './networks.js';

export function readAccounts(draft: Draft): void {
  const { bundles } = draft.sources;
  const apps = [
    { app: gmailPackage, carrier: 'gmail', derived: 'Gmail', read: readGmail },
    { app: outlookPackage, carrier: 'outlook', derived: 'Outlook', read: readOutlook },
  ];
  for (const { app, carrier, derived, read } of apps) {
    const bundle = bundles.get(app);
    if (bundle !== undefined) addRead(draft, { carrier, derived, bundle, read: (names) => read(bundle, names) });
  }
}

interface Reading {
  readonly carrier: string;
  readonly derived: string;
  readonly bundle: Bundle | string;
  /** Undefined where there is nothing of that kind; throws APP_CONFIG_REFUSED. */
  read(names: ReadNames): Profile | undefined;
}

/** Adds what was read, or why it was refused. */
export function addRead(draft: Draft, { carrier, derived, bundle, read }: Reading): void {
  const names = (name: string): ReadNames => ({ name, certificate: (alias) => draft.certificate(alias) });
  try {
    if (read(names('')) === undefined) return;
  } catch (error) {
    if (!isRollcallError(error, 'APP_CONFIG_REFUSED')) throw error;
    draft.add(carrier, draft.name(carrier, derived), [bundle], { type: 'refused', reason: error.message });
    return;
  }
  const name = draft.name(carrier, derived);
  const profile = read(names(name));
  if (profile === undefined) return;
  draft.add(carrier, name, [bundle, profile], { type: 'profile', profile, needs: needsOf(profile) });
}
