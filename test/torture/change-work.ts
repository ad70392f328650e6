// The changes of who manages whom that one folder of a stub authority sees, one at a time, and what came of each.
import type { Random } from '../../agent/index.js';
import { answer } from './answers.js';
import { Ledger, type Observed } from './ledger.js';
import { intuneSku } from './look.js';
import { type Administrator, isObject, textAt } from './stub.js';

/** A row of the history, as far as its numbers go. */
export interface ChangeRow {
  readonly n: number;
  readonly cause: string;
  readonly toNotify: number;
  readonly notified: number;
  /** moved, stayed, waiting, left and userless: who was enrolled. */
  readonly sum: number;
}

export interface ChangeWorkOptions {
  readonly random: Pick<Random, 'integer'>;
  /** Whether the whole tenant is put, too. */
  readonly isSmall: boolean;
}

const group = '/v1.0/groups/everybody';
const organization = '/v1.0/organization';
const workloads = ['resourceAccess', 'deviceConfiguration', 'compliancePolicies'] as const;
const named = /displayName: (?:User \d+|Contoso|Version\d+)\b/g;
const versions = /\bVersion\d+\b/g;

/** Over all restarts of one folder. */
export class ChangeWork {
  readonly ledger = new Ledger();
  readonly #options: ChangeWorkOptions;
  /** As it was last seen. */
  history: readonly ChangeRow[] = [];
  #administrator: Administrator | undefined;
  #organization = '';
  #count = 0;
  #state: ReadonlyMap<string, string> = new Map();

  constructor(options: ChangeWorkOptions) {
    this.#options = options;
  }

  reach(administrator: Administrator): void {
    this.#administrator = administrator;
  }

  /** One change. True when it was answered, whatever the answer was. Throws when none came. */
  async step(): Promise<boolean> {
    const die = this.#options.random.integer(100);
    if (die < 25) return this.#switch();
    if (die < 35) return this.#license();
    if (die < 45) return this.#support();
    if (die < 60) return this.#comanage();
    if (die < 65) return this.#coexist();
    return this.#options.isSmall ? this.#put() : this.#license();
  }

  /** What is there. Throws when the stub does not answer as it should. */
  async look(): Promise<Observed> {
    const values = new Map<string, string>();
    const [row] = await this.#admin.list(organization);
    this.#organization = textAt(row, 'id');
    values.set('authority', textAt(row, 'mobileDeviceManagementAuthority'));
    const { body: everybody } = await this.#admin.ask('GET', group);
    const licences = everybody['assignedLicenses'];
    const isLicensed = Array.isArray(licences) && licences.some((each) => textAt(each, 'skuId') === intuneSku);
    values.set('licences', String(isLicensed));
    const { body: coexistence } = await this.#admin.ask('GET', '/stub/v1/coexistence');
    values.set('coexistence', String(coexistence['enabled']));
    for (const pc of await this.#admin.list('/stub/v1/comanagement')) {
      const handed = Array.isArray(pc['workloads']) ? pc['workloads'].join(' ') : '';
      values.set(`pc ${textAt(pc, 'serial')}`, `${textAt(pc, 'userPrincipalName')} ${handed}`);
    }
    const changes = await this.changes();
    values.set('support', String(changes.filter(({ cause }) => cause === 'support').length));
    values.set('changes', String(changes.length));
    if (this.#options.isSmall) values.set('tenant', versionsOf(await this.#tenant()));
    return { values, doubled: [], forgotten: [] };
  }

  /** What is there counts as acknowledged from now on. */
  settle(observed: Observed): void {
    this.ledger.settle(observed);
    this.#state = observed.values;
  }

  async changes(): Promise<readonly ChangeRow[]> {
    const rows = await this.#admin.list('/stub/v1/authority/changes');
    this.history = rows.map((row) => {
      const number = (key: string) => Number(textAt(row, key));
      const sum = ['moved', 'stayed', 'waiting', 'left', 'userless'].reduce((all, key) => all + number(key), 0);
      return {
        n: number('n'),
        cause: textAt(row, 'cause'),
        toNotify: number('toNotify'),
        notified: number('notified'),
        sum,
      };
    });
    return this.history;
  }

  get #admin(): Administrator {
    if (this.#administrator === undefined) throw new Error('the work has no stub yet');
    return this.#administrator;
  }

  /** Each may add one to the history: how many there are is known when it was answered. */
  async #ask(
    [thing, value]: readonly [thing: string, value: string],
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<boolean> {
    const attempt = this.ledger.attempt(thing, value);
    for (const more of [1, 2]) this.ledger.attempt('changes', String(this.history.length + more));
    const { status } = await this.#admin.ask(method, path, body);
    const at = answer();
    if (status < 300) attempt.acknowledged(at);
    else if (status < 500) attempt.refused();
    const now = String((await this.changes()).length);
    this.ledger.attempt('changes', now).acknowledged(at);
    return true;
  }

  #switch(): Promise<boolean> {
    const to = this.#options.random.integer(2) === 0 ? 'intune' : 'office365';
    const path = `${organization}/${this.#organization}/setMobileDeviceManagementAuthority`;
    return this.#ask(['authority', to], 'POST', path, { mobileDeviceManagementAuthority: to });
  }

