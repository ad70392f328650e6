// What launcher 6.36 hands to setApplicationRestrictions (specs/android.md §5, 0a.5, 0a.19): types by the value alone.
import { isRollcallError } from '../../base/errors.js';
import {
  isOrgArray,
  isOrgObject,
  type OrgArray,
  type OrgJson,
  OrgNumber,
  type OrgObject,
  readOrgObject,
} from '../headwind/org-json.js';
import { textAt } from '../headwind/org-text.js';
import type { ApplicationSetting } from '../headwind/types.js';
import { type Bundle, type BundleFinding, type BundleRead, emptyBundle, type RestrictionValue } from './bundle.js';

/** The name of the setting whose value is a whole bundle as JSON. */
export const managedConfig = 'managedConfig';

/** What stands for the variables of settings with `variable: true`. */
export interface Variables {
  readonly number: string;
  readonly imei?: string;
  readonly custom1?: string;
  readonly custom2?: string;
  readonly custom3?: string;
}

/**
 * The text with DEVICE_NUMBER, IMEI, CUSTOM1, CUSTOM2, CUSTOM3 replaced, one after the other over the same text: what a value
 * brings in is replaced in its turn. What is not known is an empty text.
 */
export function replaceVariables(text: string, variables: Variables): string {
  const { number, imei = '', custom1 = '', custom2 = '', custom3 = '' } = variables;
  const inOrder = { DEVICE_NUMBER: number, IMEI: imei, CUSTOM1: custom1, CUSTOM2: custom2, CUSTOM3: custom3 };
  return Object.entries(inOrder).reduce((filled, [name, value]) => replaced(filled, name, value), text);
}

/** No text becomes longer than `longestValue` by this: what is too much for it stays as it is. */
function replaced(text: string, name: string, value: string): string {
  const parts = text.split(name);
  return text.length + (parts.length - 1) * value.length > longestValue ? text : parts.join(value);
}

/** A bound of ours. */
const longestValue = 1024 * 1024;

/** The settings as the launcher keeps them: variables replaced, of two of one package and name the later one. */
export function processSettings(
  settings: readonly ApplicationSetting[],
  variables: Variables,
): readonly ApplicationSetting[] {
  const kept = new Map<string, ApplicationSetting>();
  for (const setting of settings) {
    const { variable, value } = setting;
    const isReplaced = variable === true && typeof value === 'string';
    kept.set(
      `${setting.packageId}.${setting.name}`,
      isReplaced ? { ...setting, value: replaceVariables(value, variables) } : setting,
    );
  }
  return [...kept.values()];
}

/** The bundles of all packages, by package. `settings`: see `processSettings`. */
export function bundlesOf(
  settings: readonly ApplicationSetting[],
  variables: Variables,
): ReadonlyMap<string, BundleRead> {
  const byPackage = new Map<string, ApplicationSetting[]>();
  for (const setting of processSettings(settings, variables)) {
    const before = byPackage.get(setting.packageId);
    if (before === undefined) byPackage.set(setting.packageId, [setting]);
    else before.push(setting);
  }
  return new Map([...byPackage].map(([name, rows]) => [name, bundleOf(rows)]));
}

/**
 * The bundle of one package, whose settings these are, variables replaced. Never throws: what the launcher loses is a finding.
 *
 * @example
 * bundleOf([{ packageId: 'com.example', name: 'port', value: '443' }]).bundle; // { port: { type: 'int', value: 443 } }
 */
export function bundleOf(settings: readonly ApplicationSetting[]): BundleRead {
  const bundle = emptyBundle();
  const findings: BundleFinding[] = [];
  for (const { name, value } of settings) {
    if (typeof value !== 'string')
      findings.push({
        key: name,
        kind: 'no-value',
        message: 'the setting has no value: launcher 6.36 stops there and gives no app its settings',
      });
    else if (name === managedConfig) readManagedConfig(value, bundle, findings);
    else put(bundle, name, rowValue(value), name, findings);
  }
  return { bundle, findings };
}

function put(
  bundle: Record<string, RestrictionValue>,
  key: string,
  value: RestrictionValue,
  at: string,
  findings: BundleFinding[],
): void {
  if (Object.hasOwn(bundle, key))
    findings.push({ key: at, kind: 'twice', message: 'said by a row and by managedConfig: which one wins is open' });
  bundle[key] = value;
}

