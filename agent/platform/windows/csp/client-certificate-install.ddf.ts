import { csp } from '../tree/ddf.js';

const tree = (scope: 'User' | 'Device', attest = '') => `
./${scope}/Vendor/MSFT/ClientCertificateInstall [G] node
  PFXCertInstall [G] node
    {UniqueID} [ADGR] node * ATOMIC
      KeyLocation [AGR] int = ENUM:1|2|3|4
      ContainerName [AGR] chr ?
      PFXCertBlob [AGR] bin
      PFXCertPassword [AGR] chr ? Masked
      PFXCertPasswordEncryptionType [AGR] int ? def=0 = ENUM:0|1|2
      PFXKeyExportable [AGR] bool ? def=true = ENUM:false|true
      Thumbprint [G] chr
      Status [G] int
      PFXCertPasswordEncryptionStore [AGR] chr ?
  SCEP [G] node
    {UniqueID} [ADGR] node * ATOMIC
      Install [ADGR] node
        ServerURL [ADGR] chr
        Challenge [ADGR] chr Masked
        EKUMapping [ADGR] chr
        KeyUsage [ADGR] int
        AttestPrivateKey [AG] int${attest}
        SubjectName [ADGR] chr
        KeyProtection [ADGR] int ? def=3 = ENUM:1|2|3|4
        RetryDelay [ADGR] int ? def=5 = Range:[0-4294967295]
        RetryCount [ADGR] int ? def=3 = Range:[0-30]
        TemplateName [ADGR] chr ?
        KeyLength [ADGR] int = ENUM:1024|2048|4096
        HashAlgorithm [ADGR] chr
        CAThumbprint [ADGR] chr
        SubjectAlternativeNames [ADGR] chr ?
        ValidPeriod [ADGR] chr ? def=Days = ENUM:Days|Months|Years
        ValidPeriodUnits [ADGR] int ? def=0
        ContainerName [ADGR] chr ?
        CustomTextToShowInPrompt [ADGR] chr ?
        Enroll [E] null
        AADKeyIdentifierList [ADGR] chr ?
      CertThumbprint [G] chr ?
      Status [G] int
      ErrorCode [G] int ?
      RespondentServerUrl [G] chr
`;

/** ClientCertificateInstall: identities by PKCS#12 and by SCEP (specs/windows.md §2.1, §2.2). The Device tree does not bound AttestPrivateKey. */
export const clientCertificateInstall = csp('ClientCertificateInstall', tree('User', ' = ENUM:0|1|2') + tree('Device'));
