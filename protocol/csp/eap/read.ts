import { attributeOf, elementOf, elementsOf, textOf, type XmlElement } from '../../xml/element.js';
import {
  booleanOf,
  inSequence,
  malformed,
  neededPart,
  numberOf,
  partOf,
  plainText,
  readDocument,
  thumbprintOf,
} from '../document.js';
import {
  type EapHostConfig,
  type EapMethod,
  type EapServerValidation,
  eapMethods,
  eapNamespaces,
  phases,
} from './names.js';

/** Reads an EapHostConfig document. Throws CSP_MALFORMED. */
export const readEapHostConfig = (xml: string): EapHostConfig =>
  eapHostConfigOf(readDocument(xml, 'EapHostConfig', eapNamespaces.host));

/** Reads the element, where it lies in another document. Throws CSP_MALFORMED. */
export function eapHostConfigOf(root: XmlElement): EapHostConfig {
  if (root.name !== 'EapHostConfig' || root.namespace !== eapNamespaces.host)
    throw malformed(`${root.name.slice(0, 60)} stands where an EapHostConfig belongs`);
  const parts = inSequence(root, ['EapMethod', 'Config', 'ConfigBlob']);
  const method = neededPart(parts, 'EapMethod', 'EapHostConfig');
  const type = numberOf(neededText(method, 'Type'), 'the type of the EAP method', 3);
  const author = elementOf(method, 'AuthorId');
  const authorId = author === undefined ? 0 : numberOf(plainText(author), 'AuthorId');
  const config = partOf(parts, 'Config');
  if (config !== undefined) return { ...methodIn(config, type), authorId };
  if (partOf(parts, 'ConfigBlob') === undefined) throw malformed('EapHostConfig has neither Config nor ConfigBlob');
  return { type, authorId };
}

function neededText(element: XmlElement, name: string): string {
  const found = elementOf(element, name);
  if (found === undefined) throw malformed(`${element.name} has no ${name}`);
  return plainText(found);
}

function methodIn(config: XmlElement, type: number): EapMethod {
  if (type === eapMethods.ttls) {
    const ttls = elementsOf(config, 'EapTtls').find((each) => each.namespace === eapNamespaces.ttls);
    if (ttls === undefined) throw malformed('the configuration of EAP-TTLS has no EapTtls');
    return ttlsOf(ttls);
  }
  const eap = elementsOf(config, 'Eap').find((each) => each.namespace === eapNamespaces.base);
  if (eap !== undefined) return methodOf(eap, type, 0);
  if (type === eapMethods.tls || type === eapMethods.peap)
    throw malformed('the configuration of the method has no Eap');
  return { type };
}

/** A tunnel inside a tunnel has no end; Windows has one level. */
const mostTunnels = 1;

function methodOf(eap: XmlElement, expected: number | undefined, tunnels: number): EapMethod {
  const type = numberOf(neededText(eap, 'Type'), 'the type of an EAP method', 3);
  if (expected !== undefined && type !== expected) throw malformed('EapMethod and Config name different EAP methods');
  const settings = elementOf(eap, 'EapType');
  if (type === eapMethods.tls) return tlsOf(settings);
  if (type !== eapMethods.peap) return { type };
  if (tunnels >= mostTunnels) throw malformed('PEAP stands inside PEAP');
  return peapOf(settings, tunnels);
}

const flagIn = (element: XmlElement | undefined, name: string): boolean | undefined => {
  const found = element && elementOf(element, name);
  return found === undefined ? undefined : booleanOf(plainText(found), name);
};

function tlsOf(settings: XmlElement | undefined): EapMethod {
  const type = eapMethods.tls;
  if (settings === undefined) return { type };
  if (settings.namespace !== eapNamespaces.tls) throw malformed('EapType is not the one of EAP-TLS');
  const server = serverOf(elementOf(settings, 'ServerValidation'), settings, 'TrustedRootCA');
  const extensions = elementOf(settings, 'TLSExtensions');
  const filter = extensions && elementOf(extensions, 'FilteringInfo');
  const list = filter && elementOf(filter, 'CAHashList');
  const isOn = list !== undefined && attributeOf(list, 'Enabled') === 'true';
  const issuers = isOn
    ? elementsOf(list, 'IssuerHash').map((each) => thumbprintOf(textOf(each), 'IssuerHash'))
    : undefined;
  return { type, server, ...(issuers === undefined ? {} : { issuers }) };
}

function peapOf(settings: XmlElement | undefined, tunnels: number): EapMethod {
  const type = eapMethods.peap;
  if (settings === undefined) return { type };
  if (settings.namespace !== eapNamespaces.peap) throw malformed('EapType is not the one of PEAP');
  const extensions = elementOf(settings, 'PeapExtensions');
  const privacy = extensions && elementOf(extensions, 'IdentityPrivacy');
  const anonymous = privacy && elementOf(privacy, 'AnonymousUserName');
  const isHidden = flagIn(privacy, 'EnableIdentityPrivacy') === true;
  const inner = elementsOf(settings, 'Eap').find((each) => each.namespace === eapNamespaces.base);
  return {
    type,
    server: serverOf(elementOf(settings, 'ServerValidation'), extensions ?? settings, 'TrustedRootCA'),
    ...(inner === undefined ? {} : { inner: methodOf(inner, undefined, tunnels + 1) }),
    ...(isHidden && anonymous !== undefined ? { anonymousIdentity: plainText(anonymous) } : {}),
  };
}

function ttlsOf(ttls: XmlElement): EapMethod {
  const phase2 = elementOf(ttls, 'Phase2Authentication');
  const inner = phase2 && elementsOf(phase2)[0];
  const name = Object.entries(phases).find(([key]) => key === inner?.name)?.[1];
  if (inner !== undefined && name === undefined)
    throw malformed('Phase2Authentication names no method that Windows has for EAP-TTLS');
  const phase1 = elementOf(ttls, 'Phase1Identity');
  const anonymous = phase1 && elementOf(phase1, 'AnonymousIdentity');
  const isHidden = flagIn(phase1, 'IdentityPrivacy') === true;
  return {
    type: eapMethods.ttls,
    server: serverOf(elementOf(ttls, 'ServerValidation'), ttls, 'TrustedRootCAHash'),
    ...(name === undefined ? {} : { phase2: name }),
    ...(isHidden && anonymous !== undefined ? { anonymousIdentity: plainText(anonymous) } : {}),
  };
}

function serverOf(validation: XmlElement | undefined, extended: XmlElement, root: string): EapServerValidation {
  const names = validation && elementOf(validation, 'ServerNames');
  const roots = validation === undefined ? [] : elementsOf(validation, root);
  const prompt = root === 'TrustedRootCA' ? 'DisableUserPromptForServerValidation' : 'DisablePrompt';
  return {
    isPerformed: flagIn(extended, 'PerformServerValidation') ?? true,
    serverNames:
      names === undefined
        ? []
        : plainText(names)
            .split(';')
            .map((name) => name.trim())
            .filter((name) => name !== ''),
    trustedRoots: roots.map((each) => thumbprintOf(textOf(each), root)),
    isPromptDisabled: flagIn(validation, prompt) ?? false,
  };
}
