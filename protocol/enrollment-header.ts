// How a device came under management, where its protocol has no word for it: a header of the first request of an enrollment, by
// convention.

/** The name of the header. */
export const enrollmentHeader = 'Rollcall-Enrollment';

/**
 * What it may say. `user`: a person enrolls by hand. `bulk`: one of a crowd, prepared for nobody. `automated`: Apple's Setup Assistant.
 * `joined`: by joining the organization. `autopilot`: Windows Autopilot.
 */
const enrollmentWays = ['user', 'bulk', 'automated', 'workProfile', 'joined', 'autopilot'] as const;
export type EnrollmentWay = (typeof enrollmentWays)[number];

/** The way that the header says; undefined where there is none, or a word that is none of the platform's `own`. */
export const enrollmentWay = <W extends EnrollmentWay>(value: string | undefined, own: readonly W[]): W | undefined =>
  own.find((way) => way === value?.trim());

/** Of the first request of an enrollment that starts in the Company Portal: its version (E05, E25). Absent: the system started it. */
export const companyPortalHeader = 'Rollcall-Company-Portal';

/** How `autopilot` enrolls: `userDriven` or `selfDeploying` (E15). */
export const autopilotHeader = 'Rollcall-Autopilot';

/**
 * What a Company Portal tells of its device with the same request, so that it may ask whether the device may enroll before anything of
 * an enrollment is there (E03): a form, as `id=...&serial=...&os=17.5.1`.
 */
export const deviceHeader = 'Rollcall-Device';

/** What is asked for: the identifier of the device, and what else it says of itself. */
export interface AskedDevice {
  readonly id: string;
  readonly serial?: string;
  readonly imei?: string;
  readonly osVersion?: string;
  readonly model?: string;
}

const wordOf = { id: 'id', serial: 'serial', imei: 'imei', osVersion: 'os', model: 'model' } as const;
const longestWord = 256;

/**
 * The value of the header.
 *
 * @example
 * writeAskedDevice({ id: 'A1', osVersion: '17.5.1' }); // 'id=A1&os=17.5.1'
 */
export function writeAskedDevice(device: AskedDevice): string {
  const words = new URLSearchParams();
  for (const [key, word] of Object.entries(wordOf)) {
    const value = device[key as keyof AskedDevice];
    if (value !== undefined && value !== '') words.set(word, value);
  }
  return words.toString();
}

/** What the header says; undefined where there is none, or it names no device. A word that is too long for a true one is left out. */
export function askedDeviceOf(headers: Readonly<Record<string, string | undefined>>): AskedDevice | undefined {
  const words = new URLSearchParams(headers[deviceHeader.toLowerCase()] ?? '');
  const said = Object.entries(wordOf).flatMap(([key, word]) => {
    const value = words.get(word) ?? '';
    return value === '' || value.length > longestWord ? [] : [[key, value] as const];
  });
  const { id, ...others } = Object.fromEntries(said) as Partial<AskedDevice>;
  return id === undefined ? undefined : { id, ...others };
}

/**
 * The version that the header says, such as 5.2410.1; undefined where there is no header. Of a version that goes on in letters
 * (5.2410.1-beta) what comes before them; 0 where it begins with none: an enrollment that says it starts in a portal is judged by that.
 */
export function companyPortalOf(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const version = headers[companyPortalHeader.toLowerCase()]?.trim();
  if (version === undefined || isPortalVersion(version)) return version;
  return /^\d{1,9}(?:\.\d{1,9}){0,7}(?!\d)/.exec(version)?.[0] ?? '0';
}

/** Whether it is the version of a Company Portal: numbers with points between. */
export const isPortalVersion = (text: string): boolean => /^\d{1,9}(\.\d{1,9}){0,7}$/.test(text);
