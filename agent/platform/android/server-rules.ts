import type { ServerRules } from '../../model/server-rules.js';

/**
 * What Android 10 and later ask of a server's certificate where launcher 6.36 meets one: Conscrypt's TrustManagerImpl with its
 * ChainStrengthAnalyzer, OkHttp's OkHostnameVerifier, and the launcher's own network security configuration, which trusts the roots of
 * the system and those that were installed, and lets http:// through. There is no longest life.
 */
export const androidServerRules: ServerRules = {
  name: 'Android 10 and later',
  hints: {
    untrusted:
      'Name the address of that root in com.hmdm.CERTS of the QR code, or give it with --ca FILE, as a person would install it in the settings. Once the device has enrolled, the configuration can bring it: a file, and the setting `certificates` of com.hmdm.launcher.',
    onlyGiven:
      'Name the address of the root in com.hmdm.CERTS of the QR code, at a server that the device trusts already or by http, or take a certificate of a public authority.',
  },
  names: 'san', // OkHostnameVerifier does not look at the common name
  keyTypes: ['rsa', 'ec'],
  minRsaBits: 1024,
  minRsaBitsOfAnchoredLeaf: 1024,
  curves: ['prime256v1', 'secp384r1'], // what BoringSSL offers signatures and key exchanges on by itself
  weakDigests: ['md2', 'md4', 'md5', 'sha1'], // SHA-1 since Android 10
  longestLife: [],
  usages: {
    // ServerAuth, anyExtendedKeyUsage, and what Microsoft and Netscape called so once
    names: ['serverAuth', '2.5.29.37.0', '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1'],
    public: 'if-present',
    installed: 'if-present',
  },
};
