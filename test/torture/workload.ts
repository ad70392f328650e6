// What a stub authority is asked under load: an administrator's changes, and devices that enroll, check in and leave. Each answer
// goes into the ledger with what it means.
import {
  createDevice,
  createPorts,
  type Device,
  type DeviceChange,
  type DeviceEvent,
  enrollAddress,
  type OpenPorts,
  type Random,
  seededRandom,
} from '../../agent/index.js';
import { silentLog } from '../../base/log.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { type AdmissionPorts, AdmissionWork } from './admission-work.js';
import { type Answer, answer, answeredStatus, inLane } from './answers.js';
import { type Attempt, absent, Ledger, type Observed } from './ledger.js';
import { declared, digestOf, graphConfigurations as graph, intuneSku, look } from './look.js';
import { PeopleWork } from './people-work.js';
import type { Administrator } from './stub.js';
import { type Reached, textAt } from './stub.js';

/** The documents that one folder is given at most: a stub keeps 200. */
const mostDocuments = 60;
const mostProfiles = 6;

interface Member {
  readonly platform: PlatformName;
  readonly device: Device;
  readonly id: string;
}

export interface WorkloadOptions {
  readonly seed: string;
  /** How many device slots. Default 4. */
  readonly devices?: number;
  /** How many users the stub has. */
  readonly users: number;
}

