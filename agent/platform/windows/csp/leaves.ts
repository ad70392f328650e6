// What modules share: leaves of one instance, refusals, and documents that are judged.
import { isRollcallError } from '../../../../base/errors.js';
import type { Profile } from '../../../../protocol/vocabulary.js';
import type { NodeAddress, ProfileReading, Refusal, TreeView } from './module.js';

export const refuse = (status: number, reason: string): Refusal => ({ status, reason });

/** Leaves below one node, by their names joined by `/`: what was written, or the default. */
export type Leaves = (name: string) => string | undefined;

export const leavesOf =
  (tree: TreeView, { uri }: Pick<NodeAddress, 'uri'>): Leaves =>
  (name) =>
    tree.value(`${uri}/${name}`);

/** An optional field: left out where there is no value. */
export const optional = <K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });

/** What `read` gives, or the 500 that Windows answers for a document that it cannot read. Throws what is no refusal of a codec. */
export function judged<T>(read: () => T): T | { readonly refused: Refusal } {
  try {
    return read();
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return { refused: refuse(500, error.message) };
  }
}

export const isRefused = (value: object): value is { readonly refused: Refusal } => 'refused' in value;

/** The host and the port of `host:port`; undefined for what is neither that nor a host alone. */
export function hostAndPort(text: string): { readonly host: string; readonly port?: number } | undefined {
  const found = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/@[\]]{1,253})(?::(\d{1,5}))?$/.exec(text.trim());
  if (found === null) return undefined;
  const [, host = '', digits] = found;
  if (digits === undefined) return { host };
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

export const reading = (profile: Profile): ProfileReading => ({ profile });
