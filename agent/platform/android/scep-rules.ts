import { rfc8894Rules, type ScepRules } from '../../scep/rules.js';

/**
 * The companion app's SCEP client, by convention: Android has none, a device policy controller brings its own. It goes by RFC 8894,
 * and takes RenewalReq where a server knows it.
 */
export const androidScepRules: ScepRules = { ...rfc8894Rules, asksCapabilitiesFirst: true };

/** What HttpURLConnection says of itself; `version` is that of Android. */
export const dalvik = (version: string, model: string): string =>
  `Dalvik/2.1.0 (Linux; U; Android ${version}; ${model})`.replace(/[^\x20-\x7e]/g, '?');
