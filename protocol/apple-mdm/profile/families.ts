import { certificates, pkcs12 } from './certificates.js';
import { eas } from './eas.js';
import type { Family } from './family.js';
import { mail } from './mail.js';
import { mdm } from './mdm.js';
import { passcode } from './passcode.js';
import { acme, scep } from './scep.js';
import { appLayerVpn, vpn } from './vpn.js';
import { wifi } from './wifi.js';

/** Every kind of payload whose keys are understood. Any other type is kept as it comes. */
export const families: readonly Family[] = [
  mdm,
  mail,
  eas,
  vpn,
  wifi,
  certificates,
  pkcs12,
  scep,
  acme,
  passcode,
  appLayerVpn,
];

const byType = new Map(families.flatMap((family) => family.types.map((type) => [type, family] as const)));

export const familyOf = (type: string): Family | undefined => byType.get(type);
