// The EAP object of an enterprise network.
import type { JsonValue } from '../../base/json.js';
import { Place, Refused } from './place.js';
import {
  type OncCertificate,
  type OncClientCertificate,
  type OncEap,
  type OncInner,
  type OncSecurity,
  oncInners,
  oncOuters,
} from './types.js';

/** ClientCertPattern, SaveCredentials and UseSystemCAs are documented as not supported. */
const known = [
  'Outer',
  'Inner',
  'Identity',
  'AnonymousIdentity',
  'Password',
  'ServerCARef',
  'ServerCARefs',
  'ClientCertType',
  'ClientCertRef',
  'ClientCertKeyPairAlias',
  'DomainSuffixMatch',
];

/** Throws Refused. */
export function readEap(
  value: JsonValue | undefined,
  path: string,
  security: OncSecurity,
  certificates: readonly OncCertificate[],
): OncEap {
  if (value === undefined) throw new Refused(path, 'is missing');
  const at = new Place(value, path, known);
  const outer = at.oneOf('Outer', oncOuters);
  if (outer === undefined) throw new Refused(at.at('Outer'), 'is missing');
  if (security === 'WPA3-Enterprise_192' && outer !== 'EAP-TLS')
    throw new Refused(at.at('Outer'), 'is not EAP-TLS, the only one with 192 bits');
  const inner = innerIn(at, outer);
  const client = clientIn(at, certificates);
  if (outer === 'EAP-TLS' && client === undefined)
    throw new Refused(at.at('ClientCertType'), 'is missing: EAP-TLS shows a certificate');
  const text = <K extends string>(key: string, as: K) => {
    const found = at.text(key);
    return found === undefined ? {} : ({ [as]: found } as { readonly [P in K]: string });
  };
  return {
    outer,
    ...(inner === undefined ? {} : { inner }),
    ...text('Identity', 'identity'),
    ...text('AnonymousIdentity', 'anonymousIdentity'),
    ...text('Password', 'password'),
    serverCaRefs: authoritiesIn(at, certificates),
    ...(client === undefined ? {} : { client }),
    domainSuffixMatch: domainsIn(at),
  };
}

function innerIn(at: Place, outer: OncEap['outer']): OncInner | undefined {
  const inner = at.oneOf('Inner', oncInners);
  if (inner === 'PAP' && outer === 'PEAP') throw new Refused(at.at('Inner'), 'PAP is not spoken within PEAP');
  return outer === 'EAP-TLS' ? undefined : inner;
}

/** Android 11 and later take no enterprise network whose server nobody can verify: an authority and a domain belong to it. */
function authoritiesIn(at: Place, certificates: readonly OncCertificate[]): readonly string[] {
  const one = at.text('ServerCARef');
  const several = at.texts('ServerCARefs');
  if (one !== undefined && several.length > 0) throw new Refused(at.at('ServerCARef'), 'stands beside ServerCARefs');
  const refs = one === undefined ? several : [one];
  if (refs.length === 0)
    throw new Refused(at.at('ServerCARefs'), 'is missing: Android takes no network whose server it cannot verify');
  for (const ref of refs)
    if (!certificates.some(({ type, guid }) => type === 'Authority' && guid === ref))
      throw new Refused(
        at.at(one === undefined ? 'ServerCARefs' : 'ServerCARef'),
        `"${ref.slice(0, 60)}" is no authority of this document`,
      );
  return refs;
}

/** A host's name: labels of letters, digits and hyphens. */
const domain =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

const isDomain = (text: string): boolean => domain.test(text);

function domainsIn(at: Place): readonly string[] {
  const key = 'DomainSuffixMatch';
  const domains = at.texts(key);
  if (domains.length === 0)
    throw new Refused(at.at(key), 'is missing or empty: Android takes such an enterprise network for insecure');
  const wrong = domains.findIndex((each) => !isDomain(each));
  if (wrong >= 0) throw new Refused(`${at.at(key)}[${wrong}]`, 'is no domain name');
  return domains;
}

function clientIn(at: Place, certificates: readonly OncCertificate[]): OncClientCertificate | undefined {
  const type = at.oneOf('ClientCertType', ['Ref', 'KeyPairAlias'] as const);
  if (type === 'KeyPairAlias') return { type, alias: at.word('ClientCertKeyPairAlias') };
  if (type === undefined) return undefined;
  const guid = at.word('ClientCertRef');
  if (!certificates.some((each) => each.type === 'Client' && each.guid === guid))
    throw new Refused(at.at('ClientCertRef'), `"${guid.slice(0, 60)}" is no client certificate of this document`);
  return { type, guid };
}
