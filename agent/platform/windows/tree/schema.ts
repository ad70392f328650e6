// What a CSP's tree may hold, as its DDF says: data alone. The engine knows no CSP by name.

export const nodeFormats = [
  'node',
  'chr',
  'int',
  'bool',
  'b64',
  'bin',
  'xml',
  'null',
  'float',
  'date',
  'time',
] as const;
/** `DFFormat` of a node. */
export type NodeFormat = (typeof nodeFormats)[number];

/** `AccessType`: what a server may do to a node. */
export type Access = 'Add' | 'Delete' | 'Exec' | 'Get' | 'Replace';

/** `MSFT:AllowedValues`. */
export type Constraint =
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'range'; readonly least: number; readonly most: number }
  | { readonly kind: 'regex'; readonly pattern: string }
  /** Bits, decimal or hexadecimal; any sum of them. */
  | { readonly kind: 'flag'; readonly values: readonly number[] }
  /** A document, judged by the CSP's module. */
  | { readonly kind: 'xsd'; readonly name: string };

/** One node of a tree and what lies below it. */
export interface NodeSchema {
  /** `WlanXml`; of a dynamic node what stands for its name: `{SSID}`. */
  readonly name: string;
  /** A server names it. */
  readonly isDynamic: boolean;
  readonly access: ReadonlySet<Access>;
  readonly format: NodeFormat;
  /** Formats that are taken besides, where a tree is kept generically. */
  readonly otherFormats?: readonly NodeFormat[];
  readonly occurrence: 'One' | 'ZeroOrOne' | 'ZeroOrMore';
  readonly default?: string;
  /** Of a leaf its values, of a dynamic node its names. */
  readonly allowed?: Constraint;
  readonly isCaseSensitive: boolean;
  /** `AtomicRequired`: written as a whole. */
  readonly isAtomic: boolean;
  /** It changes at the next start of the device. */
  readonly needsReboot: boolean;
  /** It holds a secret: a Get answers asterisks. */
  readonly isMasked: boolean;
  /** A Replace creates neither it nor what is below it: 404 while it is missing. Elsewhere a Replace creates what is missing. */
  readonly replacesExisting: boolean;
  readonly children: readonly NodeSchema[];
}

/** A tree as one data file gives it: roots by their address, such as `./Device/Vendor/MSFT/WiFi`. */
export interface CspSchema {
  /** Name in messages: `WiFi`. */
  readonly name: string;
  readonly roots: readonly { readonly address: string; readonly node: NodeSchema }[];
}
