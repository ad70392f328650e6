import type { ScepDigest } from '../../../protocol/scep/capabilities.js';
import { rfc8894Rules, type ScepRules } from '../../scep/rules.js';

/**
 * Windows' SCEP client (certenroll; [MS-WCCE] has no part in it). Known are the order of its requests and its addresses
 * (specs/windows.md §2.1); that it writes PrintableString where the letters suffice follows from CertStrToName. What it demands of
 * answers is not published: those of RFC 8894 stand for it, by convention.
 */
const windowsScepRules: ScepRules = { ...rfc8894Rules, names: 'printable', asksCapabilitiesFirst: true };

/** The same with the hash families that the node HashAlgorithm allows. */
export const windowsScepRulesFor = (digests: readonly ScepDigest[]): ScepRules => ({ ...windowsScepRules, digests });

/** What it says of itself in HTTP; `version` is that of Windows. */
export const ndesClient = (version: string): string => `Mozilla/4.0 (compatible; Win32; NDES client ${version})`;

/** `{ServerURL}/pkiclient.exe`; an address that ends so already is taken as it is (a rule of ours). */
export const ndesAddress = (serverUrl: string): string =>
  /\/pkiclient\.exe$/i.test(serverUrl) ? serverUrl : `${serverUrl.replace(/\/+$/, '')}/pkiclient.exe`;

/** `message` of GetCACaps and GetCACert. */
export const ndesMessage = 'default';
