// What a configuration sets on the device itself, as the launcher's main activity does it when it shows its content.
import { installedApp } from './installed-apps.js';
import { type ApplyRun, find, shown } from './run.js';
import { applySettingProfiles } from './setting-profiles.js';
import { carryOut, noteCommand } from './told.js';
import { isTimeZone } from './update-window.js';

/**
 * Name, lock, password mode, time zone, kiosk mode. The launcher sets them when its main activity comes to the screen: in the
 * background of mode `launcher` they wait, in that of mode `thorough` they are set, and that is told.
 */
export async function applySettings(run: ApplyRun): Promise<void> {
  const { context, counts, ground } = run;
  await rename(run);
  if (ground === 'background' && context.manners.mode === 'launcher') return;
  const before = counts.commands;
  await applySettingProfiles(run);
  await lock(run);
  setTimeZone(run);
  tellKiosk(run);
  if (ground === 'background' && counts.commands > before)
    find(
      run,
      'LAUNCHER_DIFFERS',
      'settings',
      'launcher 6.36 sets this only when its main activity comes to the screen',
    );
}

/** Of texts that people see; bounds of ours. */
const longest = { name: 500, message: 4000 } as const;

/** By convention: `description` is the device's name. */
async function rename(run: ApplyRun): Promise<void> {
  const { context, configuration, counts } = run;
  const { description } = configuration;
  if (description === undefined || description.trim() === '') return;
  if (description === context.device.state.condition.deviceName) return;
  counts.commands++;
  const told = { name: 'description', about: shown(description) };
  if (description.length > longest.name) {
    const reason = `${description.length} characters are no name of a device`;
    counts.failed++;
    find(run, 'HEADWIND_FAILED', 'description', `description: ${reason}`);
    noteCommand(context, { ...told, status: 'failed', said: 'failed', reason });
    return;
  }
  const outcome = await carryOut(context, { kind: 'rename', deviceName: description }, told);
  if (outcome.status !== 'done') counts[outcome.status]++;
}

/** `lock` covers the screen until it is taken back. */
async function lock({ context, configuration, counts }: ApplyRun): Promise<void> {
  const { memory, device } = context;
  const { lockedWith } = memory.data;
  const { lock: isWanted } = configuration;
  const lockMessage = (configuration.lockMessage ?? '').slice(0, longest.message);
  const { locked, passcode } = device.state.condition;
  if (isWanted === true) {
    if (locked && lockedWith === lockMessage) return;
    counts.commands++;
    const message = lockMessage === '' ? {} : { message: lockMessage };
    const outcome = await carryOut(context, { kind: 'lock', ...message }, { name: 'lock' });
    if (outcome.status === 'done') memory.change({ lockedWith: lockMessage });
    else counts[outcome.status]++;
    return;
  }
  if (lockedWith === undefined) return;
  memory.forget('lockedWith');
  if (!locked || passcode !== undefined) return; // with a passcode the person unlocks
  counts.commands++;
  const body = { change: { condition: { locked: false } } };
  await carryOut(
    context,
    { kind: 'native', platform: 'android', name: 'Unlock', body },
    { name: 'lock', said: 'taken back' },
  );
}

/** Only a device's owner may set it; `auto` is the network's, which is UTC here (convention). */
function setTimeZone(run: ApplyRun): void {
  const { context, configuration } = run;
  const { timeZone } = configuration;
  if (timeZone === undefined || timeZone === '' || context.manners.management !== 'fully-managed') return;
  const { memory } = context;
  if (timeZone === 'auto') memory.forget('timeZone');
  else if (!isTimeZone(timeZone)) find(run, 'HEADWIND_IGNORED', 'timeZone', `“${shown(timeZone)}” is no time zone`);
  else if (memory.data.timeZone !== timeZone) memory.change({ timeZone });
}

/** The open-source launcher has no kiosk mode of its own: the setting is acted upon, and that is told once. */
function tellKiosk(run: ApplyRun): void {
  const { context, configuration, counts } = run;
  const { memory } = context;
  const { kioskMode, mainApp = '' } = configuration;
  const { kioskOf } = memory.data;
  if (kioskMode !== true) {
    if (kioskOf === undefined) return;
    memory.forget('kioskOf');
    counts.commands++;
    noteCommand(context, { name: 'kioskMode', about: shown(kioskOf), status: 'done', said: 'off' });
    return;
  }
  if (kioskOf === mainApp) return;
  memory.change({ kioskOf: mainApp });
  counts.commands++;
  const why = mainApp === '' ? 'there is no mainApp' : `${shown(mainApp)} is not installed`;
  const isThere = mainApp !== '' && installedApp(context, mainApp) !== undefined;
  if (!isThere) {
    counts.failed++;
    find(run, 'HEADWIND_FAILED', 'kioskMode', `kiosk mode: ${why}`);
  }
  noteCommand(context, {
    name: 'kioskMode',
    about: shown(mainApp),
    ...(isThere ? { status: 'done', said: 'on' } : { status: 'failed', said: 'failed', reason: why }),
  });
  if (context.device.state.facts.native['LauncherType'] === undefined)
    find(
      run,
      'LAUNCHER_DIFFERS',
      'kioskMode',
      'the open-source launcher 6.36 has no kiosk mode: only its paid one does',
    );
}
