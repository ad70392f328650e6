import { isRollcallError } from '../../../base/errors.js';
import { authorityNamed } from '../../../protocol/managing-authority.js';
import type { Authority } from '../../../protocol/vocabulary.js';
import type { Ports, WakeAsk } from '../../model/ports.js';
import type { SavedLink } from '../../model/state.js';
import type { DeviceView, Link, LinkReport, PlannedCheckIn, SaveDevice, SessionRequest } from '../driver.js';
import { Api } from './api.js';
import { checkIn } from './check-in.js';
import { join } from './enroll.js';
import { mannersOf } from './manners.js';
import type { AndroidMemory } from './memory.js';
import { certificateOf } from './profiles/certificates.js';
import type { Setup } from './provisioning.js';
import { nextCheckIn, retryOf } from './schedule.js';
import type { AndroidServerTrust } from './server-trust.js';
import type { Session } from './update.js';
import { Wakening } from './wake.js';

/** What a session is made from. */
type Request = Omit<SessionRequest, 'reason'>;

/** An Android enrollment. Light while idle: connections are there during a check-in alone; that of the pushes is the port's. */
export class AndroidLink implements Link {
  readonly server: AndroidServerTrust;
  readonly retry = retryOf(() => this.#memory.data);
  readonly #device: DeviceView;
  readonly #ports: Ports;
  readonly #memory: AndroidMemory;
  readonly #wakening: Wakening;
  readonly #failed = { gets: 0 };

  constructor(device: DeviceView, ports: Ports, memory: AndroidMemory, server: AndroidServerTrust) {
    this.#device = device;
    this.#ports = ports;
    this.#memory = memory;
    this.#wakening = new Wakening(ports, device, memory);
    this.server = server;
  }

  get saved(): SavedLink {
    return this.#memory.saved;
  }

  get wakeAsk(): WakeAsk | undefined {
    return this.#wakening.ask;
  }

  get managedBy(): Authority | undefined {
    return authorityNamed(this.#memory.data.managedBy);
  }

  /** The number: the server gives it, and may give another. */
  get deviceId(): string {
    return this.#memory.data.number;
  }

  /** The first contact, and all that comes of it. `settled`: see `Settle`. */
  async enroll(setup: Setup, request: Request, settled: () => Promise<void>): Promise<void> {
    await this.#session(request, (session) => join(session, setup, settled));
  }

  async checkIn({ reason, ...request }: SessionRequest): Promise<LinkReport> {
    this.#wakening.collect();
    return await this.#session(request, (session) => checkIn(session, reason));
  }

  nextCheckIn(after: number): PlannedCheckIn | undefined {
    return nextCheckIn(this.#memory.data, mannersOf(this.#device.state.facts), after);
  }

  askToBeWoken(signal: AbortSignal): Promise<void> {
    return this.#wakening.follow(undefined, signal);
  }

  wakeups(signal: AbortSignal): AsyncIterable<void> {
    return this.#wakening.listen(signal);
  }

  /** Headwind has no word for it: the device leaves, and its server goes on waiting for it until somebody deletes it there. */
  async leave(): Promise<void> {
    this.#device.tell({
      type: 'trouble',
      code: 'LAUNCHER_DIFFERS',
      message: 'the server is not told that the device leaves: the protocol has no word for it',
      hint: 'Delete the device at the server.',
      about: 'leave',
      isConvention: true,
    });
  }

  certificateOf(name: string): Uint8Array | undefined {
    return certificateOf(name, this.#memory.data, this.#device.state);
  }

  async forget(): Promise<void> {
    await this.#wakening.forget();
  }

  async #session<T>(request: Request, act: (session: Session) => Promise<T>): Promise<T> {
    const { apply, signal, undo = () => {} } = request;
    const [device, ports, memory, server] = [this.#device, this.#ports, this.#memory, this.server];
    const manners = mannersOf(device.state.facts);
    const api = new Api({ ports, device, memory, manners, server, signal });
    let asked = this.#wakening.ask;
    const followPush = async (): Promise<void> => {
      const before = asked;
      asked = this.#wakening.ask;
      await this.#wakening.follow(before, signal);
    };
    const kept = this.#keeping(request.save);
    const context = { device, ports, memory, server, manners, api, apply, signal, undo, save: kept.save };
    try {
      return await act({ ...context, followPush, failed: this.#failed });
    } catch (error) {
      if (isRollcallError(error, 'STATE_UNSAVED')) kept.restore(undo);
      throw error;
    } finally {
      api.close();
      await followPush();
    }
  }

  /** What could not be kept has not happened: the memory goes back to what was saved last, but for pushes that came meanwhile. */
  #keeping(save: SaveDevice = async () => {}) {
    const memory = this.#memory;
    let last = memory.data;
    let saved: SavedLink = memory.saved;
    return {
      save: async (ahead?: () => void): Promise<void> => {
        await save(ahead);
        last = memory.data;
        saved = memory.saved;
      },
      restore: (undo: () => void): void => {
        const { inbox, dropped } = memory.data;
        undo();
        memory.restore(last, saved);
        if (inbox !== undefined && inbox !== last.inbox) memory.change({ inbox });
        if (dropped !== undefined) memory.change({ dropped });
      },
    };
  }
}
