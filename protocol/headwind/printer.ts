// Headwind's JSON as people read it: configurations, whose app settings say by a name beside it whether a value is a secret, and
// provisioning, which need not be JSON.
import { isUtf8 } from 'node:buffer';
import { isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { isSecretName } from '../../base/secret-names.js';
import { outline } from '../printing/outline.js';
import { type Printer, secretMark } from '../printing/printer.js';
import { readJackson } from './jackson.js';
import { readOrgObject } from './org-json.js';
import { plainObject } from './org-text.js';

const maxBytes = 4 * 1024 * 1024;
const maxDepth = 40;

/** A reply, or a list of app settings. */
const isMessage = /^\s*(?:\{\s*"status"\s*:\s*"(?:OK|ERROR|WARNING)"|\[\s*\{\s*"packageId")/;
/** Provisioning, in full or the bundle alone. */
const isProvisioning = /^\s*\{\s*"(?:com\.hmdm\.|ru\.headwind\.|android\.app\.extra\.PROVISIONING_)/;

/** Replies of a Headwind server, app settings and provisioning as an outline, without what has the name of a secret. */
export const headwindPrinter: Printer = {
  name: 'Headwind JSON',
  handles: (_, body) => {
    const start = Buffer.from(body.subarray(0, 128)).toString('latin1');
    return isMessage.test(start) || isProvisioning.test(start);
  },
  print(body, context) {
    if (body.length > maxBytes || !isUtf8(body)) throw new Error('no JSON that is shown');
    const text = Buffer.from(body).toString('utf8');
    return outline(
      opened(isProvisioning.test(text) ? plainObject(readOrgObject(text)) : readJackson(text, 'JSON'), 0),
      context,
    );
  },
};

/** With the values of app settings, and the payloads of pushes, opened where they are JSON, and masked where their name says so. */
function opened(value: JsonValue, depth: number): JsonValue {
  if (depth > maxDepth) return value;
  if (Array.isArray(value)) return value.map((item) => opened(item, depth + 1));
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [name, opened(member, depth + 1)] as const);
  return { ...Object.fromEntries(members), ...setting(value), ...payload(value) };
}

/** Own keys of an app setting that are shown otherwise. */
function setting({ name, packageId, value }: JsonObject): JsonObject {
  if (typeof name !== 'string' || typeof packageId !== 'string' || typeof value !== 'string') return {};
  if (isSecretName(name)) return value === '' ? {} : { value: secretMark };
  return name === 'managedConfig' ? { value: jsonIn(value) } : {};
}

/** The payload of a polled message, which is JSON in a text. */
const payload = ({ messageType, payload: text }: JsonObject): JsonObject =>
  typeof messageType === 'string' && typeof text === 'string' ? { payload: jsonIn(text) } : {};

/** The object in a text; the text where there is none, which is masked as any text. */
function jsonIn(text: string): JsonValue {
  try {
    return plainObject(readOrgObject(text));
  } catch {
    return text;
  }
}
