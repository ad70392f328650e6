// Restrictions of apps that a label says to be a profile of their own (by convention): `configuration:<package>`.
import { plainOf } from '../../../../protocol/managed-config/bundle.js';
import type { Draft } from './draft.js';

const prefix = 'configuration:';

/** Labels whose key is no package are settings of the document: they are applied where it is. */
export function readConfigurations(draft: Draft): void {
  for (const carrier of draft.labelled(prefix)) {
    const app = carrier.slice(prefix.length);
    const bundle = app.includes('.') ? draft.sources.bundles.get(app) : undefined;
    if (bundle === undefined) continue;
    const name = draft.name(carrier, app);
    const settings: Readonly<Record<string, unknown>> = { ...plainOf(bundle) };
    draft.add(carrier, name, [bundle], {
      type: 'profile',
      profile: { kind: 'configuration', name, type: app, settings },
      needs: [],
    });
  }
}
