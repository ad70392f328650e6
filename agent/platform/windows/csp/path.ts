import type { NodeAddress, Refusal } from './module.js';

/** The decoded names below the root of a CSP: `Provider`, `Rollcall`, `UPN` for a node of DMClient. Empty for the root itself. */
export const namesBelow = (node: NodeAddress, csp: string): readonly string[] =>
  node.names.slice(1 + node.names.findIndex((name) => name.toLowerCase() === csp.toLowerCase()));

/** The same as the schema has them, in one text: `Provider/{ProviderID}/UPN`. */
export function schemaPath(node: NodeAddress, csp: string): string {
  const { schemaNames } = node;
  return schemaNames.slice(1 + schemaNames.findIndex((name) => name.toLowerCase() === csp.toLowerCase())).join('/');
}

/** A node that the tree has and this device has not. */
export const notHere = (reason: string): Refusal => ({ status: 404, reason, originalError: '0x86000002' });

/** A text that is not what the node takes. Windows answers 500 for most of them (our rule). */
export const badValue = (reason: string): Refusal => ({ status: 500, reason });

export const notAllowed = (reason: string): Refusal => ({ status: 405, reason });