/** One stub's folder over all its restarts: what was asked of it, and the devices that live at it. */
export class Workload {
  readonly ledger = new Ledger();
  /** Refusals and connections that were cut, by what was said. */
  readonly unanswered = new Map<string, number>();
  /** Commands that a device was given again after their answer was acknowledged. */
  readonly repeated: string[] = [];
  readonly #random: Random;
  readonly #options: WorkloadOptions;
  readonly #users = new Map<string, string>();
  readonly #profiles = new Map<string, string>();
  readonly #documents = new Set<string>();
  readonly #slots: (Member | undefined)[];
  readonly #answered = new Set<string>();
  #numbers = 0;
  #organization = '';
  #firstAnswer: Answer | undefined;
  #ports: OpenPorts | undefined;
  #reached: Reached = { url: '', ca: '', token: '' };
  #administrator: Administrator | undefined;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed, 0, 'workload');
    this.#slots = Array.from({ length: options.devices ?? 4 }, () => undefined);
  }

  /** The stub as it is reached from now on; its address stays the same over restarts. */
  async reach(reached: Reached & { readonly pushUrl: string; readonly administrator: Administrator }): Promise<void> {
    this.#reached = reached;
    this.#administrator = reached.administrator;
    const [organization] = await inLane(async () => {
      const rows = await reached.administrator.list('/v1.0/organization');
      this.#firstAnswer ??= answer();
      return rows;
    });
    if (this.#organization === '') this.ledger.holds(await this.observe());
    this.#organization = textAt(organization, 'id');
    this.#ports ??= await createPorts({
      log: silentLog,
      keys: { mode: 'pool', size: 2 },
      ca: reached.ca,
      pushUrl: reached.pushUrl,
      http: {},
    });
    await this.#ports.keys.ready();
  }

  get #admin(): Administrator {
    if (this.#administrator === undefined) throw new Error('the workload has no stub yet');
    return this.#administrator;
  }

  /** When the stub had answered for the first time. */
  get firstAnswer(): Answer | undefined {
    return this.#firstAnswer;
  }

  /** The certificate of the stub's CA. */
  get ca(): string {
    return this.#reached.ca;
  }

  get documents(): ReadonlySet<string> {
    return this.#documents;
  }

  observe(): Promise<Observed> {
    return look(this.#admin, this.#documents);
  }

  /** Does one thing after another, each of them kept in the ledger, until the signal is aborted. */
  async lane(kind: 'administrator' | 'device', index: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isDone = await (kind === 'device' ? this.deviceStep(index) : this.administratorStep());
      if (!isDone) await new Promise((resolve) => setTimeout(resolve, 5)); // a stub that is down is not asked without a pause
    }
  }

  /** One change by an administrator. False when it was refused or not answered. */
  administratorStep(): Promise<boolean> {
    return inLane(() => this.#try(() => this.#change()));
  }

  /** Something that the device in this slot does. False when it failed. */
  deviceStep(slot: number): Promise<boolean> {
    return inLane(() => this.#try(() => this.#act(slot, this.#slots[slot])));
  }

  /** A check-in of the device in this slot, which is enrolled before if need be. False when it failed. */
  sessionOf(slot: number): Promise<boolean> {
    return inLane(() =>
      this.#try(async () => {
        const member = this.#slots[slot] ?? (await this.#enroll());
        this.#slots[slot] = member;
        await this.#checkIn(member);
        return true;
      }),
    );
  }

  /** A device that was acknowledged as enrolled checks in. Undefined: there is none. Throws what it fails with. */
  async checkInOnce(): Promise<string | undefined> {
    await inLane(() => this.#renew()); // A11: the authority may have been changed as the last thing
    const slot = this.#slots.findIndex((member) => member !== undefined);
    const member = this.#slots[slot];
    if (member === undefined) return undefined;
    await inLane(() => this.#checkIn(member));
    return member.id;
  }

  /** What is there after a restart counts from now on. Devices that the stub does not know (any more) are let go. */
  async settle(observed: Observed): Promise<void> {
    this.ledger.settle(observed, (thing, value) => thing.startsWith('command ') && value !== 'open');
    this.#mayBeAnswered('command ');
    this.#people.settle(observed);
    const known = (thing: string) => observed.values.has(thing);
    for (const upn of this.#users.keys()) if (!known(`user ${upn}`)) this.#users.delete(upn);
    for (const name of this.#profiles.keys()) if (!known(`profile intune ${name} wifi`)) this.#profiles.delete(name);
    for (const path of this.#documents) if (!known(`document ${path}`)) this.#documents.delete(path);
    for (const [slot, member] of this.#slots.entries()) {
      if (member === undefined || observed.values.get(`device ${member.id}`) === 'enrolled') continue;
      this.#slots[slot] = undefined;
      await member.device.close();
    }
  }

  async close(): Promise<void> {
    for (const member of this.#slots) await member?.device.close();
    await this.#ports?.close();
  }

  async #try(act: () => Promise<boolean>): Promise<boolean> {
    try {
      return await act();
    } catch (error) {
      const said = error instanceof Error ? String('code' in error ? error.code : error.message) : String(error);
      this.unanswered.set(said, (this.unanswered.get(said) ?? 0) + 1);
      return false;
    }
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.#random.integer(from.length)];
  }

  #next(): string {
    return `t${++this.#numbers}`;
  }

  /** Asks, and notes the answer: acknowledged, or refused before anything changed. Throws when none comes. */
  async #ask(
    attempts: readonly Attempt[],
    ...[method, path, body]: Parameters<Administrator['ask']>
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const reply = await this.#admin.ask(method, path, body);
    const at = answer();
    if (reply.status < 300) {
      for (const each of attempts) each.acknowledged(at);
      return reply.body;
    }
    // A change that could not be stored may be stored later, when there is room: only a mistake is a refusal for good.
    if (reply.status < 500) for (const each of attempts) each.refused();
    const said = `${method} ${path.replace(/[0-9a-f-]{20,}/gi, ':id')}: ${reply.status}`;
    this.unanswered.set(said, (this.unanswered.get(said) ?? 0) + 1);
    return undefined;
  }

  async #change(): Promise<boolean> {
    const { ledger } = this;
    const die = this.#random.integer(100);
    const upn = this.#pick([...this.#users.keys()]);
    const profile = this.#pick([...this.#profiles.keys()]);
    const member = this.#pick(this.#slots.filter((each) => each !== undefined));
    if (die < 12 && upn !== undefined) {
      const id = this.#take(this.#users, upn);
      const attempt = ledger.attempt(`user ${upn}`, 'intune');
      const body = { addLicenses: [{ skuId: intuneSku }], removeLicenses: [] };
      const isDone = await this.#ask([attempt], 'POST', `/v1.0/users/${id}/assignLicense`, body);
      this.#users.set(upn, id);
      return isDone !== undefined;
    }
    if (die < 18 && upn !== undefined) {
      const id = this.#take(this.#users, upn);
      this.#people.userGoes(upn);
      return (await this.#ask([ledger.attempt(`user ${upn}`, absent)], 'DELETE', `/v1.0/users/${id}`)) !== undefined;
    }
    if (die < 35 && this.#profiles.size < mostProfiles) {
      const name = this.#next();
      const thing = `profile intune ${name} wifi`;
      const wifi = { kind: 'wifi', name, ssid: name, hidden: false, autoJoin: true, security: 'none' };
      const made = await this.#ask([ledger.attempt(thing, 'there')], 'POST', graph, {
        rollcall: { profile: wifi, authority: 'intune' },
      });
      if (made === undefined) return false;
      const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
      const attempt = ledger.attempt(thing, 'assigned');
      await this.#ask([attempt], 'POST', `${graph}/${textAt(made, 'id')}/assign`, { assignments: [{ target }] });
      this.#profiles.set(name, textAt(made, 'id'));
      return true;
    }
    if (die < 43 && profile !== undefined) {
      const id = this.#take(this.#profiles, profile);
      const attempt = ledger.attempt(`profile intune ${profile} wifi`, absent);
      return (await this.#ask([attempt], 'DELETE', `${graph}/${id}`)) !== undefined;
    }
    if (die < 60 && member !== undefined) {
      const name = this.#next();
      const thing = `command ${member.id} ${name}`;
      const attempt = ledger.attempt(thing, 'open');
      this.#mayBeAnswered(thing);
      const body = { kind: 'rename', deviceName: name };
      return (await this.#ask([attempt], 'POST', `/stub/v1/devices/${member.id}/commands`, body)) !== undefined;
    }
    if (die < 66 && this.#documents.size < mostDocuments) {
      const content = this.#random.bytes(200 + this.#random.integer(4000));
      const made = await this.#ask([], 'POST', '/stub/v1/documents', { content: content.toString('base64') });
      const at = answer();
      if (made === undefined) return false;
      const path = new URL(textAt(made, 'url')).pathname;
      this.#documents.add(path);
      ledger.attempt(`document ${path}`, digestOf(content)).acknowledged(at); // its address is not known before
      return true;
    }
    // There is one of each of these: whoever changes it waits until nobody else does.
    if (die < 72) return this.#alone('declarations', () => this.#declare());
    if (die < 77) return this.#alone('push certificate', () => this.#renew());
    if (die < 79) return this.#alone('push certificate', () => this.#alone('authority', () => this.#switch()));
    if (die < 87) return this.#people.step();
    if (die < 93) return this.#admission.step();
    const name = `${this.#next()}@contoso.example`;
    const body = { userPrincipalName: name, displayName: 'Somebody' };
    const made = await this.#ask([ledger.attempt(`user ${name}`, 'none')], 'POST', '/v1.0/users', body);
    if (made !== undefined) this.#users.set(name, textAt(made, 'id'));
    return made !== undefined;
  }

  readonly #workPorts: AdmissionPorts = {
    ledger: this.ledger,
    random: { integer: (below) => this.#random.integer(below) },
    ask: (...asked) => this.#ask(...asked),
    next: () => this.#next(),
    alone: (thing, act) => this.#alone(thing, act),
    administrator: () => this.#admin,
  };
  readonly #people = new PeopleWork({ ...this.#workPorts, users: this.#users, profiles: this.#profiles });
  readonly #admission = new AdmissionWork(this.#workPorts);

  readonly #busy = new Set<string>();

  async #alone(thing: string, act: () => Promise<boolean>): Promise<boolean> {
    if (this.#busy.has(thing)) return false;
    this.#busy.add(thing);
    try {
      return await act();
    } finally {
      this.#busy.delete(thing);
    }
  }

  async #declare(): Promise<boolean> {
    const identifiers = Array.from({ length: 1 + this.#random.integer(5) }, () => `org.example.${this.#next()}`);
    const value = identifiers.map((Identifier) => ({
      Type: 'com.apple.configuration.management.test',
      Identifier,
      Payload: { Echo: Identifier },
    }));
    const attempt = this.ledger.attempt('declarations', declared(identifiers));
    return (await this.#ask([attempt], 'PUT', '/stub/v1/ddm/declarations', { value })) !== undefined;
  }

  async #renew(): Promise<boolean> {
    const expirationDateTime = new Date(Date.UTC(2040, 0, 1) + 1000 * ++this.#numbers).toISOString();
    const attempt = this.ledger.attempt('push certificate', expirationDateTime);
    const path = '/v1.0/deviceManagement/applePushNotificationCertificate';
    return (await this.#ask([attempt], 'PATCH', path, { expirationDateTime })) !== undefined;
  }

  async #switch(): Promise<boolean> {
    const to = this.#random.integer(2) === 0 ? 'intune' : 'office365';
    const body = { mobileDeviceManagementAuthority: to };
    const path = `/v1.0/organization/${this.#organization}/setMobileDeviceManagementAuthority`;
    const isDone = await this.#ask([this.ledger.attempt('authority', to)], 'POST', path, body);
    return isDone !== undefined && (await this.#renew()); // A11: devices may check in again
  }

  /** A device answers an open command at any moment, and nobody hears of it before the session's end. */
  #mayBeAnswered(beginning: string): void {
    for (const value of ['done', 'failed']) this.ledger.may(beginning, value);
  }

  #take(from: Map<string, string>, key: string): string {
    const id = from.get(key) ?? '';
    from.delete(key); // nobody else changes it meanwhile
    return id;
  }

  async #act(slot: number, member: Member | undefined): Promise<boolean> {
    if (member === undefined) {
      this.#slots[slot] = await this.#enroll();
      return true;
    }
    // No message of Headwind tells that a device has left.
    if (member.platform === 'android' || this.#random.integer(100) >= 6) {
      await this.#checkIn(member);
      return true;
    }
    this.#slots[slot] = undefined;
    const attempt = this.ledger.attempt(`device ${member.id}`, absent);
    this.ledger.may(`command ${member.id} `, absent);
    try {
      await member.device.leave();
      if (answeredStatus() === 200) attempt.acknowledged(answer()); // a device leaves though nobody takes note of it
    } finally {
      await member.device.close();
    }
    return true;
  }

  async #enroll(): Promise<Member> {
    const ports = this.#ports?.ports;
    if (ports === undefined) throw new Error('the workload has no stub yet');
    const index = ++this.#numbers;
    const platform = this.#pick(['ios', 'ios', 'android'] as const) ?? 'ios';
    const device = createDevice({
      platform,
      ports: { ...ports, random: seededRandom(this.#options.seed, index, 'device') },
    });
    const { id } = device.state.facts;
    device.onEvent((event) => this.#heard(id, event));
    const user = `user${(index % this.#options.users) + 1}@contoso.example`;
    const identity = this.#pick(['scep', 'scep', 'tls', 'pkcs12', 'pkcs12-tls']) ?? 'scep';
    const url =
      platform === 'android'
        ? enrollAddress(platform, this.#reached.url, user)
        : `${this.#reached.url}/enroll/ios?${new URLSearchParams({ user, identity })}`;
    this.ledger.attempt(`device ${id}`, 'pending');
    const attempt = this.ledger.attempt(`device ${id}`, 'enrolled');
    try {
      await device.enroll({ authority: 'stub', url, user });
    } catch (error) {
      await device.close();
      throw error;
    }
    // An Android device has joined although its first info was not answered, and is pending then.
    if (platform !== 'android' || answeredStatus() === 200) attempt.acknowledged(answer());
    return { platform, device, id };
  }

  readonly #reported = new Map<string, { readonly attempt: Attempt; readonly name: string }[]>();

  #heard(id: string, event: DeviceEvent): void {
    if (event.type !== 'command') return;
    for (const change of event.changes) this.#changed(id, change);
  }

  #changed(id: string, { command, outcome }: DeviceChange): void {
    if (command.kind !== 'rename') return;
    const name = `${id} ${command.deviceName}`;
    if (this.#answered.has(name)) this.repeated.push(name);
    const { status } = outcome;
    const attempt = this.ledger.attempt(`command ${name}`, status === 'later' ? 'open' : status);
    if (status === 'later') this.#mayBeAnswered(`command ${name}`);
    this.#reported.set(id, [...(this.#reported.get(id) ?? []), { attempt, name: status === 'later' ? '' : name }]);
  }

  /** What the device answered in a session that came to its end was taken. */
  async #checkIn({ device, id }: Member): Promise<void> {
    this.#reported.delete(id);
    await device.checkIn();
    const at = answer();
    for (const { attempt, name } of this.#reported.get(id) ?? []) {
      attempt.acknowledged(at);
      if (name !== '') this.#answered.add(name);
    }
  }
}
