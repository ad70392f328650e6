// EAP configurations in neutral words, and which of the device's identities Windows would show.
import { type EapHostConfig, type EapMethod, eapMethods } from '../../../../protocol/csp/eap.js';
import { encodeSegment } from '../../../../protocol/syncml/loc-uri.js';
import type { WifiEap } from '../../../../protocol/vocabulary.js';
import type { WindowsMemory } from '../memory.js';
import type { SavedCertificate, WindowsData } from '../saved.js';
import { isIssued, thumbprintOf } from './certificates.js';
import { optional } from './leaves.js';
import type { TreeView } from './module.js';

const types = new Map<number, WifiEap['types'][number]>([
  [eapMethods.tls, 'tls'],
  [eapMethods.peap, 'peap'],
  [eapMethods.ttls, 'ttls'],
  [eapMethods.sim, 'sim'],
  [eapMethods.aka, 'aka'],
  [eapMethods.akaPrime, 'aka'],
]);

/** The method that signs in: inside the tunnel, where there is one. */
export const innermost = (method: EapMethod): EapMethod => method.inner ?? method;

/** True where a client certificate is shown. */
export const needsCertificate = (method: EapMethod): boolean => innermost(method).type === eapMethods.tls;

/** `identity`: see `identityFor`. Trusted roots are named as certificate profiles are: by their thumbprints. */
export function eapSettings(config: EapHostConfig, identity: string | undefined): WifiEap {
  const type = types.get(config.type);
  const { server } = config;
  return {
    types: type === undefined ? [] : [type],
    ...optional('innerAuthentication', innerOf(config)),
    ...optional('identity', needsCertificate(config) ? identity : undefined),
    ...(server === undefined || server.trustedRoots.length === 0 ? {} : { anchors: [...new Set(server.trustedRoots)] }),
    ...(server === undefined || server.serverNames.length === 0 ? {} : { serverNames: server.serverNames }),
  };
}

function innerOf({ inner, phase2 }: EapMethod): WifiEap['innerAuthentication'] {
  if (inner === undefined) return phase2;
  return inner.type === eapMethods.mschapv2 ? 'mschapv2' : 'eap';
}

const parents = ['SCEP', 'PFXCertInstall'];

/**
 * The name of the certificate profile whose identity Windows shows: one that an authority of `issuers` issued, where they are named.
 * What was not fetched yet may be that. Of several it takes one by itself (SimpleCertSelection); here that is the first by name, by
 * convention.
 */
export function identityFor(
  method: EapMethod,
  tree: TreeView,
  { data }: Pick<WindowsMemory, 'data'>,
): string | undefined {
  const { issuers } = innermost(method);
  const wanted = issuers === undefined ? undefined : new Set(issuers);
  const brought = new Map(Object.values(data.certificates).map((each) => [each.node?.toLowerCase(), each]));
  const fits = (uri: string): boolean => {
    const held = brought.get(uri.toLowerCase());
    return wanted === undefined || held === undefined || isIssuedBy(held, wanted, data);
  };
  const found = ['User', 'Device'].flatMap((scope) =>
    parents.flatMap((parent) => {
      const above = `./${scope}/Vendor/MSFT/ClientCertificateInstall/${parent}`;
      return tree.names(above).filter((name) => fits(`${above}/${encodeSegment(name)}`));
    }),
  );
  return found.sort()[0];
}

/** One of its chain has such a thumbprint, or a certificate that the device holds and that issued one of its chain. */
function isIssuedBy({ der, chain = [] }: SavedCertificate, wanted: ReadonlySet<string>, data: WindowsData): boolean {
  if (chain.some((each) => wanted.has(thumbprintOf(each)))) return true;
  const issuers = Object.values(data.certificates).filter((each) => wanted.has(thumbprintOf(each.der)));
  return issuers.some((issuer) => [der, ...chain].some((below) => isIssued(issuer.der, below)));
}
