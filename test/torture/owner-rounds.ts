// Two processes want one folder, from PID namespaces of their own or not: one has it, the other is refused; the one that was killed
// lets go of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../../agent/index.js';
import { insideOf, pidNamespace, rights, type Within } from '../support/namespaces.js';
import type { Program, Programs } from './programs.js';
import { endStub, type StubProcess, startStub } from './stub.js';
import type { RoundOptions, Tally } from './tally.js';

export async function ownerRounds({ programs, seed, findings, signal, rounds }: RoundOptions): Promise<void> {
  const random = seededRandom(seed, 0, 'owner rounds');
  const stub = await startStub(programs, {});
  const own = programs.folder();
  writeFileSync(join(own, 'ca.pem'), stub.ca);
  try {
    for (let k = 0; k < (rounds ?? Number.POSITIVE_INFINITY) && !signal.aborted; k++) {
      const of = k % 2 === 0 ? 'stub' : 'device';
      const wrong = await contend(programs, commandOf(of, programs.folder(), stub, own), random, findings.tally);
      findings.tally.rounds++;
      findings.note(`owner round ${k + 1} of a ${of}`);
      if (wrong !== undefined) findings.found(`round ${k + 1}, two ${of}s: ${wrong}`);
    }
  } finally {
    await endStub(stub, 'SIGKILL');
    programs.remove(own);
  }
}

interface Command {
  readonly args: readonly string[];
  /** What it says when it has the folder. */
  readonly ready: RegExp;
  /** What it says when it is refused. */
  readonly refused: RegExp;
}

const commandOf = (of: 'stub' | 'device', folder: string, stub: StubProcess, own: string): Command =>
  of === 'stub'
    ? { args: ['server', '--json', '--port', '0', '--data', folder], ready: /^\{"url"/m, refused: /DATA_LOCKED/ }
    : {
        args: [
          'device',
          '--server',
          stub.url,
          '--user',
          'user1@contoso.example',
          '--ca',
          join(own, 'ca.pem'),
          '--state',
          folder,
        ],
        ready: /Type "help"/,
        refused: /STATE_LOCKED/,
      };

async function contend(
  programs: Programs,
  command: Command,
  random: Random,
  tally: Tally,
): Promise<string | undefined> {
  const mayHide = rights['unshare -p']();
  const surroundings = (): Within => (mayHide && random.integer(2) === 0 ? pidNamespace : []);
  const start = () => programs.start(command.args, { within: surroundings() });
  const isAtOnce = random.integer(2) === 0;
  const first = start();
  if (!isAtOnce) await first.says(command.ready);
  const both = [first, start()];
  const have = await Promise.all(both.map((each) => has(each, command)));
  const owners = both.filter((_, k) => have[k]);
  try {
    if (owners.length !== 1) {
      if (owners.length > 1) tally.doubled++;
      else tally.unusable++;
      return `${owners.length} have the folder: ${both.map(({ said }) => said.trim().slice(0, 80)).join('; ')}`;
    }
    const loser = both.find((_, k) => !have[k]);
    if (loser !== undefined && !command.refused.test(loser.said)) {
      tally.unusable++;
      return `the other is not refused with ${command.refused}: ${loser.said.slice(0, 300)}`;
    }
    await kill(owners[0]);
    const heir = start();
    const inherits = await has(heir, command);
    await kill(heir);
    if (inherits) return undefined;
    tally.unusable++;
    return `nobody has the folder after its owner was killed: ${heir.said.slice(0, 300)}`;
  } finally {
    await Promise.all(both.map(kill));
  }
}

const has = (program: Program, { ready }: Command): Promise<boolean> =>
  program.says(ready).then(
    () => true,
    () => false,
  );

async function kill(program: Program | undefined): Promise<void> {
  if (program === undefined || !program.isRunning) return;
  const inside = insideOf(program.child.pid);
  if (inside !== undefined && program.child.spawnfile === 'unshare') process.kill(inside, 'SIGKILL');
  else program.child.kill('SIGKILL');
  await program.ended;
}
