// What an administrator changes of who manages whom: groups, their members and licences, assignments, coexistence, and the clock.
import type { Random } from '../../agent/index.js';
import { type Attempt, absent, type Ledger, type Observed } from './ledger.js';
import { graphConfigurations, intuneSku, memberThing, compliancePolicies as policies } from './look.js';
import { textAt } from './stub.js';

const mostGroups = 5;
const mostPolicies = 3;

const policyOf = (gracePeriodHours: number) => ({
  '@odata.type': '#microsoft.graph.iosCompliancePolicy',
  passcodeRequired: true,
  scheduledActionsForRule: [{ scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours }] }],
});

/** Minutes that the clock of one folder is moved at most: what has a time limit must not meet it. */
const mostMinutes = 200;

/** What the work asks of whoever drives it. */
export interface PeoplePorts {
  readonly ledger: Ledger;
  readonly random: Pick<Random, 'integer'>;
  /** Undefined where it was refused. Throws when no answer comes. */
  ask(
    attempts: readonly Attempt[],
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** A name that nothing has yet. */
  next(): string;
  /** False, and nothing done, where another does something of this name. */
  alone(thing: string, act: () => Promise<boolean>): Promise<boolean>;
  /** Ids by name: of users, and of profiles. Who is taken out is changed by nobody else meanwhile. */
  readonly users: Map<string, string>;
  readonly profiles: Map<string, string>;
}

/** Of one stub's folder over all its restarts. */
export class PeopleWork {
  readonly #ports: PeoplePorts;
  readonly #groups = new Map<string, string>();
  /** Things of the ledger, by `group user`. */
  readonly #members = new Map<string, { readonly group: string; readonly upn: string }>();
  readonly #policies = new Map<string, string>();
  #minutes = 0;

  constructor(ports: PeoplePorts) {
    this.#ports = ports;
  }

