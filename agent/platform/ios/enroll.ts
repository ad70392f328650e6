// Joining an authority by its enrollment profile (specs/apple.md §1.2): all of it, or nothing stays.
import { isRollcallError } from '../../../base/errors.js';
import { decodeTokenReply } from '../../../protocol/apple-mdm/check-in.js';
import { checkProfile } from '../../../protocol/apple-mdm/profile/check.js';
import { type EnrollmentPayload, enrollmentOf } from '../../../protocol/apple-mdm/profile/enrollment.js';
import type { AppleProfile } from '../../../protocol/apple-mdm/profile/profile.js';
import { readProfile } from '../../../protocol/apple-mdm/profile/read.js';
import { accessRights, hasRights } from '../../../protocol/apple-mdm/request-types.js';
import type { Profile } from '../../../protocol/vocabulary.js';
import { agentError } from '../../errors.js';
import type { Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { Apply, DeviceView, Invitation } from '../driver.js';
import { type EnrollmentStep, failureAt } from './enroll-failure.js';
import { identityOfMaterial, managementOf } from './enrollment-data.js';
import { Exchange } from './exchange.js';
import { fetchProfile } from './fetch-profile.js';
import { heldProfile, toHeld } from './held-profiles.js';
import { changeHoldings } from './holdings.js';
import { Wires } from './identity.js';
import { plistLifted } from './lifted.js';
import { gatherMaterials, type Materials } from './materials.js';
import { Memory } from './memory.js';
import { authenticate, checkOut, getToken, tokenUpdate } from './messages.js';
import { settingsInOrder } from './profiles.js';
import type { InstalledProfile, IosData } from './saved.js';
import type { IosServerTrust } from './server-trust.js';
import { troubleOf } from './told.js';
import { isWakeUp, wakeAskOf } from './wake.js';

export interface Enrolled {
  readonly memory: Memory;
  readonly wires: Wires;
}

/**
 * Fetches and checks the profile, gets the identity, says Authenticate, installs what else the profile holds, and completes
 * with TokenUpdate. Throws ENROLL_REFUSED with the authority's reasons, ENROLL_FAILED with the step, or what the transport
 * throws; by then everything is taken back, and the authority told if it had been told of us.
 */
export async function enroll(
  invitation: Invitation,
  device: DeviceView,
  ports: Ports,
  owner: EnrollmentOwner,
  signal: AbortSignal,
): Promise<Enrolled> {
  return await new Enrollment(invitation, device, ports, owner, signal).run();
}

/** What the enrollment asks of whoever owns the device. */
export interface EnrollmentOwner {
  readonly apply: Apply;
  /** How the device judges servers: by the roots of this enrollment from Authenticate on. */
  readonly server: IosServerTrust;
  /** Called before the TokenUpdate that completes it, which is owed then: see `Settle`. */
  readonly settled: (enrolled: Enrolled) => Promise<void>;
}

class Enrollment {
  readonly #invitation: Invitation;
  readonly #device: DeviceView;
  readonly #ports: Ports;
  readonly #owner: EnrollmentOwner;
  readonly #signal: AbortSignal;
  #step: EnrollmentStep = 'profile';
  /** Installed before the enrollment profile. */
  readonly #held: InstalledProfile[] = [];
  /** What takes back what was done, the newest last. */
  readonly #undo: (() => Promise<void>)[] = [];

  constructor(invitation: Invitation, device: DeviceView, ports: Ports, owner: EnrollmentOwner, signal: AbortSignal) {
    this.#invitation = invitation;
    this.#device = device;
    this.#ports = ports;
    this.#owner = owner;
    this.#signal = signal;
  }

  async run(): Promise<Enrolled> {
    const { server } = this.#owner;
    server.follow(undefined); // until its profile is installed a device trusts what it trusts without
    try {
      await this.#joinNetwork();
      this.#step = 'profile';
      const bytes = await fetchProfile(this.#invitation, this.#device, this.#ports, this.#owner.server, this.#signal);
      const { profile, enrollment } = this.#read(bytes);
      this.#step = 'identity';
      const materials = await this.#gather(profile);
      return await this.#join(profile, enrollment, materials);
    } catch (error) {
      for (const undo of this.#undo.reverse()) await this.#tryTo(undo);
      throw this.#signal.aborted ? error : failureAt(this.#step, error);
    }
  }

  /** Taking back goes on past a step that cannot be taken back. */
  async #tryTo(undo: () => Promise<void>): Promise<void> {
    try {
      await undo();
    } catch (error) {
      this.#ports.log.warn('ENROLL_FAILED', { during: 'roll-back', problem: String(error) });
    }
  }

  #gather(profile: AppleProfile): Promise<Materials> {
    const server = this.#owner.server;
    return gatherMaterials(profile.payloads, {
      ports: this.#ports,
      signal: this.#signal,
      device: this.#device,
      server,
    });
  }

  #readProfile(bytes: Uint8Array): AppleProfile {
    const profile = readProfile(bytes, {
      allowHttp: this.#invitation.allowHttp ?? false,
      osVersion: this.#device.state.facts.osVersion,
      onLifted: plistLifted(this.#device),
    });
    checkProfile(profile, {
      supervised: this.#device.state.facts.supervised,
      now: new Date(this.#ports.clock.now()),
      heldProfiles: this.#held.map(toHeld),
      by: 'person',
    });
    return profile;
  }

  /** Return to Service: the profile of the network comes before anything can be fetched. */
  async #joinNetwork(): Promise<void> {
    const { network } = this.#invitation;
    if (network === undefined) return;
    this.#step = 'network';
    const profile = this.#readProfile(network);
    if (enrollmentOf(profile) !== undefined)
      throw agentError('ENROLL_FAILED', `the profile ${profile.identifier} of the network has a com.apple.mdm payload`);
    const settings = settingsInOrder(profile, undefined);
    const materials = await this.#gather(profile);
    const held = heldProfile(profile, settings, materials, this.#ports.clock.now(), {});
    await this.#install(settings);
    this.#held.push(held);
  }

  #read(bytes: Uint8Array): { profile: AppleProfile; enrollment: EnrollmentPayload } {
    const profile = this.#readProfile(bytes);
    const enrollment = enrollmentOf(profile);
    if (enrollment === undefined) {
      throw agentError('ENROLL_FAILED', `the profile ${profile.identifier} has no com.apple.mdm payload`);
    }
    return { profile, enrollment };
  }

  async #join(profile: AppleProfile, enrollment: EnrollmentPayload, materials: Materials): Promise<Enrolled> {
    const { facts } = this.#device.state;
    const settings = settingsInOrder(profile, enrollment.identity.payload.uuid);
    const memory = new Memory(this.#invitation.authority, this.#data(profile, enrollment, materials, settings));
    const wires = new Wires(this.#ports.keys);
    this.#owner.server.follow(memory);
    const exchange = new Exchange(this.#ports, memory, wires, this.#owner.server);
    const { data } = memory;
    try {
      // Certificates first: what follows may lean on them.
      this.#step = 'install';
      await this.#install(settings.filter(({ kind }) => kind === 'certificate'));
      this.#step = 'Authenticate';
      await exchange.checkIn(authenticate(facts, data), this.#signal);
      if (data.management.checkOutWhenRemoved) {
        this.#undo.push(() => sayGoodbye(memory, wires, this.#device, this.#ports, this.#owner.server));
      }
      this.#step = 'install';
      await this.#install(settings.filter(({ kind }) => kind !== 'certificate'));
      this.#step = 'push';
      await this.#askToBeWoken(data);
      this.#step = 'TokenUpdate';
      memory.change({ owes: 'TokenUpdate' });
      await this.#owner.settled({ memory, wires });
      await exchange.checkIn(tokenUpdate(facts, data), this.#signal);
      memory.forget('owes');
      if (wantsAppleAccount(enrollment)) await this.#signIn(exchange);
      return { memory, wires };
    } finally {
      exchange.close();
    }
  }

  #data(
    profile: AppleProfile,
    enrollment: EnrollmentPayload,
    materials: Materials,
    settings: readonly Profile[],
  ): IosData {
    const { random, clock } = this.#ports;
    const identityUuid = enrollment.identity.payload.uuid;
    const material = materials.get(identityUuid);
    if (material === undefined) throw agentError('ENROLL_FAILED', 'the profile brought no identity');
    const management = managementOf(profile, enrollment, this.#invitation.allowHttp);
    const isAwaiting = this.#device.state.facts.native['AwaitingConfiguration'] === true; // as after ADE
    return {
      management,
      identity: identityOfMaterial(material),
      pushToken: random.bytes(32),
      pushMagic: random.uuid(),
      ...(hasRights(management.accessRights, accessRights.lockAndClearPasscode)
        ? { unlockSeed: random.bytes(32) }
        : {}),
      ...(isAwaiting ? { awaitingConfiguration: true } : {}),
      profiles: [heldProfile(profile, settings, materials, clock.now(), { identityUuid }), ...this.#held],
    };
  }

  async #install(settings: readonly Profile[]): Promise<void> {
    if (settings.length === 0) return;
    const wanted = { install: settings, remove: [] };
    const change = await changeHoldings(wanted, this.#device.state, this.#owner.apply);
    if (change === undefined) throw agentError('ENROLL_FAILED', 'the device put a payload of the profile off');
    this.#undo.push(async () => void (await change.undo()));
  }

  async #askToBeWoken(data: IosData): Promise<void> {
    const { wake } = this.#ports;
    if (wake === undefined) return;
    const ask = wakeAskOf(data);
    this.#undo.push(() => wake.withdraw(ask).catch(() => {}));
    try {
      await wake.ask(ask, isWakeUp, this.#signal);
    } catch (error) {
      if (!isRollcallError(error, 'PUSH_LOST')) throw error;
      this.#device.tell(troubleOf(error, 'push')); // no reason not to enroll
    }
  }

  /**
   * The token that signs a Managed Apple Account in without a password (gettoken.yaml). The enrollment stands without it:
   * a person would then be asked.
   */
  async #signIn(exchange: Exchange): Promise<void> {
    try {
      const body = await exchange.checkIn(getToken(this.#device.state.facts, 'com.apple.maid'), this.#signal);
      this.#ports.log.debug('GET_TOKEN', { bytes: decodeTokenReply(body).length });
    } catch (error) {
      if (this.#signal.aborted || !isRollcallError(error)) throw error;
      this.#ports.log.info(error.code, { during: 'GetToken', problem: error.message });
      this.#device.tell(troubleOf(error, 'GetToken'));
    }
  }
}

const wantsAppleAccount = ({ serverCapabilities, assignedManagedAppleId }: EnrollmentPayload): boolean =>
  assignedManagedAppleId !== undefined && serverCapabilities.includes('com.apple.mdm.token');

/** CheckOut where the profile asks for it: best effort, never repeated (specs/apple.md §1.5). */
export async function sayGoodbye(
  memory: Memory,
  wires: Wires,
  device: DeviceView,
  ports: Ports,
  server: ServerTrust,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const exchange = new Exchange(ports, memory, wires, server);
  try {
    await exchange.checkIn(checkOut(device.state.facts, memory.data), signal);
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    ports.log.info(error.code, { during: 'CheckOut', problem: error.message });
    device.tell(troubleOf(error, 'CheckOut'));
  } finally {
    exchange.close();
  }
}
