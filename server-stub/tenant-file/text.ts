// YAML text of a tenant file: what it says, and where in the text each of its values stands.
import { type PlacedText, readPlacedText } from '../../base/placed-text.js';
import { tenantInvalid } from './problems.js';

/** Characters of a tenant file. */
export const largestText = 16 * 1024 * 1024;

/** Throws TENANT_INVALID where the text is no YAML, or too much of it. */
export const readText = (text: string, file: string): PlacedText =>
  readPlacedText(text, {
    largest: largestText,
    what: 'tenant',
    invalid: (problems) => tenantInvalid(file, problems),
  });
