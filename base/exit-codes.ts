/** What the `rollcall` command exits with. `docs/errors.md` lists the same numbers; a test keeps them equal. */
export const exitCodes = {
  passed: 0,
  bug: 1,
  usage: 2,
  incomplete: 4,
  notStarted: 5,
  thresholds: 99,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const exitNames = Object.keys(exitCodes) as (keyof typeof exitCodes)[];

/** Which codes of the catalogues end a command with which exit code. `docs/errors.md` says the same; a test keeps them equal. */
const endings: Readonly<Partial<Record<keyof typeof exitCodes, readonly string[]>>> = {
  bug: ['STATE_INVALID', 'LIFECYCLE_FORBIDDEN'],
  usage: [
    'USAGE',
    'FILE_UNUSABLE',
    'SCENARIO_INVALID',
    'TENANT_INVALID',
    'REQUEST_INVALID',
    'PROFILE_REFUSED',
    'PKCS12_PASSWORD',
    'PKCS12_MALFORMED',
  ],
  incomplete: [
    'AUTHORITY_LOST',
    'REPORT_UNWRITTEN',
    'OUTPUT_LOST',
    'WAKE_MISSED',
    'PROFILE_MISSING',
    'MOVE_MISSED',
    'STEP_SKIPPED',
  ],
  notStarted: [
    'PLIST_MALFORMED',
    'PLIST_LIMIT',
    'DER_MALFORMED',
    'CMS_MALFORMED',
    'CMS_SIGNATURE',
    'CMS_DECRYPT',
    'X509_MALFORMED',
    'SCEP_MALFORMED',
    'MDM_MALFORMED',
    'PUSH_MALFORMED',
    'GATE_MALFORMED',
    'DDM_MALFORMED',
    'ENROLL_REFUSED',
    'ENROLL_FAILED',
    'ALREADY_ENROLLED',
    'NOT_ENROLLED',
    'CHECKIN_REFUSED',
    'AUTHORITY_BUSY',
    'ANSWER_MALFORMED',
    'TRANSPORT_LOST',
    'TLS_UNTRUSTED',
    'TLS_PIN',
    'TLS_NAME',
    'TLS_EXPIRED',
    'TLS_KEY',
    'TLS_DIGEST',
    'TLS_VALIDITY',
    'TLS_USAGE',
    'TLS_CERTIFICATE',
    'AUTHORITY_REFUSED',
    'HTTP_TOO_LARGE',
    'HTTP_REDIRECTS',
    'PUSH_LOST',
    'SCEP_FAILED',
    'SCEP_PENDING',
    'KEY_MISSING',
    'STATE_CORRUPT',
    'STATE_UNSAVED',
    'STATE_LOCKED',
    'DEVICE_OFF',
    'PASSCODE_REFUSED',
    'RESOURCE_REFUSED',
    'AUTHORITY_FORBIDDEN',
    'ENROLLMENT_REFUSED',
    'CHECKIN_UNAVAILABLE',
    'DEVICE_UNKNOWN',
    'DEVICE_IDENTITY',
    'MESSAGE_REFUSED',
    'MESSAGE_TOO_LARGE',
    'SCEP_REFUSED',
    'NOT_FOUND',
    'UNAUTHORIZED',
    'FORBIDDEN',
    'DATA_CORRUPT',
    'DATA_LOCKED',
    'STORE_UNWRITABLE',
    'PORT_TAKEN',
    'PUSH_REFUSED',
    'RUN_NOT_STARTED',
    'ADMIN_REFUSED',
    'FETCH_FAILED',
    'STUB_BUSY',
  ],
  interrupted: ['INTERRUPTED'],
};

const byCode: ReadonlyMap<string, ExitCode> = new Map(
  exitNames.flatMap((name) => (endings[name] ?? []).map((code) => [code, exitCodes[name]] as const)),
);

/** What an error that ended a command makes of its exit code. Undefined for a code that is in no catalogue. */
export const exitCodeOf = (code: string): ExitCode | undefined => byCode.get(code);

/** How a command group runs its work: with a signal that Ctrl-C aborts; errors are shown and turned into an exit code. */
export type CommandRunner = (work: (signal: AbortSignal) => Promise<ExitCode>) => Promise<void>;
