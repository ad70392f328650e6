// The disk of a stub or a device is full for a while: changes are refused and not acknowledged, what is there stays whole, and
// with room again it goes on by itself.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../../agent/index.js';
import { realClock } from '../../base/clock.js';
import { type SmallDisk, smallDisk } from '../support/namespaces.js';
import type { Programs } from './programs.js';
import { endStub, type StubProcess, startStub, textAt } from './stub.js';
import { judge } from './stub-rounds.js';
import type { RoundOptions, Tally } from './tally.js';
import { Workload } from './workload.js';

const users = 20;
/** How long a stub may take to serve again once there is room. */
const recoveryMs = 20_000;

export async function diskRounds({ programs, seed, findings, signal, rounds }: RoundOptions): Promise<void> {
  const random = seededRandom(seed, 0, 'disk rounds');
  for (let k = 0; k < (rounds ?? Number.POSITIVE_INFINITY) && !signal.aborted; k++) {
    const of = k % 2 === 0 ? 'stub' : 'device';
    const disk = await smallDisk(of === 'stub' ? 2 * 1024 * 1024 : 128 * 1024);
    const kept = programs.folder();
    try {
      const fill = (of === 'stub' ? fillStub : fillDevice)(programs, disk, `${seed}/${k}`, random, findings.tally);
      const wrong = await fill;
      findings.tally.rounds++;
      findings.note(`disk round ${k + 1} of a ${of}`);
      if (wrong.length > 0) {
        cpSync(disk.outside, kept, { recursive: true });
        programs.keep(kept);
        findings.found(`round ${k + 1}, ${of}: ${wrong.join('; ')}; ${kept}`);
      }
    } finally {
      programs.remove(kept);
      await disk.close();
    }
  }
}

/** Tells in words what was wrong. */
export async function fillStub(
  programs: Programs,
  disk: SmallDisk,
  seed: string,
  random: Random,
  tally: Tally,
): Promise<string[]> {
  const data = join(disk.path, 'data');
  const workload = new Workload({ seed, users, devices: 2 });
  let stub = await startStub(programs, { data, users, within: disk.within });
  const { port } = stub;
  const wrong: string[] = [];
  try {
    await workload.reach(stub);
    for (let k = 0; k < 6; k++) await (k % 3 === 0 ? workload.deviceStep(0) : workload.administratorStep());
    disk.fill(random.integer(16 * 1024));
    if (!(await untilFull(stub, workload))) {
      tally.unusable++;
      wrong.push('on a full disk it neither refused a change nor said so at /healthz');
    }
    if (random.integer(3) > 0) {
      disk.makeRoom();
      if (!(await untilHealthy(stub))) {
        tally.unusable++;
        wrong.push(`with room again it is not healthy within ${recoveryMs / 1000} s`);
      }
      for (let k = 0; k < 4; k++) await (k % 2 === 0 ? workload.deviceStep(0) : workload.administratorStep());
    }
    await endStub(stub, random.integer(2) === 0 ? 'SIGKILL' : 'SIGTERM');
    disk.makeRoom();
    tally.acknowledged += workload.ledger.acknowledged;
    try {
      stub = await startStub(programs, { data, port, users, within: disk.within });
    } catch (error) {
      tally.unusable++;
      return [...wrong, `does not open again: ${error instanceof Error ? error.message.slice(0, 400) : String(error)}`];
    }
    return [...wrong, ...(await judge(stub, workload, tally))];
  } finally {
    await endStub(stub, 'SIGKILL');
    await workload.close();
  }
}

/** Asks for changes until one is refused for want of room, and /healthz says so. False when that does not come. */
async function untilFull(stub: StubProcess, workload: Workload): Promise<boolean> {
  for (let k = 0; k < 400; k++) {
    await workload.administratorStep();
    const isRefused = [...workload.unanswered.keys()].some((said) => said.endsWith(': 507'));
    if (isRefused && (await stub.administrator.ask('GET', '/healthz')).status === 503) return true;
  }
  return false;
}

async function untilHealthy(stub: StubProcess): Promise<boolean> {
  for (const until = performance.now() + recoveryMs; performance.now() < until; ) {
    if ((await stub.administrator.ask('GET', '/healthz')).status === 200) return true;
    await realClock.sleep(50);
  }
  return false;
}

/** A device whose disk is full ends and says so, or has saved: what it held before it holds still. */
export async function fillDevice(
  programs: Programs,
  disk: SmallDisk,
  _seed: string,
  random: Random,
  tally: Tally,
): Promise<string[]> {
  const stub = await startStub(programs, { users });
  const own = programs.folder();
  try {
    writeFileSync(join(own, 'ca.pem'), stub.ca);
    const state = ['--state', join(disk.path, 'phone')];
    const server = ['--server', stub.url, '--user', 'user1@contoso.example', '--ca', join(own, 'ca.pem')];
    const once = () =>
      programs.start(['device', ...server, ...state, '--once', '--json'], { within: disk.within }).ended;
    const first = await once();
    if (first.code !== 0) return [`the first run ended with ${first.code}: ${first.err}`];
    const wrong: string[] = [];
    for (let k = 0; k < 2; k++) {
      await assign(stub, `t${random.bytes(6).toString('hex')}`);
      disk.fill(random.integer(20 * 1024));
      const full = await once();
      disk.makeRoom();
      if (full.code === null || full.code === 1) {
        tally.unusable++;
        wrong.push(`on a full disk it ended with ${full.code ?? full.signal}: ${full.err.slice(0, 300)}`);
      }
      const commands = await commandsOf(stub);
      const done = commands.filter(
        (row) => textAt(row, 'status') === 'done' && textAt(row, 'command', 'kind') === 'install-profile',
      );
      tally.acknowledged += done.length;
      const after = await once();
      if (after.code !== 0) {
        tally.unusable++;
        wrong.push(
          `after it had ended with ${full.code} on a full disk, it ends with ${after.code}: ${after.err.slice(0, 300)}`,
        );
        continue;
      }
      for (const row of done) {
        const name = textAt(row, 'command', 'profile', 'name');
        if (after.out.includes(JSON.stringify(name))) continue;
        tally.lost++;
        wrong.push(`${name} was acknowledged as installed, and is not held`);
      }
    }
    return wrong;
  } finally {
    await endStub(stub, 'SIGKILL');
    programs.remove(own);
  }
}

async function assign({ administrator }: StubProcess, name: string): Promise<void> {
  const path = '/v1.0/deviceManagement/deviceConfigurations';
  const profile = { kind: 'wifi', name, ssid: name, hidden: false, autoJoin: true, security: 'none' };
  const { body } = await administrator.ask('POST', path, { rollcall: { profile } });
  const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
  await administrator.ask('POST', `${path}/${textAt(body, 'id')}/assign`, { assignments: [{ target }] });
}

async function commandsOf({ administrator }: StubProcess) {
  const [device] = await administrator.list('/v1.0/deviceManagement/managedDevices');
  return device === undefined
    ? []
    : administrator.list(`/stub/v1/devices/${textAt(device, 'rollcall', 'deviceId')}/commands`);
}
