// What org.json makes texts of: getString, optString and toString.
import { emptyObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { javaDoubleText } from './java-numbers.js';
import { isOrgArray, isOrgObject, type OrgJson, OrgNumber, type OrgObject } from './org-json.js';

/** JSONObject.getString, and optString without a fallback: numbers and booleans, lists and objects become texts, NULL is `null`. */
export function textAt(object: OrgObject, name: string): string | undefined {
  const value = object.get(name);
  if (value === undefined || typeof value === 'string') return value;
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof OrgNumber)
    return value.type === 'double' ? javaDoubleText(Number(value.value)) : String(value.value);
  return orgText(value);
}

/** JSONObject.toString and JSONArray.toString; undefined where a list holds a number that JSON has no word for. */
export function orgText(value: OrgJson | undefined): string | undefined {
  if (isOrgArray(value)) return joined('[', value.map(orgText), ']');
  if (isOrgObject(value)) {
    const members = [...value].map(([name, member]) => {
      const text = orgText(member);
      return text === undefined ? undefined : `${quoted(name)}:${text}`;
    });
    return joined('{', members, '}');
  }
  if (value === undefined || value === null || typeof value === 'boolean') return String(value ?? null);
  if (typeof value === 'string') return quoted(value);
  return numberText(value);
}

function joined(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${open}${parts.join(',')}${close}`;
}

/** JSONObject.numberToString. */
function numberText({ type, value }: OrgNumber): string | undefined {
  if (type !== 'double') return String(value);
  const double = Number(value);
  if (!Number.isFinite(double)) return undefined;
  if (Object.is(double, -0)) return '-0';
  if (!Number.isInteger(double) || Math.abs(double) > 2 ** 63) return javaDoubleText(double);
  return String(double === 2 ** 63 ? 2n ** 63n - 1n : BigInt(double)); // a cast to long stops at its bounds
}

const escaped = /["\\/\u0000-\u001f]/g;
const short: Readonly<Record<string, string>> = { '\t': '\\t', '\b': '\\b', '\n': '\\n', '\r': '\\r', '\f': '\\f' };

/** JSONStringer escapes the slash too. */
const quoted = (text: string): string =>
  `"${text.replace(
    escaped,
    (unit) => short[unit] ?? (unit < ' ' ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : `\\${unit}`),
  )}"`;

/** As plain JSON: numbers lose their Java type, what was left out is null. Objects have no prototype. */
export function plainOf(value: OrgJson | undefined): JsonValue {
  if (isOrgArray(value)) return value.map(plainOf);
  if (isOrgObject(value)) return plainObject(value);
  return value instanceof OrgNumber ? Number(value.value) : (value ?? null);
}

/** The same for an object. */
export function plainObject(object: OrgObject): JsonObject {
  const plain = emptyObject();
  for (const [name, member] of object) plain[name] = plainOf(member);
  return plain;
}
