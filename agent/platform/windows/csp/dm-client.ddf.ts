import { csp } from '../tree/ddf.js';

/** DMClient: the enrollment, its poll schedule and its end (specs/windows.md §1.5, §1.12, §2.2). */
export const dmClient = csp(
  'DMClient',
  String.raw`
./User/Vendor/MSFT/DMClient [G] node
  Provider [G] node
    {ProviderID} [ADG] node ?
      FirstSyncStatus [ADG] node ?
        ExpectedPolicies [ADGR] chr
        ExpectedNetworkProfiles [ADGR] chr
        ExpectedMSIAppPackages [ADGR] chr
        ExpectedModernAppPackages [ADGR] chr
        ExpectedPFXCerts [ADGR] chr
        ExpectedSCEPCerts [ADGR] chr
        ServerHasFinishedProvisioning [GR] bool = ENUM:false|true
        IsSyncDone [GR] bool = ENUM:false|true
        WasDeviceSuccessfullyProvisioned [GR] int = ENUM:0|1|2
        AllowCollectLogsButton [GR] bool def=false = ENUM:false|true CaseSense
        CustomErrorText [GR] chr CaseSense
./Device/Vendor/MSFT/DMClient [G] node
  Provider [G] node
    {ProviderID} [ADG] node ?
      EntDeviceName [ADGR] chr ?
      ExchangeID [ADGR] chr ?
      EntDMID [ADGR] chr ?
      SignedEntDMID [ADGR] chr ?
      CertRenewTimeStamp [ADGR] chr ?
      PublisherDeviceID [ADGR] chr ?
      ManagementServiceAddress [GR] chr ?
      UPN [AGR] chr ?
      HelpPhoneNumber [ADGR] chr ?
      HelpWebsite [ADGR] chr ?
      HelpEmailAddress [ADGR] chr ?
      RequireMessageSigning [ADGR] bool ? def=false = ENUM:false|true
      SyncApplicationVersion [ADGR] chr ? def=1.0 = RegEx:^(\d\.)?(\d)$
      MaxSyncApplicationVersion [G] chr ?
      Unenroll [EG] null
      AADResourceID [AGR] chr ?
      AADDeviceID [G] chr ?
      EnrollmentType [G] chr ?
      EnableOmaDmKeepAliveMessage [GR] bool ? def=false = ENUM:false|true
      HWDevID [G] chr ?
      ManagementServerAddressList [GR] chr ?
      CommercialID [ADGR] chr ?
      ManagementServerToUpgradeTo [ADGR] chr ?
      NumberOfDaysAfterLostContactToUnenroll [ADGR] int ?
      AADSendDeviceToken [ADGR] bool ? = ENUM:false|true
      ForceAadToken [ADGR] bool ? = ENUM:0|1|2|4|8
      Push [ADG] node ?
        PFN [ADGR] chr
        ChannelURI [G] chr
        Status [G] int
      Poll [ADG] node ?
        IntervalForFirstSetOfRetries [ADGR] int ?
        NumberOfFirstRetries [ADGR] int ?
        IntervalForSecondSetOfRetries [ADGR] int ?
        NumberOfSecondRetries [ADGR] int ?
        IntervalForRemainingScheduledRetries [ADGR] int ?
        NumberOfRemainingScheduledRetries [ADGR] int ?
        PollOnLogin [ADGR] bool ? def=false = ENUM:false|true
        AllUsersPollOnFirstLogin [ADGR] bool ? def=false = ENUM:false|true
      CustomEnrollmentCompletePage [ADG] node ?
        Title [ADGR] chr ?
        BodyText [ADGR] chr ?
        HyperlinkHref [ADGR] chr ?
        HyperlinkText [ADGR] chr ?
      FirstSyncStatus [ADG] node ?
        ExpectedPolicies [ADGR] chr
        ExpectedNetworkProfiles [ADGR] chr
        ExpectedMSIAppPackages [ADGR] chr
        ExpectedModernAppPackages [ADGR] chr
        ExpectedPFXCerts [ADGR] chr
        ExpectedSCEPCerts [ADGR] chr
        TimeOutUntilSyncFailure [GR] int def=60 = Range:[1-1440]
        ServerHasFinishedProvisioning [GR] bool = ENUM:false|true
        IsSyncDone [GR] bool = ENUM:false|true
        WasDeviceSuccessfullyProvisioned [GR] int = ENUM:0|1|2
        BlockInStatusPage [GR] int def=0 = Flag:0x0|0x1|0x2|0x4 CaseSense
        AllowCollectLogsButton [GR] bool def=false = ENUM:false|true CaseSense
        CustomErrorText [ADGR] chr CaseSense
        SkipDeviceStatusPage [GR] bool def=true = ENUM:false|true CaseSense
        SkipUserStatusPage [GR] bool def=true = ENUM:false|true CaseSense
      EnhancedAppLayerSecurity [G] node
        SecurityMode [ADGR] int def=0 = ENUM:0|1|2|3
        UseCertIfRevocationCheckOffline [ADGR] bool def=false = ENUM:false|true
        Cert0 [ADGR] chr
        Cert1 [ADGR] chr
      ConfigLock [G] node
        Lock [ADGR] int def=0 = ENUM:0|1
        UnlockDuration [ADGR] int def=480
        SecureCore [G] bool
      LinkedEnrollment [G] node
        LastError [G] int
        EnrollStatus [G] int = ENUM:0|1|2|3|4|5|6|7|8
        Enroll [E] null
        Unenroll [E] null
        DiscoveryEndpoint [ADGR] chr
      MultipleSession [G] node
        NumAllowedConcurrentUserSessionForBackgroundSync [ADGR] int ?
        NumAllowedConcurrentUserSessionAtUserLogonSync [ADGR] int ?
        IntervalForScheduledRetriesForUserSession [ADGR] int ?
        NumberOfScheduledRetriesForUserSession [ADGR] int ?
      Recovery [G] node
        AllowRecovery [GR] int def=0 = ENUM:1|0
        InitiateRecovery [E] int def=0 = ENUM:0|1
        RecoveryStatus [G] int def=0
      ConfigRefresh [ADG] node
        Enabled [ADGR] bool def=false = ENUM:true|false
        Cadence [ADGR] int def=90 = Range:[30-1440]
        PausePeriod [ADGR] int def=0 = Range:[0-1440]
  Unenroll [EG] null
  UpdateManagementServiceAddress [GR] chr ?
  HWDevID [G] chr ?
`,
);
