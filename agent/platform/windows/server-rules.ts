import type { ServerRules } from '../../model/server-rules.js';

/**
 * What Windows asks of a server's certificate where the enrollment client and the OMA-DM client meet one: CertGetCertificateChain with
 * CERT_CHAIN_POLICY_SSL, as WinHTTP calls it; docs/wire/windows-sources/tls.md has the rules one by one, and which of them are convention.
 * There is no longest life: a certificate of ten years passes.
 */
export const windowsServerRules: ServerRules = {
  name: 'Windows 10 and later',
  hints: {
    untrusted:
      'Give that root with --ca FILE, as it would be put on a computer before it enrolls. Once it has enrolled, those count that the provisioning document or RootCATrustedCertificates brought.',
    onlyGiven:
      'Have the root put on the computers beforehand, by image or group policy, or take a certificate of a public authority for the enrollment; for later, the provisioning document can bring the root (CertificateStore/Root/System).',
  },
  names: 'san-or-cn',
  keyTypes: ['rsa', 'ec'],
  minRsaBits: 1024,
  minRsaBitsOfAnchoredLeaf: 1024,
  curves: ['prime256v1', 'secp384r1'], // Schannel offers these and X25519 by default; P-521 it knows, but does not offer
  weakDigests: ['md2', 'md4', 'md5', 'sha1'],
  longestLife: [],
  usages: {
    // ServerAuth, and the two gated ones that CERT_CHAIN_POLICY_SSL takes for it
    names: ['serverAuth', '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1'],
    public: 'if-present',
    installed: 'if-present',
  },
};
