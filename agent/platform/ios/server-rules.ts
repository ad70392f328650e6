import type { ServerRules } from '../../model/server-rules.js';

/** When Apple's dates begin, as SecPolicy.c counts them: that of July 2019 an hour early. */
const issued = {
  march2018: Date.UTC(2018, 2, 1),
  july2019: Date.UTC(2019, 5, 30, 23),
  september2020: Date.UTC(2020, 8, 1),
} as const;
const hourMs = 3_600_000;

/**
 * What iOS asks of a server's certificate: SecPolicyCreateSSL (SecPolicy.c) and the checks behind it (SecPolicyServer.c,
 * SecPolicyLeafCallbacks.c, SecCertificate.c); docs/wire/apple-sources/tls.md has them one by one.
 */
export const iosServerRules: ServerRules = {
  name: 'iOS 13 and later',
  hints: {
    untrusted: 'Put that root into the enrollment profile (com.apple.security.root), or give it with --ca FILE.',
    onlyGiven:
      'Put the root into the enrollment profile (com.apple.security.root); what is asked of a server before that profile is installed needs a certificate of a public authority.',
  },
  names: 'san',
  keyTypes: ['rsa', 'ec'],
  minRsaBits: 2048,
  minRsaBitsOfAnchoredLeaf: 1024,
  curves: ['prime256v1', 'secp384r1', 'secp521r1'],
  weakDigests: ['md2', 'md4', 'md5', 'sha1'],
  longestLife: [
    { issuedFrom: issued.september2020, days: 398, slackMs: 0, roots: 'public' },
    { issuedFrom: issued.july2019, days: 825, slackMs: hourMs, roots: 'any' },
    { issuedFrom: issued.march2018, days: 825, slackMs: hourMs, roots: 'public' },
  ],
  usages: {
    // ServerAuth, and what Microsoft and Netscape called so once
    names: ['serverAuth', '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1'],
    public: 'required',
    installed: 'if-present',
  },
};
