// How a device came under management, where its protocol has no word for it: a header of the first request of an enrollment, by
// convention.

/** The name of the header. */
export const enrollmentHeader = 'Rollcall-Enrollment';

/** What it may say. `user`: a person enrolls by hand. `bulk`: one of a crowd, prepared for nobody. `automated`: Apple's Setup Assistant. */
const enrollmentWays = ['user', 'bulk', 'automated', 'workProfile'] as const;
export type EnrollmentWay = (typeof enrollmentWays)[number];

/** The way that the header says; undefined where there is none, or another word. */
export const enrollmentWay = (value: string | undefined): EnrollmentWay | undefined =>
  enrollmentWays.find((way) => way === value?.trim());
