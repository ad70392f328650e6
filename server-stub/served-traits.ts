import type { TraitsByPlatform } from './core/traits.js';
import type { Dialects } from './dialect.js';

/** What the core and tenant files are told of the platforms that these dialects serve. */
export const servedTraits = (dialects: Dialects): TraitsByPlatform =>
  new Map(Object.values(dialects).map((dialect) => [dialect.name, dialect.traits]));