  #license(): Promise<boolean> {
    const isAdded = this.#options.random.integer(2) === 0;
    const addLicenses = isAdded ? [{ skuId: intuneSku }] : [];
    const removeLicenses = isAdded ? [] : [intuneSku];
    return this.#ask(['licences', String(isAdded)], 'POST', `${group}/assignLicense`, { addLicenses, removeLicenses });
  }

  /** Of the devices without a user that have not moved some more; refused where there is none. */
  async #support(): Promise<boolean> {
    const { body } = await this.#admin.ask('GET', '/stub/v1/userless');
    const left = Array.isArray(body['value']) ? body['value'].filter(isObject) : [];
    const ids = left.slice(0, 1 + this.#options.random.integer(5)).map((each) => textAt(each, 'id'));
    const moves = this.history.filter(({ cause }) => cause === 'support').length;
    return this.#ask(['support', String(moves + 1)], 'POST', '/stub/v1/support/moveUserless', { devices: ids });
  }

  #comanage(): Promise<boolean> {
    const serial = `PC-${this.#options.random.integer(3)}`;
    const path = '/stub/v1/comanagement';
    if (this.#options.random.integer(4) === 0)
      return this.#ask([`pc ${serial}`, 'absent'], 'DELETE', `${path}/${serial}`);
    const handed = workloads.filter(() => this.#options.random.integer(2) === 0);
    const userPrincipalName = `user${1 + this.#options.random.integer(4)}@contoso.example`;
    const value = `${userPrincipalName} ${handed.join(' ')}`;
    return this.#ask([`pc ${serial}`, value], 'POST', path, { userPrincipalName, serial, workloads: handed });
  }

  #coexist(): Promise<boolean> {
    if (this.#state.get('coexistence') !== 'true') this.ledger.may('authority', 'intune'); // it may be answered or not
    return this.#ask(['coexistence', 'true'], 'POST', '/stub/v1/coexistence', { enabled: true });
  }

  /** All names of users and of the organisation say the same version: so what is half there is seen. */
  async #put(): Promise<boolean> {
    const version = `Version${++this.#count}`;
    const text = (await this.#tenant()).replace(named, `displayName: ${version}`);
    const attempt = this.ledger.attempt('tenant', versionsOf(text));
    const { status } = await this.#admin.send('PUT', '/stub/v1/tenant', text, 'application/yaml');
    if (status < 300) attempt.acknowledged(answer());
    else attempt.refused();
    return true;
  }

  async #tenant(): Promise<string> {
    const { bytes } = await this.#admin.ask('GET', '/stub/v1/tenant?secrets=1');
    return bytes.toString('utf8');
  }
}

/** One where it is whole. */
const versionsOf = (text: string): string => [...new Set(text.match(versions) ?? ['none'])].sort().join(' ');
