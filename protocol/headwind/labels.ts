// What a document has no place for: the names and the owners of its settings.

import { isRollcallError } from '../../base/errors.js';
import { isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { readJackson } from './jackson.js';
import type { ApplicationSetting } from './types.js';

/** The launcher's own package, whose app settings are its options. */
export const launcherPackage = 'com.hmdm.launcher';
/** The name of the app setting that carries the labels. */
export const labelsSetting = 'rollcall.items';

/** One setting of a document, by convention. */
export interface Label {
  /**
   * Where in the document it lies: `gmail`, `outlook`, `companion:wifi:<GUID>`, `companion:certificate:<alias>`,
   * `vpn:<package>[:<uuid>]`, `file:<path>`, `certificates:<path>`, `configuration:<key>`.
   */
  readonly carrier: string;
  readonly name: string;
  /** Whose setting it is. */
  readonly authority: string;
}

const most = 1_000;

/**
 * The labels of a document, by convention: Headwind has no word for the name or the owner of a setting, so that our server sends
 * them as one app setting of the launcher. A stock server sends none: then, and where it cannot be read, there are none.
 */
export function readLabels(settings: readonly ApplicationSetting[]): readonly Label[] {
  const setting = settings.findLast(({ packageId, name }) => packageId === launcherPackage && name === labelsSetting);
  if (typeof setting?.value !== 'string') return [];
  const items = listOf(setting.value);
  return items.slice(0, most).flatMap((item) => {
    if (!isObject(item)) return [];
    const { carrier, name, authority } = item;
    const isLabel = typeof carrier === 'string' && typeof name === 'string' && typeof authority === 'string';
    return isLabel ? [{ carrier, name, authority }] : [];
  });
}

function listOf(text: string): readonly JsonValue[] {
  try {
    const items = readJackson(text, labelsSetting);
    return Array.isArray(items) ? items : [];
  } catch (error) {
    if (isRollcallError(error, 'HEADWIND_MALFORMED')) return [];
    throw error;
  }
}

/** The app setting with the labels, by convention. */
export function writeLabels(items: readonly Label[], lastUpdate = 0): ApplicationSetting {
  const value = JSON.stringify(items.map(({ carrier, name, authority }): JsonObject => ({ carrier, name, authority })));
  return { packageId: launcherPackage, name: labelsSetting, type: 1, value, readonly: true, lastUpdate };
}
