import { csp } from '../tree/ddf.js';

/** DMAcc: the DM account, by which servers change its credentials (specs/windows.md §1.10, §2.2). Secrets can be written, not read. */
export const dmAcc = csp(
  'DMAcc',
  `
./SyncML/DMAcc [G] node
  {AccountUID} [ADGR] node *
    AppID [AGR] chr def=w7 = ENUM:w7
    ServerID [AGR] chr
    Name [AGR] chr ?
    PrefConRef [AGR] chr ?
    AppAddr [AG] node
      {ObjectName} [AG] node
        Addr [AGR] chr
        AddrType [AGR] chr def=URI = ENUM:URI|IPv4
        Port [AG] node ?
          {ObjectName} [AGR] node
            PortNbr [AGR] chr
    AAuthPref [AGR] chr ? = ENUM:BASIC|DIGEST
    AppAuth [AG] node ?
      {ObjectName} [AG] node *
        AAuthLevel [AGR] chr = ENUM:CLCRED|SRVCRED
        AAuthType [AGR] chr = ENUM:BASIC|DIGEST
        AAuthName [AGR] chr ?
        AAuthSecret [AR] chr ?
        AAuthData [AR] bin ?
    Ext [G] node
      Microsoft [G] node
        Role [GR] int = Flag:4|8|16|128
        ProtoVer [AGR] chr ? = ENUM:1.1|1.2
        DefaultEncoding [AGR] chr ? = ENUM:application/vnd.syncml.dm+xml|application/vnd.syncml.dm+wbxml
        UseHwDevID [AGR] bool ? def=0 = ENUM:0|1
        ConnRetryFreq [AGR] int ? def=3
        InitialBackOffTime [AGR] int ? def=16000
        MaxBackOffTime [AGR] int ? def=86400000
        BackCompatRetryDisabled [AGR] bool ? def=0 = ENUM:0|1
        UseNonceResync [AGR] bool ? def=0 = ENUM:0|1
        CRLCheck [AGR] bool ? = ENUM:0|1
        DisableOnRoaming [AGR] bool ? = ENUM:0|1
        SSLCLIENTCERTSEARCHCRITERIA [AGR] chr ?
        InitiateSession [AR] null ?
`,
);
