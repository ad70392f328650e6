// Wi-Fi as ONC in the managed configuration of the companion app (by convention: Headwind sets up a network by its QR code alone).
import type { PlainBundle, PlainValue } from '../../../protocol/managed-config/bundle.js';
import { networkOf } from '../../../protocol/onc/profile.js';
import type { OncCertificate } from '../../../protocol/onc/types.js';
import { writeOnc } from '../../../protocol/onc/write.js';
import type { WifiProfile } from '../../../protocol/vocabulary.js';
import { idOf } from '../../core/identifiers.js';
import type { Draft } from './draft.js';
import { aliasOf, carried, type Part } from './part.js';
import type { RenderContext } from './rendered.js';

/**
 * `WPA-PSK` for all personal networks: ONC has no word for WPA3 there. Authorities are in the document under the names of their
 * profiles, the client's certificate is named by its alias. Throws ONC_REFUSED for what Android would not take.
 */
export function renderWifi(profile: WifiProfile, draft: Draft, context: Pick<RenderContext, 'certificate'>): Part {
  const { name } = profile;
  const guid = idOf('wifi', name);
  const authorities = new Map<string, OncCertificate>();
  const network = networkOf(profile, {
    guid,
    authority(anchor) {
      const source = context.certificate(anchor)?.source;
      if (source?.type !== 'der') return undefined;
      authorities.set(anchor, { type: 'Authority', guid: anchor, x509: source.der });
      return anchor;
    },
    client(identity) {
      const alias = aliasOf(context)(identity);
      return alias === undefined ? undefined : { type: 'KeyPairAlias', alias };
    },
  });
  const written = carried(name, writeOnc({ networks: [network], certificates: [...authorities.values()] }));
  draft.networks.push(...listOf(written['NetworkConfigurations']));
  for (const authority of listOf(written['Certificates'])) draft.authorities.set(String(authority['GUID']), authority);
  return { carriers: [`companion:wifi:${guid}`] };
}

const listOf = (value: PlainValue | undefined): readonly PlainBundle[] =>
  Array.isArray(value) ? value.filter((each): each is PlainBundle => typeof each === 'object') : [];