  /** One change. False when it was refused. Throws when no answer comes. */
  step(): Promise<boolean> {
    const { alone, random } = this.#ports;
    const die = random.integer(100);
    if (die < 20 && this.#groups.size < mostGroups) return this.#make();
    if (die < 55) return this.#withGroup((name, id) => this.#join(name, id));
    if (die < 65) return this.#withGroup((name, id) => this.#license(name, id));
    if (die < 72) return this.#withGroup((name, id) => this.#remove(name, id));
    if (die < 82) return this.#withGroup((_, id) => this.#assign(id));
    if (die < 88) return this.#comply();
    if (die < 97) return alone('clock', () => this.#advance());
    return alone('push certificate', () => alone('authority', () => this.#coexist()));
  }

  /** Memberships of somebody who is being deleted end with them. */
  userGoes(upn: string): void {
    for (const member of this.#members.values()) {
      if (member.upn === upn) this.#ports.ledger.may(memberThing(member.group, upn), absent);
    }
  }

  /** What is there after a restart counts from now on. */
  settle({ values }: Observed): void {
    for (const name of this.#groups.keys()) if (!values.has(`group ${name}`)) this.#groups.delete(name);
    for (const [key, { group, upn }] of this.#members) {
      if (!values.has(memberThing(group, upn))) this.#members.delete(key);
    }
    for (const name of this.#policies.keys()) if (!values.has(`policy ${name}`)) this.#policies.delete(name);
    this.#minutes = Number(values.get('clock') ?? 0);
  }

  /** Nobody else changes this group meanwhile. */
  async #withGroup(act: (name: string, id: string) => Promise<boolean>): Promise<boolean> {
    const names = [...this.#groups.keys()];
    const name = names[this.#ports.random.integer(Math.max(1, names.length))];
    const id = this.#groups.get(name ?? '');
    if (name === undefined || id === undefined) return false;
    return this.#ports.alone(`group ${name}`, () => act(name, id));
  }

  async #make(): Promise<boolean> {
    const { ledger, ask, next } = this.#ports;
    const displayName = next();
    const body = { displayName, mailEnabled: false, mailNickname: displayName, securityEnabled: true };
    const made = await ask([ledger.attempt(`group ${displayName}`, 'none')], 'POST', '/v1.0/groups', body);
    if (made !== undefined) this.#groups.set(displayName, textAt(made, 'id'));
    return made !== undefined;
  }

  /** A user becomes a member, or is one no more. */
  async #join(group: string, id: string): Promise<boolean> {
    const { ledger, ask, users, random } = this.#ports;
    const upns = [...users.keys()];
    const upn = upns[random.integer(Math.max(1, upns.length))];
    const userId = users.get(upn ?? '');
    if (upn === undefined || userId === undefined) return false;
    users.delete(upn);
    const [key, thing] = [`${group} ${upn}`, memberThing(group, upn)];
    if (this.#members.has(key)) {
      const path = `/v1.0/groups/${id}/members/${userId}/$ref`;
      const left = await ask([ledger.attempt(thing, absent)], 'DELETE', path);
      if (left !== undefined) this.#members.delete(key);
      users.set(upn, userId);
      return left !== undefined;
    }
    this.#members.set(key, { group, upn });
    const body = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${userId}` };
    const joined = await ask([ledger.attempt(thing, 'there')], 'POST', `/v1.0/groups/${id}/members/$ref`, body);
    users.set(upn, userId);
    return joined !== undefined;
  }

  async #license(group: string, id: string): Promise<boolean> {
    const { ledger, ask } = this.#ports;
    const body = { addLicenses: [{ skuId: intuneSku }], removeLicenses: [] };
    const attempt = ledger.attempt(`group ${group}`, 'intune');
    return (await ask([attempt], 'POST', `/v1.0/groups/${id}/assignLicense`, body)) !== undefined;
  }

  /** One that has licences is refused. */
  async #remove(group: string, id: string): Promise<boolean> {
    const { ledger, ask } = this.#ports;
    this.#groups.delete(group);
    const members = [...this.#members.values()].filter((member) => member.group === group);
    const attempts = members.map(({ upn }) => ledger.attempt(memberThing(group, upn), absent));
    const attempt = ledger.attempt(`group ${group}`, absent);
    const gone = await ask([attempt, ...attempts], 'DELETE', `/v1.0/groups/${id}`);
    if (gone === undefined) this.#groups.set(group, id);
    return gone !== undefined;
  }

  async #assign(groupId: string): Promise<boolean> {
    const { ledger, ask, profiles, random } = this.#ports;
    const names = [...profiles.keys()];
    const name = names[random.integer(Math.max(1, names.length))];
    const id = profiles.get(name ?? '');
    if (name === undefined || id === undefined) return false;
    profiles.delete(name);
    const target = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId };
    const attempt = ledger.attempt(`profile intune ${name} wifi`, `for ${groupId}`);
    const isDone = await ask([attempt], 'POST', `${graphConfigurations}/${id}/assign`, { assignments: [{ target }] });
    profiles.set(name, id);
    return isDone !== undefined;
  }

  /** A compliance policy is made, has another grace, or goes. */
  async #comply(): Promise<boolean> {
    const { ledger, ask, next, random } = this.#ports;
    const [known] = this.#policies;
    if (known === undefined || (this.#policies.size < mostPolicies && random.integer(3) === 0)) {
      const displayName = next();
      const body = { ...policyOf(24), displayName };
      const made = await ask([ledger.attempt(`policy ${displayName}`, '24')], 'POST', policies, body);
      if (made !== undefined) this.#policies.set(displayName, textAt(made, 'id'));
      return made !== undefined;
    }
    const [name, id] = known;
    this.#policies.delete(name);
    if (random.integer(3) === 0)
      return (await ask([ledger.attempt(`policy ${name}`, absent)], 'DELETE', `${policies}/${id}`)) !== undefined;
    const hours = 1 + random.integer(200);
    const attempt = ledger.attempt(`policy ${name}`, String(hours));
    const isDone = await ask([attempt], 'PATCH', `${policies}/${id}`, policyOf(hours));
    this.#policies.set(name, id);
    return isDone !== undefined;
  }

  /** It is a whole number of minutes ahead of the machine's. */
  async #advance(): Promise<boolean> {
    const { ledger, ask } = this.#ports;
    if (this.#minutes >= mostMinutes) return false;
    const attempt = ledger.attempt('clock', String(this.#minutes + 1));
    const isDone = await ask([attempt], 'POST', '/stub/v1/clock', { advance: '1m' });
    if (isDone !== undefined) this.#minutes++;
    return isDone !== undefined;
  }

  /** Refused unless office365 is set; it has no end. */
  async #coexist(): Promise<boolean> {
    const { ledger, ask } = this.#ports;
    const attempts = [ledger.attempt('coexistence', 'true'), ledger.attempt('authority', 'intune')];
    return (await ask(attempts, 'POST', '/stub/v1/coexistence', { enabled: true })) !== undefined;
  }
}
