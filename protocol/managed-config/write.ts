// Settings whose values the launcher reads as they were meant; what it would lose or change is refused.
import { protocolError } from '../errors.js';
import { type Bundle, emptyBundle, type PlainBundle, type PlainValue, type RestrictionValue } from './bundle.js';
import { bundleOf, managedConfig } from './read.js';

const refused = (key: string, why: string) =>
  protocolError('MANAGED_CONFIG_REFUSED', `${key}: ${why}`, { details: { at: key } });

/**
 * The value of a setting of this name. Throws MANAGED_CONFIG_REFUSED for what a row cannot say.
 *
 * @example
 * writeSetting('port', '443'); // `"443"`: without quotation marks it would become a number
 */
export function writeSetting(key: string, value: string | number | boolean | readonly string[]): string {
  if (key === managedConfig) throw refused(key, 'a setting of this name is a whole bundle');
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(intOf(value, key));
  if (typeof value === 'string') return isPlainText(value) ? value : `"${value}"`;
  if (value.length === 0) return '[,]'; // `[]` is a list of one empty text
  const withComma = value.findIndex((item) => item.includes(','));
  if (withComma >= 0) throw refused(`${key}[${withComma}]`, 'a list in a row has no word for a comma');
  return `[${value.map((item) => `"${item}"`).join(',')}]`;
}

function isPlainText(value: string): boolean {
  const { bundle } = bundleOf([{ packageId: '', name: 'a', value }]);
  const read = bundle['a'];
  return read?.type === 'string' && read.value === value;
}

function intOf(value: number, key: string): number {
  if (value !== (value | 0) || Object.is(value, -0))
    throw refused(key, 'launcher 6.36 hands on whole numbers of 32 bits alone');
  return value;
}

/** The bundle that the launcher makes of these values. Throws MANAGED_CONFIG_REFUSED for what it would lose or change. */
export function bundleFrom(plain: PlainBundle, at: string = managedConfig): Bundle {
  const bundle = emptyBundle();
  for (const [key, value] of Object.entries(plain)) bundle[key] = typed(value, `${at}.${key}`);
  return bundle;
}

function typed(value: PlainValue, at: string): RestrictionValue {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') return { type: 'int', value: intOf(value, at) };
  if (!isList(value)) return { type: 'bundle', value: bundleFrom(value, at) };
  if (value.length === 0) throw refused(at, 'the launcher drops an empty list');
  if (isTexts(value)) return { type: 'string[]', value };
  if (value.some((item) => typeof item === 'string')) throw refused(at, 'a list of texts and objects');
  return {
    type: 'bundle[]',
    value: (value as readonly PlainBundle[]).map((item, number) => bundleFrom(item, `${at}[${number}]`)),
  };
}

type List = Extract<PlainValue, readonly unknown[]>;
const isList = (value: List | PlainBundle): value is List => Array.isArray(value);
const isTexts = (value: List): value is readonly string[] => value.every((item) => typeof item === 'string');

/**
 * The value of the setting `managedConfig`: JSON in the order of the keys. Throws MANAGED_CONFIG_REFUSED for what the launcher
 * would lose (a fraction, a number beyond 32 bits, an empty list), naming the key.
 */
export function writeManagedConfig(plain: PlainBundle): string {
  bundleFrom(plain);
  return JSON.stringify(plain);
}
