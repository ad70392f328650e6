// How the name of the authority that manages a device travels: by convention, for no protocol has a word for it (rule A6). Apple's
// organization, a help address of Windows' DMClient, and Headwind's custom1 carry it, each in a place where people look.
import { type Authority, authorities } from './vocabulary.js';

const names = new Set<string>(Object.keys(authorities));
const isAuthority = (name: string): name is Authority => names.has(name);

/** The authority of this name; undefined for any other text. Headwind's `custom1` is the name and nothing else. */
export const authorityNamed = (name: string | undefined): Authority | undefined =>
  name !== undefined && isAuthority(name) ? name : undefined;

/**
 * Apple's OrganizationName and PayloadOrganization: `Contoso (intune)`.
 *
 * @example
 * organizationText('Contoso', 'intune'); // 'Contoso (intune)'
 */
export const organizationText = (organization: string, authority: Authority): string =>
  `${organization} (${authority})`;

/** The authority that such a text names; undefined where it names none: another server's texts say what they like. */
export const authorityOfOrganization = (text: string | undefined): Authority | undefined =>
  authorityNamed(/ \(([a-z0-9]{1,20})\)$/.exec(text ?? '')?.[1]);

/**
 * Windows' DMClient/Provider/<ID>/HelpWebsite: the portal that the device reports to (A15).
 *
 * @example
 * portalAddress('https://mdm.example', 'intune'); // 'https://mdm.example/portals/intune'
 */
export const portalAddress = (origin: string, authority: Authority): string => `${origin}/portals/${authority}`;

/** The authority whose portal this is; undefined for any other address. */
export const authorityOfPortal = (address: string | undefined): Authority | undefined =>
  authorityNamed(/\/portals\/([a-z0-9]{1,20})$/.exec(address ?? '')?.[1]);
