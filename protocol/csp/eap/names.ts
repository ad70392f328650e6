// What an EapHostConfig says: methods by IANA's numbers, and the namespaces of their schemas.

const provisioning = (name: string) => `http://www.microsoft.com/provisioning/${name}`;

/** Namespaces of the parts of an EapHostConfig. */
export const eapNamespaces = {
  host: provisioning('EapHostConfig'),
  common: provisioning('EapCommon'),
  base: provisioning('BaseEapConnectionPropertiesV1'),
  tls: provisioning('EapTlsConnectionPropertiesV1'),
  tls2: provisioning('EapTlsConnectionPropertiesV2'),
  tls3: provisioning('EapTlsConnectionPropertiesV3'),
  peap: provisioning('MsPeapConnectionPropertiesV1'),
  peap2: provisioning('MsPeapConnectionPropertiesV2'),
  mschapv2: provisioning('MsChapV2ConnectionPropertiesV1'),
  ttls: provisioning('EapTtlsConnectionPropertiesV1'),
} as const;

/** IANA's numbers of the methods that Windows has. */
export const eapMethods = { tls: 13, sim: 18, ttls: 21, aka: 23, peap: 25, mschapv2: 26, akaPrime: 50 } as const;

/** How the server's certificate is judged. */
export interface EapServerValidation {
  /** `PerformServerValidation`; default true. */
  readonly isPerformed: boolean;
  /** Names that the server may have; regular expressions are allowed. */
  readonly serverNames: readonly string[];
  /** SHA-1 thumbprints, 40 hexadecimal digits in upper case. */
  readonly trustedRoots: readonly string[];
  /** `DisableUserPromptForServerValidation`. */
  readonly isPromptDisabled: boolean;
}

/** One method with what Windows needs for it. */
export interface EapMethod {
  readonly type: number;
  readonly server?: EapServerValidation;
  /** EAP-TLS: thumbprints of authorities of which one must have issued the client's certificate (CAHashList). */
  readonly issuers?: readonly string[];
  /** PEAP: the method inside the tunnel. */
  readonly inner?: EapMethod;
  /** EAP-TTLS: what is spoken inside the tunnel. */
  readonly phase2?: 'pap' | 'chap' | 'mschap' | 'mschapv2' | 'eap';
  /** The name said outside the tunnel. */
  readonly anonymousIdentity?: string;
}

export interface EapHostConfig extends EapMethod {
  /** Who made the method: 0 for Microsoft's own, 311 for EAP-TTLS. */
  readonly authorId: number;
}

/** What Windows calls the methods inside EAP-TTLS. */
export const phases = {
  PAPAuthentication: 'pap',
  CHAPAuthentication: 'chap',
  MSCHAPAuthentication: 'mschap',
  MSCHAPv2Authentication: 'mschapv2',
  Eap: 'eap',
  EapHostConfig: 'eap',
} as const satisfies Record<string, EapMethod['phase2']>;
