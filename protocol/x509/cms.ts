/** The door of CMS (RFC 5652): signing, checking signatures, and envelopes. */
export { envelop, openEnvelope, readEnvelope } from './cms-enveloped.js';
export type { Attribute } from './cms-parts.js';
export {
  buildDegenerate,
  type CmsSigner,
  type CmsSignerOptions,
  createCmsSigner,
  type SignOptions,
} from './cms-sign.js';
export {
  readCertificatesOnly,
  readDegenerate,
  readSignedData,
  type SignedData,
  type SignerInfo,
  type VerifiedData,
  type VerifyOptions,
  verifySignedData,
} from './cms-signed.js';
