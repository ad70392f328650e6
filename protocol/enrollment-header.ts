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

/** The way that the header says; undefined where there is none, or another word. */
export const enrollmentWay = (value: string | undefined): EnrollmentWay | undefined =>
  enrollmentWays.find((way) => way === value?.trim());

/** Of the first request of an enrollment that starts in the Company Portal: its version (E05, E25). Absent: the system started it. */
export const companyPortalHeader = 'Rollcall-Company-Portal';

/** How `autopilot` enrolls: `userDriven` or `selfDeploying` (E15). */
export const autopilotHeader = 'Rollcall-Autopilot';

/** The version that the header says, such as 5.2410.1; undefined where there is none, or it is none. */
export function companyPortalOf(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const version = headers[companyPortalHeader.toLowerCase()]?.trim() ?? '';
  return /^\d{1,9}(\.\d{1,9}){0,7}$/.test(version) ? version : undefined;
}
