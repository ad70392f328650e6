// The companion app, by convention: its package, the keys of its managed configuration, and the lines of its log.

/** The package of the companion app: ours, no app of Headwind's. */
export const companionPackage = 'com.rollcall.companion';

/** What a line of the companion's log says of a setting. */
interface CompanionLine {
  readonly name: string;
  /** `renewed`: a certificate that was fetched by SCEP once was fetched anew. */
  readonly status: 'failed' | 'installed' | 'renewed';
  readonly reason?: string;
}

/** Level of these lines. */
export const companionLogLevel = { failed: 1, installed: 3, renewed: 3 } as const;

const dayMs = 86_400_000;

/** How long before its end the companion renews a certificate that lives so long, where it is not told: 42 days, a fifth of it at most. */
export const usualRenewalMs = (lifeMs: number): number => Math.min(42 * dayMs, lifeMs / 5);

const longestReason = 1000;

/**
 * `rollcall: <name> failed: <reason>`, `rollcall: <name> installed` once a failure is made good, or `rollcall: <name> renewed`. One line.
 */
export function writeCompanionLine({ name, status, reason = '' }: CompanionLine): string {
  if (status !== 'failed') return `rollcall: ${oneLine(name)} ${status}`;
  return `rollcall: ${oneLine(name)} failed: ${oneLine(reason).slice(0, longestReason)}`;
}

/** A name or reason makes no second line. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

/** Undefined for any other line. A name that holds ` failed: ` is read up to the last place where that may be its end. */
export function readCompanionLine(line: string, names?: readonly string[]): CompanionLine | undefined {
  if (!line.startsWith('rollcall: ')) return undefined;
  const rest = line.slice('rollcall: '.length);
  const known = names?.filter((name) => rest.startsWith(`${oneLine(name)} failed: `)) ?? [];
  const longest = known.reduce<string | undefined>(
    (a, b) => (a === undefined || b.length > a.length ? b : a),
    undefined,
  );
  if (longest !== undefined) return failedLine(longest, rest.slice(`${oneLine(longest)} failed: `.length));
  const at = rest.indexOf(' failed: ');
  if (at >= 0) return failedLine(rest.slice(0, at), rest.slice(at + ' failed: '.length));
  for (const status of ['installed', 'renewed'] as const)
    if (rest.endsWith(` ${status}`)) return { name: rest.slice(0, -status.length - 1), status };
  return undefined;
}

const failedLine = (name: string, reason: string): CompanionLine => ({
  name,
  status: 'failed',
  reason: reason.slice(0, longestReason),
});
