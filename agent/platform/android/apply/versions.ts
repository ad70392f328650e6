// How the launcher compares versions (InstallUtils): by code where the configuration has one, else by digits and points.

/** An app as the device has it. */
export interface InstalledVersion {
  readonly version: string;
  readonly code: number;
}

/** A version that a configuration names. */
interface NamedVersion {
  readonly version: string;
  readonly code?: number;
}

const digitsOf = (version: string): string => version.replace(/[^\d.]/g, '');
const hasCode = (code: number | undefined): code is number => code !== undefined && code !== 0;

export function isSameVersion(installed: InstalledVersion, named: NamedVersion): boolean {
  if (hasCode(named.code)) return installed.code === named.code;
  return digitsOf(installed.version) === digitsOf(named.version);
}

/** Below 0: the installed one is older. A part that is no number of 32 bits makes the two equal. */
export function compareVersions(installed: InstalledVersion, named: NamedVersion): number {
  if (hasCode(named.code)) return Math.sign(installed.code - named.code);
  const ours = partsOf(installed.version);
  const theirs = partsOf(named.version);
  for (const [index, part] of ours.slice(0, theirs.length).entries()) {
    const [one, other] = [numberOf(part), numberOf(theirs[index] ?? '')];
    if (one === undefined || other === undefined) return 0;
    if (one !== other) return Math.sign(one - other);
  }
  return Math.sign(ours.length - theirs.length);
}

/** As String.split of Java: empty parts at the end are none, but an empty text is one empty part. */
function partsOf(version: string): string[] {
  const digits = digitsOf(version);
  if (digits === '') return [''];
  const parts = digits.split('.');
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

function numberOf(part: string): number | undefined {
  const number = Number(part);
  return part === '' || number > 2 ** 31 - 1 ? undefined : number;
}
