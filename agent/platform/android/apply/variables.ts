// Words that the launcher replaces in a file with variables: one after the other, each over what the one before left.
import type { Variables } from '../../../../protocol/managed-config/read.js';

const words = [
  ['DEVICE_NUMBER', 'number'],
  ['IMEI', 'imei'],
  ['CUSTOM1', 'custom1'],
  ['CUSTOM2', 'custom2'],
  ['CUSTOM3', 'custom3'],
] as const;

/** The text with its words replaced; undefined where it would become longer than that. */
export function fillTemplate(text: string, variables: Required<Variables>, longest: number): string | undefined {
  let replaced = text;
  for (const [word, key] of words) {
    const parts = replaced.split(word);
    const value = variables[key];
    const length = replaced.length + (parts.length - 1) * (value.length - word.length);
    if (length > longest) return undefined;
    replaced = parts.join(value);
  }
  return replaced;
}
