// What a refusal of the authority may come of, by the HRESULT that it ends with: from Intune's troubleshooting pages, for servers that say
// no more than that.

const hints: ReadonlyMap<number, string> = new Map([
  [0x80180002, 'Check the user name and the password; of a provisioning package, whether its token has expired.'],
  [
    0x80180003,
    'Check how many devices the user has, whether somebody else has enrolled this one, and what the enrollment restrictions block.',
  ],
  [0x80180013, 'Remove a device of this user that is not needed any more, or raise the limit.'],
  [
    0x80180014,
    'Check the enrollment restrictions: whether Windows is blocked, its version, or personal devices, and this one is not declared.',
  ],
  [
    0x80180015,
    'Check that the management authority of the tenant is set, and that this way of enrolling is turned on.',
  ],
  [0x80180017, 'The account is in maintenance: try again later.'],
  [0x80180018, 'Give the user a licence that includes device management.'],
  [
    0x80180019,
    'Check the Autopilot record of the device and its deployment profile, and that the terms of use were accepted.',
  ],
]);

/** Undefined for codes that say nothing of what to check. */
export const hintOfRefusal = (code: number): string | undefined => hints.get(code);
