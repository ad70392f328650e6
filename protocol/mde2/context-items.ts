// What a device tells of itself when it asks for a certificate, in the order of Windows (specs/windows.md §1.1, §1.4).

export interface ContextFacts {
  readonly uxInitiated: boolean;
  /** 64 hexadecimal digits. */
  readonly hwDevId: string;
  /** `en-US` */
  readonly locale: string;
  readonly targetedUserLoggedIn: boolean;
  readonly osEdition: number;
  readonly deviceName: string;
  /** `AA-BB-CC-DD-EE-FF`, as many as there are. */
  readonly macs: readonly string[];
  /** 32 hexadecimal digits. */
  readonly deviceId: string;
  readonly enrollmentType: 'Full' | 'Device';
  /** `10.0.26100.1` */
  readonly osVersion: string;
  readonly applicationVersion: string;
  readonly notInOobe: boolean;
  readonly imeis?: readonly string[];
  /** These three are told from 19045.4598 and 22621.3374 on; not by 19043. */
  readonly manufacturer?: string;
  readonly deviceModel?: string;
  readonly serialNumber?: string;
  /** From `negotiate`; absent at 19043. */
  readonly requestVersion?: string;
  /** The opaque blob of the terms of use, of a join to Entra. */
  readonly enrollmentData?: string;
}

/** What a device without a working TPM says at 9.0: measured at 26200. */
const attestationStatus: readonly (readonly [string, string])[] = [
  ['AttestationStatus', 'Status=AttestationResultNoAttestation;AttestationErrorMsg=No AIK algorithms provided'],
  ['AttestationStatusHResult', '0x80070057'],
];

/** The ContextItems of a request. AttestationStatus goes along at request version 9.0; AIK items never: there is no TPM. */
export function contextItems(facts: ContextFacts): readonly (readonly [name: string, value: string])[] {
  const maybe = (name: string, value: string | undefined): readonly (readonly [string, string])[] =>
    value === undefined ? [] : [[name, value]];
  return [
    ['UXInitiated', String(facts.uxInitiated)],
    ['HWDevID', facts.hwDevId],
    ['Locale', facts.locale],
    ['TargetedUserLoggedIn', String(facts.targetedUserLoggedIn)],
    ['OSEdition', String(facts.osEdition)],
    ['DeviceName', facts.deviceName],
    ...facts.macs.map((mac) => ['MAC', mac] as const),
    ['DeviceID', facts.deviceId],
    ['EnrollmentType', facts.enrollmentType],
    ['DeviceType', 'CIMClient_Windows'],
    ['OSVersion', facts.osVersion],
    ['ApplicationVersion', facts.applicationVersion],
    ['NotInOobe', String(facts.notInOobe)],
    ...(facts.imeis ?? []).map((imei) => ['IMEI', imei] as const),
    ...maybe('Manufacturer', facts.manufacturer),
    ...maybe('DeviceModel', facts.deviceModel),
    ...maybe('SerialNumber', facts.serialNumber),
    ...maybe('RequestVersion', facts.requestVersion),
    ...(facts.requestVersion === '9.0' ? attestationStatus : []),
    ...maybe('EnrollmentData', facts.enrollmentData), // its place among the others is not known
  ];
}

/**
 * RequestVersion of the request for a certificate, by the EnrollmentVersion of the server: 3.0, or none said, brings 9.0
 * (measured at 26200 for 3.0); 4.0 to 9.0 are taken as they are; what is above, or no number, is 9.0 [our rule].
 */
export function negotiate(enrollmentVersion: string | undefined): string {
  const found = /^([4-8])(?:\.0)?$/.exec(enrollmentVersion?.trim() ?? '')?.[1];
  return `${found ?? 9}.0`;
}
