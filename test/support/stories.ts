import type { Device, PlatformName } from '../../index.js';
import { certificate, type history, mail, managedDevices, passcode, recordOf, vpn, wifi } from './rules.js';
import { platformsOfRules, type Stage } from './stage.js';

export const secondMs = 1000;

/** One device of each platform. */
export type Crew = Readonly<Record<PlatformName, Device>>;
export const crewOf = ({ ios, windows, android }: Crew): Device[] => [ios, windows, android];

/** Mail, VPN, Wi-Fi, certificate and passcode of these names, with contents that say whose they are. */
export const fiveKinds = (authority: 'office365' | 'intune', minLength: number, more: object = {}) => [
  mail('Mail', authority, `mail.${authority}.example`, more),
  vpn('VPN', authority, `vpn.${authority}.example`, more),
  wifi('Wi-Fi', authority, `wifi.${authority}.example`, more),
  certificate('Certificate', authority, { ...more, source: sourceOf(authority) }),
  ...platformsOfRules.map((each) => passcode('Passcode', authority, minLength, { ...more, platforms: [each] })),
];
export const fiveOfThem = ['certificate', 'configuration', 'email', 'vpn', 'wifi'];
export const fiveNames = ['Certificate', 'Mail', 'Passcode', 'VPN', 'Wi-Fi'];
export const fiveServers = (authority: 'office365' | 'intune') =>
  ['mail', 'vpn', 'wifi'].map((each) => `${each}.${authority}.example`);

const sourceOf = (authority: string) => ({ scep: 'stub', subject: `O=${authority}, CN={{userName}}` });

/** The kinds at which a gate stands. */
export const gated = ['email', 'vpn', 'wifi', 'certificate'] as const;

export const nameOf = ({ state }: Device): string => `${state.facts.platform} ${state.facts.serial}`;

/** Devices that use mail, VPN and Wi-Fi every ten seconds, and what was refused to them. */
export class Uses {
  readonly refused: string[] = [];
  readonly #stage: Stage;
  readonly #devices: readonly Device[];

  constructor(stage: Stage, devices: readonly Device[]) {
    this.#stage = stage;
    this.#devices = devices;
  }

  /** Once, now. */
  async once(): Promise<void> {
    for (const device of this.#devices) {
      for (const kind of ['email', 'vpn', 'wifi'] as const) {
        await device.useResource(kind).catch((error: Error) => {
          const at = new Date(this.#stage.clock.now()).toISOString();
          this.refused.push(`${at} ${nameOf(device)} ${kind}: ${error.message}`);
        });
      }
    }
  }

  /** For so many times ten seconds. */
  async goOn(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.#stage.clock.advance(10 * secondMs);
      await this.once();
    }
  }
}

/** From now on: which of mail, VPN and Wi-Fi the device was without after something had happened on it. */
export function gapsOn(device: Device): string[] {
  const gaps: string[] = [];
  device.onEvent(({ type }) => {
    const held = new Set(device.state.holdings.map(({ profile }) => profile.kind));
    for (const kind of ['email', 'vpn', 'wifi'] as const) if (!held.has(kind)) gaps.push(`${kind} after ${type}`);
  });
  return gaps;
}

/** The kinds of the profiles that a device holds, sorted; without the root that came with an iPhone's enrollment. */
export const kindsOn = ({ state }: Device): string[] =>
  state.holdings
    .flatMap(({ profile }) => (profile.kind === 'certificate' && profile.role === 'root' ? [] : [profile.kind]))
    .sort();

export const idOf = async (stage: Stage, device: Device): Promise<string> =>
  String((await recordOf(stage, device))['id']);

/** What the authority says of an action's last run. */
export async function actionState(stage: Stage, device: Device, action: string): Promise<unknown> {
  const results = (await recordOf(stage, device))['deviceActionResults'] as Record<string, unknown>[];
  return results.find(({ actionName }) => actionName === action)?.['actionState'];
}

/** Records of this hardware, whatever their state. */
export const recordsOf = async (stage: Stage, { state }: Device): Promise<Record<string, unknown>[]> =>
  (await managedDevices(stage)).filter(({ serialNumber }) => serialNumber === state.facts.serial);

/** moved + stayed + waiting + left + userless of a row of the history: those that were enrolled then. */
export const enrolledThen = (row: Awaited<ReturnType<typeof history>>[number]): number =>
  ['moved', 'stayed', 'waiting', 'left', 'userless']
    .map((name) => Number(row[name]))
    .reduce((sum, count) => sum + count);
