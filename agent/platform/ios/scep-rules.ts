import type { ScepRules } from '../../scep/rules.js';

/**
 * Apple's SCEP client, as far as Apple published it: the library (Security, SecSCEP.c, SecCMS.c, SecCertificateRequest.c) and
 * the tool of iOS that calls it (SecurityTool, scep.c). What only the closed profiled decides is taken from reports: see
 * docs/wire/apple-sources/scep-cms.md.
 */
export const appleScepRules: ScepRules = {
  exactWords: true,
  needsDigest: true,
  digests: ['sha512', 'sha256', 'sha1'],
  polls: { digest: 'sha1', cipher: 'des-ede3-cbc' },
  judgesCaAnswer: true,
  needsEcho: false,
  takesFirst: true,
  readsCbcOnly: true,
  shortNames: ['CN', 'C', 'ST', 'L', 'O', 'OU', 'EMAIL'],
  temporaryName: 'random',
  namesByKey: true,
  escapesPaddingOnly: true,
  names: 'printable',
};
