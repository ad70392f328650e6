import { csp } from '../tree/ddf.js';

/** RootCATrustedCertificates: authorities that the device trusts (specs/windows.md §2.2). The User tree has no Root. */
export const rootCaTrustedCertificates = csp(
  'RootCATrustedCertificates',
  `
./User/Vendor/MSFT/RootCATrustedCertificates [G] node
  CA [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64
      IssuedBy [G] chr
      IssuedTo [G] chr
      ValidFrom [G] chr
      ValidTo [G] chr
      TemplateName [G] chr
  OemEsim [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
  TrustedPublisher [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
  TrustedPeople [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
  UntrustedCertificates [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
./Device/Vendor/MSFT/RootCATrustedCertificates [G] node
  Root [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
  CA [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64
      IssuedBy [G] chr
      IssuedTo [G] chr
      ValidFrom [G] chr
      ValidTo [G] chr
      TemplateName [G] chr
  OemEsim [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
  TrustedPublisher [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
  TrustedPeople [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
  UntrustedCertificates [G] node CaseSense
    {CertHash} [DG] node * CaseSense
      EncodedCertificate [AGR] b64 CaseSense
      IssuedBy [G] chr CaseSense
      IssuedTo [G] chr CaseSense
      ValidFrom [G] chr CaseSense
      ValidTo [G] chr CaseSense
      TemplateName [G] chr CaseSense
`,
);
