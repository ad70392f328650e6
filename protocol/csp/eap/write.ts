import { inRow, Markup, maybeTag, tag, tagIn } from '../document.js';
import {
  type EapHostConfig,
  type EapMethod,
  type EapServerValidation,
  eapMethods,
  eapNamespaces,
  phases,
} from './names.js';

/** Writes the document; `readEapHostConfig` gives it back. */
export const writeEapHostConfig = (config: EapHostConfig): string => eapHostConfigMarkup(config).text;

/** The element, to lie in another document. */
export function eapHostConfigMarkup(config: EapHostConfig): Markup {
  const common = (name: string, value: number) => tagIn(name, eapNamespaces.common, value);
  return tagIn(
    'EapHostConfig',
    eapNamespaces.host,
    tag(
      'EapMethod',
      inRow(common('Type', config.type), common('VendorId', 0), common('VendorType', 0)),
      common('AuthorId', config.authorId),
    ),
    tag('Config', config.type === eapMethods.ttls ? ttlsMarkup(config) : methodMarkup(config)),
  );
}

function methodMarkup(method: EapMethod): Markup {
  return tagIn('Eap', eapNamespaces.base, tag('Type', method.type), settingsMarkup(method));
}

function settingsMarkup(method: EapMethod): Markup | undefined {
  if (method.type === eapMethods.mschapv2)
    return tagIn('EapType', eapNamespaces.mschapv2, tag('UseWinLogonCredentials', false));
  if (method.type === eapMethods.tls) return tlsMarkup(method);
  return method.type === eapMethods.peap ? peapMarkup(method) : undefined;
}

const noServer: EapServerValidation = { isPerformed: true, serverNames: [], trustedRoots: [], isPromptDisabled: false };

/** `5e 3f ...`: as Windows writes thumbprints in these documents. */
const spaced = (thumbprint: string) => `${thumbprint.toLowerCase().replace(/(..)/g, '$1 ')}`;

function validationMarkup(server: EapServerValidation, root: string, prompt: string): Markup {
  const isDisabled = tag(prompt, server.isPromptDisabled);
  const roots = server.trustedRoots.map((each) => tag(root, spaced(each)));
  const names = tag('ServerNames', server.serverNames.join(';'));
  return root === 'TrustedRootCA'
    ? tag('ServerValidation', isDisabled, names, ...roots)
    : tag('ServerValidation', names, ...roots, isDisabled);
}

function tlsMarkup({ server = noServer, issuers }: EapMethod): Markup {
  const hashes = issuers?.map((each) => tag('IssuerHash', spaced(each)).text).join('');
  const filter =
    hashes === undefined
      ? undefined
      : tagIn(
          'TLSExtensions',
          eapNamespaces.tls2,
          tagIn('FilteringInfo', eapNamespaces.tls3, new Markup(`<CAHashList Enabled="true">${hashes}</CAHashList>`)),
        );
  return tagIn(
    'EapType',
    eapNamespaces.tls,
    tag('CredentialsSource', tag('CertificateStore', tag('SimpleCertSelection', true))),
    validationMarkup(server, 'TrustedRootCA', 'DisableUserPromptForServerValidation'),
    tag('DifferentUsername', false),
    tagIn('PerformServerValidation', eapNamespaces.tls2, server.isPerformed),
    tagIn('AcceptServerName', eapNamespaces.tls2, server.serverNames.length > 0),
    filter,
  );
}

function peapMarkup({ server = noServer, inner, anonymousIdentity }: EapMethod): Markup {
  const privacy =
    anonymousIdentity === undefined
      ? undefined
      : tagIn(
          'IdentityPrivacy',
          eapNamespaces.peap2,
          tag('EnableIdentityPrivacy', true),
          tag('AnonymousUserName', anonymousIdentity),
        );
  return tagIn(
    'EapType',
    eapNamespaces.peap,
    validationMarkup(server, 'TrustedRootCA', 'DisableUserPromptForServerValidation'),
    tag('FastReconnect', true),
    tag('InnerEapOptional', false),
    inner === undefined ? undefined : methodMarkup(inner),
    tag('EnableQuarantineChecks', false),
    tag('RequireCryptoBinding', false),
    tag(
      'PeapExtensions',
      tagIn('PerformServerValidation', eapNamespaces.peap2, server.isPerformed),
      tagIn('AcceptServerName', eapNamespaces.peap2, server.serverNames.length > 0),
      privacy,
    ),
  );
}

function ttlsMarkup({ server = noServer, phase2, anonymousIdentity }: EapMethod): Markup {
  const name = Object.entries(phases).find(([, word]) => word === phase2)?.[0];
  return tagIn(
    'EapTtls',
    eapNamespaces.ttls,
    validationMarkup(server, 'TrustedRootCAHash', 'DisablePrompt'),
    ...(name === undefined
      ? []
      : [
          tag(
            'Phase2Authentication',
            phase2 === 'mschapv2' ? tag(name, tag('UseWinlogonCredentials', false)) : tag(name),
          ),
        ]),
    tag(
      'Phase1Identity',
      tag('IdentityPrivacy', anonymousIdentity !== undefined),
      maybeTag('AnonymousIdentity', anonymousIdentity),
    ),
  );
}
