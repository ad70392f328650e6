import { command as commandDescription } from '../../protocol/vocabulary/command.js';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import type { Authority, Command, Outcome } from '../../protocol/vocabulary.js';
import { readNativeChange } from './change.js';
import { noteJudgedProfile } from './judged.js';
import { type LifecycleEvent, step } from './lifecycle.js';
import { withoutPasscode } from './passcode.js';
import { type Condition, type DeviceFacts, type DeviceState, maxHoldings } from './state.js';

/** A device out of the box. It is called what its platform says in `native.DeviceName`, or by its family. */
export function newDevice(facts: DeviceFacts, batteryPercent: number): DeviceState {
  const named = facts.native['DeviceName'];
  const deviceName = typeof named === 'string' ? named : facts.modelName;
  return {
    version: 1,
    facts,
    lifecycle: 'unenrolled',
    condition: { deviceName, locked: false, online: true, powered: true, batteryPercent },
    holdings: [],
    apps: [],
    owesCheckIn: false,
  };
}

const changed = (state: DeviceState, condition: Partial<Condition>): DeviceState => ({
  ...state,
  condition: { ...state.condition, ...condition },
});

/** The condition without one of the things that need not be there. */
export function without(
  condition: Condition,
  key: 'lostMode' | 'lockMessage' | 'companyPortal' | 'network',
): Condition {
  const { [key]: _gone, ...rest } = condition;
  return rest;
}

/** What the authority installed goes; what is the user's own stays. */
export const clearManaged = ({ managedBy: _nobody, ...state }: DeviceState): DeviceState => ({
  ...state,
  condition: without(state.condition, 'lostMode'),
  holdings: [],
  apps: state.apps
    .filter((app) => !app.managed || app.stays)
    .map(({ stays: _kept, ...app }) => ({ ...app, managed: false })),
});

/** Back to how it came out of the box, with its battery and network as they are. */
function clearAll({ managedBy: _nobody, ...state }: DeviceState): DeviceState {
  const { online, network, batteryPercent } = state.condition;
  const fresh = newDevice(state.facts, batteryPercent);
  const condition = { ...fresh.condition, online, ...(network === undefined ? {} : { network }) };
  return { ...state, condition, holdings: [], apps: [] };
}

/** The device after it has left management, however that came about. */
export function afterLeaving(state: DeviceState, event: LifecycleEvent & ('removed' | 'wiped')): DeviceState {
  const { link: _gone, ...rest } = event === 'wiped' ? clearAll(state) : clearManaged(state);
  return { ...rest, lifecycle: step(state.lifecycle, event), owesCheckIn: false };
}

/** Whose a profile is that is installed, where the protocol says so. */
export interface Whose {
  /** Default: the label of the enrollment. */
  readonly owner?: Authority | undefined;
  /** When the device drops it by itself, in milliseconds since the epoch. */
  readonly keptUntil?: number | undefined;
}

export interface Applied {
  readonly state: DeviceState;
  readonly outcome: Outcome;
}

const done = (state: DeviceState, data?: Readonly<Record<string, unknown>>): Applied => ({
  state,
  outcome: data === undefined ? { status: 'done' } : { status: 'done', data },
});

/**
 * Carries a command out. One that does not fit its description (a text without end, a port that is none) fails and changes
 * nothing. Retire and wipe take away what they take away; the link goes when the session has ended, for the
 * authority has yet to be told.
 */
export function applyCommand(
  state: DeviceState,
  command: Command,
  authority: string,
  now: number,
  { owner, keptUntil }: Whose = {},
): Applied {
  const why = misfit(commandDescription, command);
  if (why !== undefined) return { state, outcome: { status: 'failed', reason: `the device cannot take this: ${why}` } };
  switch (command.kind) {
    case 'install-profile': {
      const { profile } = command;
      noteJudgedProfile(profile);
      const others = state.holdings.filter((holding) => holding.profile.name !== profile.name); // rule A8: one of a name
      if (others.length >= maxHoldings)
        return { state, outcome: { status: 'failed', reason: `the device holds ${maxHoldings} profiles already` } };
      const until = keptUntil === undefined ? {} : { keptUntil };
      const holding = { profile, authority: owner ?? authority, installedAt: now, ...until };
      return done({ ...state, holdings: [...others, holding] });
    }
    case 'remove-profile': {
      const left = state.holdings.filter((holding) => holding.profile.name !== command.name);
      if (left.length === state.holdings.length)
        return { state, outcome: { status: 'failed', reason: `no profile "${command.name}" is installed` } };
      return done({ ...state, holdings: left });
    }
    case 'inventory': {
      const { passcode: _secret, passcodesUsed: _secrets, ...condition } = state.condition;
      return done(state, {
        facts: state.facts,
        condition,
        profiles: state.holdings.map(({ profile: { kind, name } }) => ({ kind, name })),
        apps: state.apps,
      });
    }
    case 'lock': {
      const { message } = command;
      return done(changed(state, { locked: true, ...(message === undefined ? {} : { lockMessage: message }) }));
    }
    case 'clear-passcode':
      return done({ ...state, condition: { ...withoutPasscode(state.condition), locked: false } });
    case 'rename':
      return done(changed(state, { deviceName: command.deviceName }));
    case 'restart':
      return done(changed(state, { locked: state.condition.passcode !== undefined })); // before its first unlock
    case 'shut-down':
      return done(changed(state, { powered: false, locked: state.condition.passcode !== undefined }));
    case 'locate':
      return done(state);
    case 'lost-mode': {
      if (!command.on) return done({ ...state, condition: without(state.condition, 'lostMode') });
      const { message, phoneNumber, footnote } = command;
      const lostMode = {
        ...(message === undefined ? {} : { message }),
        ...(phoneNumber === undefined ? {} : { phoneNumber }),
        ...(footnote === undefined ? {} : { footnote }),
      };
      return done(changed(state, { lostMode, locked: true }));
    }
    case 'retire':
      return done(clearManaged(state));
    case 'wipe':
      return done(clearAll(state));
    case 'native': {
      const { apps, condition, facts } = readNativeChange(command.body);
      if (apps === undefined && condition === undefined && facts === undefined) return done(state);
      return done({
        ...state,
        facts: { ...state.facts, ...facts },
        condition: { ...state.condition, ...condition },
        apps: apps ?? state.apps,
      });
    }
  }
}
