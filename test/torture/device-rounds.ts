// A device is killed at random moments while profiles come and go: what it told its authority that it did, its folder holds.
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceState, openFileStore, type Random, seededRandom } from '../../agent/index.js';
import { realClock } from '../../base/clock.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { openStates } from './look.js';
import type { Programs } from './programs.js';
import { type Administrator, endStub, type StubProcess, startStub, textAt } from './stub.js';
import type { RoundOptions, Tally } from './tally.js';

const roundsOnFolder = 10;
const mostProfiles = 6;
/** A network of this name, made by the rounds. */
const ownProfile = /^t[0-9a-f]{12}$/;
const platforms = ['android', 'ios', 'windows'] as const;
const graph = '/v1.0/deviceManagement';

/** Round after round, on the same state folder for some, until the signal is aborted or as many as asked for are done. */
export async function deviceRounds({ programs, seed, findings, signal, rounds }: RoundOptions): Promise<void> {
  const random = seededRandom(seed, 0, 'device rounds');
  const most = rounds ?? Number.POSITIVE_INFINITY;
  const own = programs.folder();
  const stub = await startStub(programs, {});
  try {
    const ca = join(own, 'ca.pem');
    writeFileSync(ca, stub.ca);
    for (let done = 0, user = 0; done < most && !signal.aborted; ) {
      const folder = programs.folder();
      user = (user % 60) + 1;
      const phone: Phone = {
        stub,
        platform: platforms[user % platforms.length] ?? 'ios',
        ca,
        state: join(folder, 'phone'),
        user: `user${user}@contoso.example`,
        id: undefined,
      };
      const answered = new Set<string>();
      for (let k = 0; k < roundsOnFolder && done < most && !signal.aborted; k++, done++) {
        const how = await crash(programs, phone, random);
        if (existsSync(phone.state)) cpSync(phone.state, join(folder, 'as-left'), { recursive: true, force: true });
        findings.tally.rounds++;
        const wrong = await judge(phone, answered, findings.tally).catch((error: Error) => {
          findings.tally.unusable++;
          return [`cannot be opened: ${error.message}`];
        });
        if (wrong.length > 0) {
          findings.found(`round ${done + 1}, ${how}: ${wrong.join('; ')}; ${join(folder, 'as-left')}`);
          programs.keep(folder);
          break;
        }
        findings.note(`device round ${done + 1}: ${how}, ${findings.tally.acknowledged} acknowledged so far`);
      }
      programs.remove(folder);
    }
  } finally {
    await endStub(stub, 'SIGKILL');
    programs.remove(own);
  }
}

interface Phone {
  readonly stub: StubProcess;
  readonly platform: PlatformName;
  readonly ca: string;
  readonly state: string;
  readonly user: string;
  /** Once its enrollment was acknowledged. */
  id: string | undefined;
}

/** Lets the device live while its authority changes what it is to hold, and kills it. Tells how. */
async function crash(programs: Programs, { stub, platform, ca, state, user }: Phone, random: Random): Promise<string> {
  const device = programs.start([
    'device',
    '--platform',
    platform,
    '--server',
    stub.url,
    '--user',
    user,
    '--ca',
    ca,
    '--state',
    state,
  ]);
  const isEarly = random.integer(5) === 0; // while it starts, or enrolls
  if (!isEarly) await device.says(/Type "help"/);
  const ending = new AbortController();
  const changing = changeProfiles(stub.administrator, random, ending.signal);
  const afterMs = 50 + random.integer(1500);
  await realClock.sleep(afterMs);
  device.child.kill('SIGKILL');
  await device.ended;
  ending.abort();
  await changing;
  return `${platform}: SIGKILL ${isEarly ? 'early, ' : ''}after ${afterMs} ms`;
}

async function changeProfiles(administrator: Administrator, random: Random, signal: AbortSignal): Promise<void> {
  const path = `${graph}/deviceConfigurations`;
  const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
  while (!signal.aborted) {
    if (random.integer(8) === 0) await switchAuthority(administrator, random);
    const ours = (await administrator.list(`${path}?$top=1000`)).filter((row) =>
      ownProfile.test(textAt(row, 'displayName')),
    );
    if (ours.length >= mostProfiles || (ours.length > 0 && random.integer(3) === 0)) {
      const one = ours[random.integer(ours.length)];
      await administrator.ask('DELETE', `${path}/${textAt(one, 'id')}`);
    } else {
      const name = `t${random.bytes(6).toString('hex')}`;
      const profile = { kind: 'wifi', name, ssid: name, hidden: false, autoJoin: true, security: 'none' };
      const { body } = await administrator.ask('POST', path, { rollcall: { profile } });
      await administrator.ask('POST', `${path}/${textAt(body, 'id')}/assign`, { assignments: [{ target }] });
    }
    await realClock.sleep(20 + random.integer(100));
  }
}

