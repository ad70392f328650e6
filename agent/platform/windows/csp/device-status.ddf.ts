import { csp } from '../tree/ddf.js';

/** DeviceStatus (specs/windows.md §2.0, §2.2). */
export const deviceStatus = csp(
  'DeviceStatus',
  `
./Vendor/MSFT/DeviceStatus [G] node
  SecureBootState [G] int
  CellularIdentities [G] node
    {IMEI} [G] node *
      IMSI [G] chr
      ICCID [G] chr
      PhoneNumber [G] chr
      CommercializationOperator [G] chr
      RoamingStatus [G] bool
      RoamingCompliance [G] bool
  NetworkIdentifiers [G] node
    {MacAddress} [G] node *
      IPAddressV4 [G] chr
      IPAddressV6 [G] chr
      IsConnected [G] bool
      Type [G] int
  Compliance [G] node
    EncryptionCompliance [G] bool
  TPM [G] node
    SpecificationVersion [G] chr def=Not available
    ManufacturerId [G] chr def=Not available
    ManufacturerIdTxt [G] chr def=Not available
    ManufacturerVersion [G] chr def=Not available
  OS [G] node
    Edition [G] chr def=Not available
    Mode [G] int def=Not available
  Antivirus [G] node
    SignatureStatus [G] int def=1
    Status [G] int def=3
  Antispyware [G] node
    SignatureStatus [G] int def=1
    Status [G] int def=3
  Firewall [G] node
    Status [G] int def=3
  UAC [G] node
    Status [G] int
  Battery [G] node
    Status [G] int def=0
    EstimatedChargeRemaining [G] int def=0
    EstimatedRuntime [G] int def=0
  DomainName [G] chr
  DeviceGuard [G] node
    VirtualizationBasedSecurityHwReq [G] int
    VirtualizationBasedSecurityStatus [G] int
    LsaCfgCredGuardStatus [G] int
    HypervisorEnforcedCodeIntegrityStatus [G] int
    SystemGuardStatus [G] int
  DMA [G] node
    BootDMAProtectionStatus [G] int
  CertAttestation [G] node
    MDMClientCertAttestation [G] chr
`,
);
