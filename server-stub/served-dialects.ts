// The dialects of a running stub, as one.
import type { PlatformName, ProfileKind } from '../protocol/vocabulary.js';
import type { AdminRoute } from './admin/graph.js';
import type { Commands, Devices, Enrollments, Notifications, Organization } from './core/interfaces.js';
import type { DeviceRecord } from './core/types.js';
import type { Announcement, Dialect, Dialects, OpenDialect, StubServices } from './dialect.js';
import { type DisturbedPorts, disturbed } from './faults/disturbed.js';
import type { Faults } from './faults/faults.js';
import type { Route, StubAnswer, StubRequest } from './http-types.js';
import type { Services } from './services.js';

type Served = Organization & Devices & Enrollments & Commands & Notifications;

/** Asks of each dialect what concerns its devices, and of all of them what they share. */
export class ServedDialects {
  readonly #tenant: Served;
  readonly #faults: Faults;
  readonly #open = new Map<PlatformName, OpenDialect>();
  #isClosed = false;

  constructor(tenant: Served, faults: Faults) {
    this.#tenant = tenant;
    this.#faults = faults;
  }

  /** Opens each with its options. Throws what a dialect's `open` throws; those opened before are closed by `close`. */
  async open(dialects: Dialects, services: Services, options: Readonly<Record<string, unknown>>): Promise<void> {
    const owners = new Map<string, PlatformName>();
    for (const dialect of Object.values(dialects)) {
      for (const table of tablesOf(dialect)) {
        const owner = owners.get(table);
        if (owner !== undefined) throw new Error(`the table "${table}" is both ${owner}'s and ${dialect.name}'s`);
        owners.set(table, dialect.name);
      }
      const own = options[dialect.name];
      this.#open.set(dialect.name, await dialect.open(servicesFor(dialect, services), isOptions(own) ? own : {}));
    }
  }

  /** As faults let them be reached. */
  routes(ports: Omit<DisturbedPorts, 'faults'>): readonly Route[] {
    const disturbing = { ...ports, faults: this.#faults };
    return [...this.#open].flatMap(([platform, open]) => {
      const recognise = (request: StubRequest) => ({ ...open.recognise?.(request), platform });
      return open.routes.map((route) => disturbed(route, disturbing, recognise));
    });
  }

  /** What a dialect says of a path of its own that leads nowhere. */
  unroutable(path: string, status: number): StubAnswer | undefined {
    for (const { unroutable } of this.#open.values()) {
      const answer = unroutable?.(path, status);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  get adminRoutes(): readonly AdminRoute[] {
    return [...this.#open.values()].flatMap(({ adminRoutes }) => adminRoutes);
  }

  /** By the name of the platform. */
  get handles(): Readonly<Record<string, object>> {
    return Object.fromEntries([...this.#open].map(([name, { handle }]) => [name, handle]));
  }

  announce(): readonly (Announcement & { readonly platform: PlatformName })[] {
    return [...this.#open].flatMap(([platform, open]) => open.announce().map((each) => ({ ...each, platform })));
  }

  /** What the core calls a profile that a device names in the resource gate. */
  profileName(deviceId: string, kind: ProfileKind, name: string): string {
    const device = this.#tenant.device(deviceId);
    const open = device && this.#open.get(device.platform);
    return (device && open?.profileNamed?.(device, kind, name)) ?? name;
  }

  /** From now on devices are woken and forgotten as the core says. Of those that a data folder held, who has a reason to come is woken. */
  start(): void {
    const tenant = this.#tenant;
    const of = (device: DeviceRecord) => this.#open.get(device.platform);
    tenant.onNotify((device) => {
      if (this.#isClosed) return { result: 'refused', reason: 'The stub stops.' };
      const { platform, deviceId } = device;
      const dropped = this.#faults.strike('push.drop', { platform, deviceId });
      if (dropped !== undefined) return { result: 'dropped', reason: `The fault ${dropped.id} is set.` };
      return of(device)?.wake(device) ?? { result: 'refused', reason: 'Its platform is not served.' };
    });
    tenant.onGone((device) => of(device)?.forget(device)); // while the stub stops, too
    for (const device of tenant.eachDevice()) of(device)?.resume(device);
    for (const { deviceId, status } of tenant.eachDevice()) {
      if (status === 'pending' || tenant.isToBeNotified(deviceId)) continue; // a change it has to hear of is told below
      if (tenant.openCommands(deviceId).length > 0) tenant.notify(deviceId, 'action');
    }
    tenant.resumeNotifications();
  }

  /** Closes each dialect once. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#open.values()].map((dialect) => dialect.close()));
  }
}

const tablesOf = ({ tables, tablesOfBefore = [] }: Dialect): readonly string[] => [...tables, ...tablesOfBefore];

function servicesFor(dialect: Dialect, services: Services): StubServices {
  const { tenant, ca, clock, random, log, push, network, addresses, keys, scep, journal } = services;
  return {
    tenant,
    ca,
    clock,
    random,
    log,
    push,
    network,
    addresses,
    keys,
    challenges: scep.challenges,
    keep(table) {
      if (!tablesOf(dialect).includes(table)) throw new Error(`the dialect ${dialect.name} has no table "${table}"`);
      return journal?.keep(table);
    },
  };
}

const isOptions = (value: unknown): value is object => typeof value === 'object' && value !== null;