/** Devices move, and what was theirs stays or is overwritten (A8); those of iOS may check in again at once (A11). */
async function switchAuthority(administrator: Administrator, random: Random): Promise<void> {
  const [organization] = await administrator.list('/v1.0/organization');
  const path = `/v1.0/organization/${textAt(organization, 'id')}/setMobileDeviceManagementAuthority`;
  const to = random.integer(2) === 0 ? 'intune' : 'office365';
  await administrator.ask('POST', path, { mobileDeviceManagementAuthority: to });
  const expirationDateTime = new Date(Date.UTC(2040, 0, 1)).toISOString();
  await administrator.ask('PATCH', `${graph}/applePushNotificationCertificate`, { expirationDateTime });
}

/** What is wrong, in words; counted too. `counted` are the commands whose answers were counted in earlier rounds. */
async function judge(phone: Phone, counted: Set<string>, tally: Tally): Promise<string[]> {
  const { administrator } = phone.stub;
  const rows = await administrator.list(`${graph}/managedDevices?$top=1000`);
  const enrolled = rows.filter(
    (row) => textAt(row, 'userPrincipalName') === phone.user && textAt(row, 'rollcall', 'status') === 'enrolled',
  );
  const ids = enrolled.map((row) => textAt(row, 'rollcall', 'deviceId'));
  const state = await stored(phone.state);
  const wrong: string[] = [];
  const [id] = ids;
  if (id === undefined) return wrong; // it came to no enrollment yet
  if (ids.length > 1) {
    tally.doubled++;
    wrong.push(`one folder was enrolled as ${ids.join(' and ')}`);
  }
  if (phone.id === undefined) tally.acknowledged++;
  phone.id = id;
  if (state?.facts.id !== id || state.link === undefined) {
    tally.lost++;
    return [
      ...wrong,
      `the enrollment of ${id} was acknowledged, and the folder holds ${state?.facts.id ?? 'no device'}`,
    ];
  }
  const held = state.holdings.map(({ profile }) => profile.name);
  const commands = await administrator.list(`/stub/v1/devices/${id}/commands`);
  for (const row of commands) {
    const command = textAt(row, 'id');
    if (textAt(row, 'status') === 'done' && !counted.has(command)) tally.acknowledged++;
    counted.add(command);
  }
  for (const [name, isHeld] of expectedOf(commands)) {
    if (phone.platform === 'windows' && !ownProfile.test(name)) continue; // it calls others by words of its own
    if (held.includes(name) === isHeld) continue;
    tally.lost++;
    const told = commands.filter((row) => nameOf(row) === name).map((row) => JSON.stringify(row));
    wrong.push(
      `${name} was acknowledged as ${isHeld ? 'installed' : 'removed'}, and is ${isHeld ? 'not ' : ''}held (${told.join(', ')})`,
    );
  }
  const twice = held.filter((name, k) => held.indexOf(name) !== k);
  tally.doubled += twice.length;
  return [...wrong, ...twice.map((name) => `${name} is held twice`)];
}

/** The profile that a command installs or removes. */
const nameOf = (row: Readonly<Record<string, unknown>>): string =>
  textAt(row, 'command', 'kind') === 'install-profile'
    ? textAt(row, 'command', 'profile', 'name')
    : textAt(row, 'command', 'name');

/** What the device holds or not by its own answers. Of what is still open nobody knows. */
function expectedOf(commands: readonly Readonly<Record<string, unknown>>[]): Map<string, boolean> {
  const expected = new Map<string, boolean>();
  const unknown = new Set<string>();
  for (const row of commands) {
    const kind = textAt(row, 'command', 'kind');
    if (kind !== 'install-profile' && kind !== 'remove-profile') continue;
    const isInstall = kind === 'install-profile';
    const name = nameOf(row);
    if (openStates.has(textAt(row, 'status'))) unknown.add(name);
    else if (textAt(row, 'status') === 'done') expected.set(name, isInstall);
  }
  for (const name of unknown) expected.delete(name);
  return expected;
}

/** The device in a folder, as the real store reads it. */
async function stored(folder: string): Promise<DeviceState | undefined> {
  const store = await openFileStore(folder);
  try {
    const [id] = store.ids();
    return id === undefined ? undefined : store.load(id);
  } finally {
    await store.close();
  }
}
