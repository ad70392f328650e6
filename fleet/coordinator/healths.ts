import { monotonicMs } from '../../base/clock.js';
import type { Health } from '../metrics/delta.js';
import { openHealth, usedBy } from '../metrics/health.js';

export interface HealthsOptions {
  /** No engine within this process measures it. */
  readonly isOwnNeeded: boolean;
  /** Of an authority on this machine. */
  readonly pid?: number | undefined;
}

/** Health of this process and of the authority's, apart from that of engines. */
export function healthsOf({ isOwnNeeded, pid }: HealthsOptions): {
  take(): { readonly of: 'coordinator' | 'authority'; readonly health: Partial<Health> }[];
  close(): void;
} {
  const own = isOwnNeeded ? openHealth() : undefined;
  let before = pid === undefined ? undefined : usedBy(pid);
  let since = monotonicMs();
  return {
    take() {
      const now = monotonicMs();
      const used = pid === undefined ? undefined : usedBy(pid);
      const cpu =
        used === undefined || before === undefined || now <= since ? 0 : (used.cpuMs - before.cpuMs) / (now - since);
      before = used;
      since = now;
      return [
        ...(own === undefined ? [] : [{ of: 'coordinator' as const, health: own.take() }]),
        ...(used === undefined ? [] : [{ of: 'authority' as const, health: { cpu, rssBytes: used.rssBytes } }]),
      ];
    },
    close: () => own?.close(),
  };
}
