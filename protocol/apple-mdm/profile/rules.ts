// A payload's schema as a table, and the one checker that reads all of them. The tables follow Apple's YAML key by key;
// what depends on more than one key is code beside the table.
import { isDict, type PlistDict, PlistReal, type PlistValue } from '../../plist/value.js';
import { isSince } from '../request-types.js';
import type { Fault } from './refusals.js';
import { wholeNumber } from './values.js';

export type Rule = (
  | { readonly type: 'string'; readonly oneOf?: readonly string[]; readonly format?: RegExp; readonly orList?: true }
  | {
      readonly type: 'integer';
      readonly oneOf?: readonly number[];
      readonly min?: number;
      readonly max?: number;
      readonly isSwitch?: true;
    }
  | { readonly type: 'real' | 'boolean' | 'date' | 'data' | 'any' }
  | { readonly type: 'array'; readonly items: Rule; readonly min?: number; readonly max?: number }
  | { readonly type: 'dictionary'; readonly keys?: Table; readonly every?: Rule }
) & {
  readonly required?: true;
  /** The version of iOS that brought the key; an older one does not look at it. */
  readonly since?: string;
};
export type Table = Readonly<Record<string, Rule>>;

export const any: Rule = { type: 'any' };
export const flag: Rule = { type: 'boolean' };
export const data: Rule = { type: 'data' };
export const date: Rule = { type: 'date' };
export const real: Rule = { type: 'real' };
/** On or off as a number; a boolean in its place is as good to a device, and servers write both. */
export const zeroOrOne: Rule = { type: 'integer', oneOf: [0, 1], isSwitch: true };
/** The UUID of another payload of the same profile. */
export const uuid: Rule = {
  type: 'string',
  format: /^[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{12}$/,
};

export const since = (version: string, rule: Rule): Rule => ({ ...rule, since: version });
export const required = (rule: Rule): Rule => ({ ...rule, required: true });
export const text = (format?: RegExp): Rule => ({ type: 'string', ...(format === undefined ? {} : { format }) });
export const texts: Rule = { type: 'array', items: { type: 'string' } };
/** One string, or a list of them. */
export const textOrTexts: Rule = { type: 'string', orList: true };
export const integer = (min?: number, max?: number): Rule => ({
  type: 'integer',
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
export const listOf = (items: Rule, min?: number, max?: number): Rule => ({
  type: 'array',
  items,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
/** A dictionary with these keys; others may be there and are left alone, as a device leaves them. */
export const dictOf = (keys: Table): Rule => ({ type: 'dictionary', keys });
/** A dictionary of any keys whose values all follow one rule. */
export const everyOf = (every: Rule): Rule => ({ type: 'dictionary', every });

export const oneOf = (...values: readonly string[]): Rule => ({ type: 'string', oneOf: values });
export const oneOfNumbers = (...values: readonly number[]): Rule => ({ type: 'integer', oneOf: values });

export interface Finding {
  readonly fault: Fault;
  /** Keys from the top, joined by dots; list items by number. */
  readonly field: string;
}

/** The first rule that the dictionary breaks, in the table's order; undefined when it keeps all of them. */
export function check(value: PlistDict, table: Table, path = ''): Finding | undefined {
  for (const [key, rule] of Object.entries(table)) {
    const found = checkValue(value[key], rule, `${path}${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkValue(value: PlistValue | undefined, rule: Rule, field: string): Finding | undefined {
  if (value === undefined) return rule.required ? { fault: 'missing', field } : undefined;
  const wrongType: Finding = { fault: 'type', field };
  const wrongValue: Finding = { fault: 'value', field };
  switch (rule.type) {
    case 'any':
      return undefined;
    case 'string': {
      if (rule.orList && Array.isArray(value)) return checkItems(value, { type: 'string' }, field);
      if (typeof value !== 'string') return wrongType;
      if (rule.oneOf !== undefined && !rule.oneOf.includes(value)) return wrongValue;
      return rule.format !== undefined && !rule.format.test(value) ? wrongValue : undefined;
    }
    case 'integer': {
      const number = rule.isSwitch && typeof value === 'boolean' ? Number(value) : wholeNumber(value);
      if (number === undefined) return typeof value === 'bigint' ? wrongValue : wrongType;
      if (rule.oneOf !== undefined && !rule.oneOf.includes(number)) return wrongValue;
      return number < (rule.min ?? number) || number > (rule.max ?? number) ? wrongValue : undefined;
    }
    case 'real':
      return typeof value === 'number' || value instanceof PlistReal ? undefined : wrongType;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrongType;
    case 'date':
      return value instanceof Date ? undefined : wrongType;
    case 'data':
      return value instanceof Uint8Array ? undefined : wrongType;
    case 'array': {
      if (!Array.isArray(value)) return wrongType;
      if (value.length < (rule.min ?? 0) || value.length > (rule.max ?? value.length)) return wrongValue;
      return checkItems(value, rule.items, field);
    }
    case 'dictionary': {
      if (!isDict(value)) return wrongType;
      const { keys, every } = rule;
      if (every !== undefined) {
        for (const key of Object.keys(value)) {
          const found = checkValue(value[key], every, `${field}.${key}`);
          if (found !== undefined) return found;
        }
      }
      return keys === undefined ? undefined : check(value, keys, `${field}.`);
    }
  }
}

function checkItems(values: readonly PlistValue[], rule: Rule, field: string): Finding | undefined {
  for (const [index, value] of values.entries()) {
    const found = checkValue(value, rule, `${field}.${index}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The dictionary as a device of this version of iOS looks at it: without the keys that a later one brought. */
export function asKnown(value: PlistDict, table: Table, osVersion: string): PlistDict {
  let known = value;
  for (const [key, rule] of Object.entries(table)) {
    const own = value[key];
    if (own === undefined) continue;
    const isKnown = rule.since === undefined || isSince(osVersion, rule.since);
    const seen = isKnown ? asKnownValue(own, rule, osVersion) : undefined;
    if (seen === own) continue;
    if (known === value) known = Object.assign(Object.create(null), value);
    known[key] = seen;
  }
  return known;
}

function asKnownValue(value: PlistValue, rule: Rule, osVersion: string): PlistValue {
  if (rule.type === 'dictionary' && rule.keys !== undefined && isDict(value))
    return asKnown(value, rule.keys, osVersion);
  if (rule.type !== 'array' || !Array.isArray(value)) return value;
  const items = value.map((item) => asKnownValue(item, rule.items, osVersion));
  return items.some((item, index) => item !== value[index]) ? items : value;
}
