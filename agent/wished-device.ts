// Which device `rollcall device` is to be: what was asked for by option, and whether the stored one is that.
import { commandLineError } from '../base/command-line.js';
import type { DeviceCommandOptions } from './command-options.js';
import { numberOf, platforms, seededRandom, systemRandom } from './index.js';
import type { DeviceFacts, DeviceState } from './model/state.js';

type FactOptions = Pick<
  DeviceCommandOptions,
  | 'platform'
  | 'serial'
  | 'udid'
  | 'model'
  | 'os'
  | 'name'
  | 'csr'
  | 'seed'
  | 'unsupervised'
  | 'management'
  | 'signatures'
  | 'mqtt-port'
  | 'mqtt-tls'
  | 'exact'
  | 'background'
  | 'automated'
>;

/** What an option says of a device that only its platform knows, under its name in the facts. */
function nativeOf(options: FactOptions): DeviceFacts['native'] {
  const { csr, management, signatures, exact, background, automated } = options;
  const { 'mqtt-port': port, 'mqtt-tls': tls } = options;
  return {
    ...(csr === undefined ? {} : { CsrForm: csr }),
    ...(management === undefined ? {} : { Management: management }),
    ...(signatures === undefined ? {} : { Signatures: signatures }),
    ...(port === undefined ? {} : { MqttPort: port }),
    ...(tls === undefined ? {} : { MqttTls: tls }),
    ...(exact === undefined ? {} : { Launcher: exact ? 'launcher' : 'thorough' }),
    ...(automated === undefined ? {} : { AwaitingConfiguration: automated }),
    ...(background === undefined ? {} : { Ground: background ? 'background' : 'foreground' }),
  };
}

/** By which option each of those is asked for. */
const optionOf: Readonly<Record<string, string>> = {
  CsrForm: 'csr',
  Management: 'management',
  Signatures: 'signatures',
  MqttPort: 'mqtt-port',
  MqttTls: 'mqtt-tls',
  Launcher: 'exact',
  Ground: 'background',
  AwaitingConfiguration: 'automated',
};

/** The facts of a device such as was asked for; the rest is invented. Throws USAGE. */
export function wishedFacts(options: FactOptions): DeviceFacts {
  const { platform: name, serial, udid, model, os, seed, unsupervised } = options;
  const platform = platforms.find((each) => each.name === name);
  if (platform === undefined) throw commandLineError('USAGE', `--platform ${name} cannot be emulated`);
  const random = seed === undefined ? systemRandom : seededRandom(seed, 0);
  const wish = {
    ...(model === undefined ? {} : { model }),
    ...(os === undefined ? {} : { os }),
    ...(serial === undefined ? {} : { serial }),
    ...(udid === undefined ? {} : { id: udid }),
  };
  const facts = platform.describe(random, wish);
  return {
    ...facts,
    native: { ...facts.native, ...nativeOf(options) },
    ...(unsupervised ? { supervised: false } : {}),
  };
}

/** A stored device stays what it is. `known`: the seed that it was invented from, where that is known. Throws USAGE where another was asked for. */
export function assertIsWished(
  state: DeviceState,
  options: FactOptions,
  folder: string,
  known: string | undefined,
): void {
  const { facts, condition } = state;
  const { serial, udid, model, os, name, unsupervised } = options;
  const seed = options.seed === known ? undefined : options.seed;
  const native = Object.entries(nativeOf(options));
  const isGiven =
    [serial, udid, model, os, name, seed].some((option) => option !== undefined) || unsupervised || native.length > 0;
  if (!isGiven) return;
  const wished = wishedFacts(options);
  const idOption = facts.platform === 'android' ? 'number' : 'udid';
  const isKnownAs = udid !== undefined && udid === numberOf(state);
  const rows: readonly (readonly [option: string, is: string, wanted: string | undefined])[] = [
    ['serial', facts.serial, serial ?? (seed === undefined ? undefined : wished.serial)],
    [idOption, isKnownAs ? udid : facts.id, udid ?? (seed === undefined ? undefined : wished.id)],
    ['model', facts.model, model === undefined ? undefined : wished.model],
    ['os', facts.osVersion, os === undefined ? undefined : wished.osVersion],
    ['name', condition.deviceName, name],
    ['unsupervised', facts.supervised ? 'supervised' : 'unsupervised', unsupervised ? 'unsupervised' : undefined],
    ...native.map(
      ([key, value]) => [optionOf[key] ?? key, String(facts.native[key] ?? 'the default'), String(value)] as const,
    ),
  ];
  for (const [what, is, wanted] of rows) {
    if (wanted === undefined || wanted === is) continue;
    const option =
      seed !== undefined && (what === idOption ? udid : options[what as 'serial']) === undefined ? 'seed' : what;
    throw commandLineError('USAGE', `--${option}: the device in ${folder} is another (${what} ${is}, not ${wanted})`, {
      hint: `Leave --${option} out, or choose another folder: a stored device stays what it is.`,
    });
  }
}
