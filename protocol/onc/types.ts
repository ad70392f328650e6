// Networks in Open Network Configuration, as far as Android Management's documented subset and ours go (specs/android.md §5).

export const oncSecurities = ['None', 'WEP-PSK', 'WPA-PSK', 'WPA-EAP', 'WPA3-Enterprise_192'] as const;
/** `WPA-PSK` stands for WPA2 and WPA3 personal, too: ONC has no other word for them. */
export type OncSecurity = (typeof oncSecurities)[number];

export const oncOuters = ['EAP-TLS', 'PEAP', 'EAP-TTLS'] as const;
export type OncOuter = (typeof oncOuters)[number];

export const oncInners = ['MSCHAPv2', 'PAP'] as const;
export type OncInner = (typeof oncInners)[number];

/** The client's certificate: in the document by its GUID, or in the device's key store by its alias. */
export type OncClientCertificate =
  | { readonly type: 'Ref'; readonly guid: string }
  | { readonly type: 'KeyPairAlias'; readonly alias: string };

export interface OncEap {
  readonly outer: OncOuter;
  readonly inner?: OncInner;
  readonly identity?: string;
  readonly anonymousIdentity?: string;
  readonly password?: string;
  /** GUIDs of certificates of the document. Empty where the document names none. */
  readonly serverCaRefs: readonly string[];
  readonly client?: OncClientCertificate;
  /** At least one. */
  readonly domainSuffixMatch: readonly string[];
}

export interface OncNetwork {
  readonly guid: string;
  readonly name: string;
  /** 1 to 32 octets. */
  readonly ssid: Uint8Array;
  readonly security: OncSecurity;
  readonly passphrase?: string;
  readonly hidden: boolean;
  readonly autoConnect: boolean;
  readonly eap?: OncEap;
}

export type OncCertificate =
  | { readonly type: 'Authority'; readonly guid: string; readonly x509: Uint8Array }
  | { readonly type: 'Client'; readonly guid: string; readonly pkcs12: Uint8Array };

/** Why a part of a document is not taken, and which: `NetworkConfigurations[0].WiFi.Security`. */
export interface OncRefusal {
  readonly path: string;
  readonly reason: string;
  /** Of the network or certificate that goes with it, where it has one. */
  readonly guid?: string;
}

export interface OncDocument {
  readonly networks: readonly OncNetwork[];
  readonly certificates: readonly OncCertificate[];
}

/** What could be read, and what was refused. */
export interface OncRead extends OncDocument {
  readonly refusals: readonly OncRefusal[];
}
