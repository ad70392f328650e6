import { csp } from '../tree/ddf.js';

/** DevDetail: versions, machine and network (specs/windows.md §2.2). */
export const devDetail = csp(
  'DevDetail',
  `
./DevDetail [G] node
  URI [G] node
    MaxDepth [G] chr
    MaxTotLen [G] chr
    MaxSegLen [G] chr
  DevTyp [G] chr
  OEM [G] chr
  FwV [G] chr
  SwV [G] chr
  HwV [G] chr
  LrgObj [G] bool
  Ext [G] node
    Microsoft [G] node
      MobileID [G] chr
      RadioSwV [G] chr
      Resolution [G] chr
      CommercializationOperator [G] chr
      ProcessorArchitecture [G] int
      ProcessorType [G] int
      OSPlatform [G] chr
      LocalTime [G] chr
      DeviceName [GR] chr RebootBehavior
      DNSComputerName [GR] chr RebootBehavior
      TotalStorage [G] int
      FreeStorage [G] int
      TotalRAM [G] int
      SMBIOSSerialNumber [G] chr
      SMBIOSVersion [G] chr
      SystemSKU [G] chr
    WLANMACAddress [G] chr
    VoLTEServiceSetting [G] bool
    WlanIPv4Address [G] chr
    WlanIPv6Address [G] chr
    WlanDnsSuffix [G] chr
    WlanSubnetMask [G] chr
    DeviceHardwareData [G] chr
`,
);
