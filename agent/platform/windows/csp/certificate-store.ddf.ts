import { csp } from '../tree/ddf.js';

/** CertificateStore: the stores, SCEP as of old, and the renewal of the enrollment (specs/windows.md §1.7, §2.2). */
export const certificateStore = csp(
  'CertificateStore',
  `
./Device/Vendor/MSFT/CertificateStore [ADG] node
  ROOT [G] node
    {CertHash} [DG] node *
      EncodedCertificate [AGR] b64
      IssuedBy [G] chr
      IssuedTo [G] chr
      ValidFrom [G] chr
      ValidTo [G] chr
      TemplateName [G] chr
    System [G] node
      {CertHash} [DG] node *
        EncodedCertificate [AGR] b64
        IssuedBy [G] chr
        IssuedTo [G] chr
        ValidFrom [G] chr
        ValidTo [G] chr
        TemplateName [G] chr
  MY [G] node
    User [G] node
      {CertHash} [DG] node *
        EncodedCertificate [AGR] b64
        IssuedBy [G] chr
        IssuedTo [G] chr
        ValidFrom [G] chr
        ValidTo [G] chr
        TemplateName [G] chr
    SCEP [G] node
      {UniqueID} [ADG] node *
        Install [G] node
          ServerURL [AG] chr ?
          Challenge [AG] chr ? Masked
          EKUMapping [AG] chr ?
          KeyUsage [AG] int
          SubjectName [AG] chr
          KeyProtection [AG] int ?
          RetryDelay [AG] int ?
          RetryCount [AG] int ?
          TemplateName [AG] chr ?
          KeyLength [AG] chr ?
          HashAlgrithm [AG] chr
          CAThumbPrint [AG] chr
          SubjectAlternativeNames [AG] chr ?
          ValidPeriod [G] chr ?
          ValidPeriodUnit [AG] chr ?
          Enroll [E] null
        CertThumbPrint [G] chr ?
        Status [G] int
        ErrorCode [G] int
    WSTEP [G] node ?
      CertThumprint [G] chr
      Renew [G] node ATOMIC
        RenewPeriod [ADGR] int ? def=42 = Range:[1-1000]
        ServerURL [ADGR] chr ?
        RetryInterval [ADGR] int ? def=7 = Range:[1-1000]
        ROBOSupport [ADGR] bool ? def=true = ENUM:true|false
        Status [G] int
        ErrorCode [G] int
        LastRenewalAttemptTime [G] time
        RenewNow [E] null
        RetryAfterExpiryInterval [AGR] time
  CA [G] node
    {CertHash} [DG] node *
      EncodedCertificate [AGR] b64
      IssuedBy [G] chr
      IssuedTo [G] chr
      ValidFrom [G] chr
      ValidTo [G] chr
      TemplateName [G] chr
    System [G] node
      {CertHash} [DG] node *
        EncodedCertificate [AGR] b64
        IssuedBy [G] chr
        IssuedTo [G] chr
        ValidFrom [G] chr
        ValidTo [G] chr
        TemplateName [G] chr
`,
);
