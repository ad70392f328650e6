import { splitLocUri } from '../../../protocol/syncml/loc-uri.js';
import type { WindowsData } from './saved.js';

/** Nodes below which the next name is a UniqueID: of a SCEP enrollment, of a PFX file. */
const parents: ReadonlySet<string> = new Set(['scep', 'pfxcertinstall']);

/**
 * The certificate (DER) of the profile of this name: the UniqueID of a SCEP enrollment or of a PFX file, the thumbprint of a root or
 * an intermediate certificate. Undefined where it has not come.
 */
export function certificateNamed(
  name: string,
  { certificates }: Pick<WindowsData, 'certificates'>,
): Uint8Array | undefined {
  const brought = Object.values(certificates).find(({ node }) => node !== undefined && uniqueIdIn(node) === name);
  return brought?.der ?? certificates[name.toUpperCase()]?.der;
}

function uniqueIdIn(node: string): string | undefined {
  const names = splitLocUri(node) ?? [];
  const at = names.findIndex((each) => parents.has(each.toLowerCase()));
  return at < 0 ? undefined : names[at + 1];
}
