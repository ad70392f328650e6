// How a device behaves where launcher 6.36, a server's wish and a tester's differ. Data, with its defaults.
import type { DeviceFacts } from '../../model/state.js';

export interface Manners {
  /** `launcher`: exactly as launcher 6.36; `thorough` (default): goes on after a failure, always ends with sync/info, and tells what the launcher would have done. */
  readonly mode: 'thorough' | 'launcher';
  /** Whether the launcher's main activity is on the screen: a background update differs (specs/android.md §0a.24, 0a.25). */
  readonly ground: 'foreground' | 'background';
  /** How requests are signed: as the server checks them (default), or as launcher 6.36 does, mistakes included. */
  readonly signatures: 'server' | 'launcher-6.36';
  /** Whether signatures of replies are judged (a launcher built with CHECK_SIGNATURE). */
  readonly checksSignatures: boolean;
  /** Device owner, profile owner, or an app like any other. */
  readonly management: 'fully-managed' | 'work-profile' | 'application';
  /** Compiled into the launcher: 31000. */
  readonly mqttPort: number;
  readonly mqttTls: boolean;
  /** Where pushes are polled for: the long poll, or the poll every quarter of an hour of launchers before it. */
  readonly polls: 'long' | 'legacy';
  /** How often sync/info is sent beside what else is due, in milliseconds: a quarter of an hour, as the launcher's timer has it. */
  readonly infoEveryMs: number;
  /** ABI, as X-CPU-Arch and `cpu` say it. */
  readonly cpu: string;
}

const usualInfoMs = 900_000;
const shortestInfoMs = 1_000;

const oneOf = <T extends string>(value: unknown, options: readonly [T, ...T[]]): T =>
  options.find((option) => option === value) ?? options[0];

/** `native` of the facts: Launcher, Ground, Signatures, CheckSignature, Management, MqttPort, MqttTls, Polls, InfoEveryMs, Cpu. */
export function mannersOf({ native }: Pick<DeviceFacts, 'native'>): Manners {
  const { MqttPort: port, InfoEveryMs: infoEvery, Cpu: cpu } = native;
  return {
    mode: oneOf(native['Launcher'], ['thorough', 'launcher']),
    ground: oneOf(native['Ground'], ['foreground', 'background']),
    signatures: oneOf(native['Signatures'], ['server', 'launcher-6.36']),
    checksSignatures: native['CheckSignature'] !== false,
    management: oneOf(native['Management'], ['fully-managed', 'work-profile', 'application']),
    mqttPort: typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : 31_000,
    mqttTls: native['MqttTls'] === true,
    polls: oneOf(native['Polls'], ['long', 'legacy']),
    infoEveryMs: typeof infoEvery === 'number' && infoEvery >= shortestInfoMs ? infoEvery : usualInfoMs,
    cpu: typeof cpu === 'string' ? cpu : 'arm64-v8a',
  };
}
