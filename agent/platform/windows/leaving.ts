// How a device leaves management, is erased, or starts again (specs/windows.md §1.12).
import { isRollcallError } from '../../../base/errors.js';
import type { Apply, DeviceView } from '../driver.js';
import { troubleOf } from '../trouble.js';
import type { SessionContext } from './context.js';
import { takeNewName } from './csp/dev-detail.js';
import { reinstalled } from './device-id.js';
import type { WindowsMemory } from './memory.js';
import { unenrollAlert } from './package-one.js';
import { signInAfterMs } from './schedule.js';
import { runSession, type SessionOutcome } from './session.js';

/** A session of its own that says 1226: the server's answer is not waited for but in HTTP. Throws as `runSession`. */
export function sayGoodbye(context: SessionContext): Promise<SessionOutcome> {
  const alerts = [unenrollAlert(context.device.state.facts)];
  return runSession(context, { reason: 'by-hand', alerts, isGoodbye: true });
}

/**
 * The server's Unenroll: its session has been broken off, 1226 is said in a new one, once, as far as it can be; then all goes that
 * management brought. Resolves with the requests that it took. Throws INTERRUPTED: the device is still to go then.
 */
export async function unenroll(context: SessionContext): Promise<number> {
  const { device, ports, signal, apply } = context;
  let requests = 0;
  try {
    ({ requests } = await sayGoodbye(context));
  } catch (error) {
    if (signal.aborted || !isRollcallError(error)) throw error;
    ports.log.info(error.code, { during: 'unenroll', problem: error.message });
    device.tell(troubleOf(error, 'the last session'));
  }
  await apply({ kind: 'retire' });
  return requests;
}

/** Erases the device. It comes back with its HWDevID and another DeviceID. False where `decide` did not let it. */
export async function wipe(apply: Apply, device: DeviceView): Promise<boolean> {
  const { native } = device.state.facts;
  await apply(nativeChange('Reinstall', { facts: { native: reinstalled(device.state.facts) } }));
  const outcome = await apply({ kind: 'wipe' });
  if (outcome.status === 'done') return true;
  await apply(nativeChange('Reinstall', { facts: { native } }));
  return false;
}

/**
 * A restart that was due `at`: the next session has SessionID 0 (case D1) and nobody has signed in, until a person does, by
 * convention five minutes later. Windows starts no session by itself then but for PollOnLogin; the device is offline for no time. It
 * takes the name that a server wrote for it.
 */
export async function restart(memory: WindowsMemory, apply: Apply, at: number, now: number): Promise<void> {
  const outcome = await apply({ kind: 'restart' });
  memory.forget('rebootAt');
  memory.change({ restartsFrom: now }); // those that a device slept through are one
  if (outcome.status !== 'done') return;
  const deviceName = takeNewName(memory);
  if (deviceName !== undefined) await apply({ kind: 'rename', deviceName });
  await apply(nativeChange('Restart', { condition: { signedIn: 'none' } }));
  memory.change({ sessions: { ...memory.data.sessions, next: 0 }, signIn: { at: at + signInAfterMs } });
}

/** The person at the device signs in. */
export async function signIn(memory: WindowsMemory, apply: Apply, at: number): Promise<void> {
  await apply(nativeChange('SignIn', { condition: { signedIn: 'user' } }));
  memory.change({ signIn: { at, isDone: true } });
}

const nativeChange = (name: string, change: object) =>
  ({ kind: 'native', platform: 'windows', name, body: { change } }) as const;