/** `type` of a setting is not looked at. */
function rowValue(value: string): RestrictionValue {
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"'))
    return { type: 'string', value: value.slice(1, -1) };
  if (value.length >= 2 && value.startsWith('[') && value.endsWith(']'))
    return { type: 'string[]', value: listOf(value.slice(1, -1)) };
  // String.equalsIgnoreCase takes the long s for an s.
  if (/^true$/i.test(value)) return { type: 'bool', value: true };
  if (/^fal[s\u017f]e$/i.test(value)) return { type: 'bool', value: false };
  const int = /^[+-]?\d{1,400}$/.test(value) ? Number(value) : Number.NaN;
  if (int === (int | 0)) return { type: 'int', value: int | 0 };
  return { type: 'string', value };
}

/** `String.split(",")` drops empty parts at the end; `trim` takes whatever is no greater than a space. */
function listOf(text: string): readonly string[] {
  if (text === '') return [''];
  const parts = text.split(',');
  while (parts.at(-1) === '') parts.pop();
  return parts.map((part) => {
    const trimmed = javaTrim(part);
    return trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"') ? trimmed.slice(1, -1) : trimmed;
  });
}

function javaTrim(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text.charCodeAt(from) <= 0x20) from++;
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to--;
  return text.slice(from, to);
}

/** The launcher stopped in the middle of a managedConfig. */
class Stopped extends Error {}

function readManagedConfig(text: string, bundle: Record<string, RestrictionValue>, findings: BundleFinding[]): void {
  try {
    fill(bundle, readOrgObject(text), managedConfig, findings);
  } catch (error) {
    if (isRollcallError(error, 'HEADWIND_MALFORMED'))
      findings.push({ key: managedConfig, kind: 'not-json', message: `the value is no JSON object: ${error.message}` });
    else if (!(error instanceof Stopped)) throw error;
  }
}

const lost = 'launcher 6.36 stops there, and this key and all that follow are lost';
const stops = {
  long: `a number beyond 32 bits: ${lost}`,
  double: `a number with a fraction: ${lost}`,
} as const;

function fill(
  bundle: Record<string, RestrictionValue>,
  members: OrgObject,
  above: string,
  findings: BundleFinding[],
): void {
  for (const [key, value] of members) {
    const at = `${above}.${key}`;
    const read = typedValue(value, at, findings);
    if (read !== undefined) put(bundle, key, read, at, findings);
  }
}

function typedValue(value: OrgJson, at: string, findings: BundleFinding[]): RestrictionValue | undefined {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (value instanceof OrgNumber) {
    if (value.type === 'integer') return { type: 'int', value: Number(value.value) };
    findings.push({ key: at, kind: value.type, message: stops[value.type] });
    throw new Stopped();
  }
  if (isOrgArray(value)) return typedArray(value, at, findings);
  if (isOrgObject(value)) return { type: 'bundle', value: nested(value, at, findings) };
  findings.push({ key: at, kind: 'null-dropped', message: 'null: the launcher passes over it' });
  return undefined;
}

function nested(members: OrgObject, at: string, findings: BundleFinding[]): Bundle {
  const bundle = emptyBundle();
  fill(bundle, members, at, findings);
  return bundle;
}

function typedArray(items: OrgArray, at: string, findings: BundleFinding[]): RestrictionValue | undefined {
  const [first] = items;
  if (typeof first === 'string') {
    if (items.some((item) => typeof item !== 'string'))
      findings.push({
        key: at,
        kind: 'text-made',
        message: 'an array that begins with a text: all of it became texts',
      });
    return { type: 'string[]', value: items.map(itemText) };
  }
  if (!isOrgObject(first)) {
    const what = items.length === 0 ? 'an empty array' : 'an array that begins with neither a text nor an object';
    findings.push({ key: at, kind: 'array-dropped', message: `${what}: the launcher passes over it` });
    return undefined;
  }
  const bundles = items.map((item, number): Bundle => {
    const place = `${at}[${number}]`;
    if (isOrgObject(item)) return nested(item, place, findings);
    findings.push({ key: place, kind: 'not-an-object', message: `no object in an array of objects: ${lost}` });
    throw new Stopped();
  });
  return { type: 'bundle[]', value: bundles };
}

/** JSONArray.optString. */
const itemText = (item: OrgJson | undefined): string =>
  item === undefined ? '' : (textAt(new Map([['item', item]]), 'item') ?? '');
