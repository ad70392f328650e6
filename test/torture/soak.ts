// A stub and many check-ins: its memory grows no more once it is warm.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endStub, startStub } from './stub.js';
import type { RoundOptions } from './tally.js';
import { Workload } from './workload.js';

const users = 60;
/** Sessions before memory is looked at: code and caches are there by then. */
const warm = 600;
/** Looked at this often. */
const every = 400;
/** What memory may grow by, in KiB for each session: a leak of one request's size would show. */
const mostKiB = 8;
/** How much a heap comes and goes by itself, in KiB. */
const slackKiB = 40 * 1024;

/** A round is a check-in session. */
export async function soak({ programs, seed, findings, signal, rounds }: RoundOptions): Promise<void> {
  const folder = programs.folder();
  const stub = await startStub(programs, { data: join(folder, 'data'), users });
  const workload = new Workload({ seed, users, devices: 4 });
  const rss = () =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${stub.program.child.pid}/status`, 'utf8'))?.[1]);
  try {
    await workload.reach(stub);
    let first: number | undefined;
    for (let done = 0; !signal.aborted && done < (rounds ?? Number.POSITIVE_INFINITY); done += 4) {
      const all = await Promise.all([0, 1, 2, 3].map((slot) => workload.sessionOf(slot)));
      findings.tally.rounds += 4;
      findings.tally.acknowledged += all.filter((each) => each).length;
      if (done === warm) first = rss();
      if (done % every !== 0 || first === undefined) continue;
      const grown = rss() - first;
      findings.note(
        `soak: ${done} check-ins, memory ${Math.round(rss() / 1024)} MiB, ${Math.round(grown / 1024)} grown since ${warm}`,
      );
      if (grown <= slackKiB + mostKiB * (done - warm)) continue;
      findings.tally.unusable++;
      findings.found(`memory grew by ${grown} KiB over ${done - warm} check-ins`);
      return;
    }
    const failed = [...workload.unanswered];
    if (failed.length > 0 && !signal.aborted) findings.found(`check-ins failed: ${JSON.stringify(failed)}`);
  } finally {
    await endStub(stub, 'SIGKILL');
    await workload.close();
    programs.remove(folder);
  }
}
