// What the commands of a message set going, kept with what they changed: a process that ends in between has it still.
import type { Effect } from './csp/module.js';
import type { WindowsMemory } from './memory.js';
import type { QueuedAlert, Work } from './saved.js';

/** More than this many wait for nobody: the oldest go. Bounds of ours, against servers that order without end. */
const mostWorks = 1000;
const mostAlerts = 1000;

/** Notes what has to be done once a message is answered. Changes of the device itself were made with their command. */
export function noteEffects(effects: readonly Effect[], memory: WindowsMemory, now: number): void {
  for (const effect of effects) {
    if (effect.kind === 'unenroll') memory.change({ leaving: 'unenroll' });
    else if (effect.kind === 'wipe' && memory.data.leaving === undefined) memory.change({ leaving: 'wipe' });
    else if (effect.kind === 'reboot') memory.change({ rebootAt: now });
    else if (effect.kind === 'work') queueWork(effect.work, memory);
    else if (effect.kind === 'alert') queueAlert(effect.alert, memory);
  }
}

/** A new one of the same name takes the old one's place. */
export function queueWork(work: Work, memory: WindowsMemory): void {
  const others = (memory.data.works ?? []).filter(({ module, name }) => module !== work.module || name !== work.name);
  memory.change({ works: [...others, work].slice(-mostWorks) });
}

export function dropWork(work: Work, memory: WindowsMemory): void {
  const left = (memory.data.works ?? []).filter((each) => each !== work);
  if (left.length === 0) memory.forget('works');
  else memory.change({ works: left });
}

/** Takes away the work for one node, whose address is `uri` in the work's data. */
export function dropWorksOf(uri: string, memory: WindowsMemory): void {
  const { works } = memory.data;
  const left = works?.filter(({ data }) => data['uri'] !== uri);
  if (works === undefined || left === undefined || left.length === works.length) return;
  if (left.length === 0) memory.forget('works');
  else memory.change({ works: left });
}

export function queueAlert(alert: QueuedAlert, memory: WindowsMemory): void {
  memory.change({ alerts: [...(memory.data.alerts ?? []), alert].slice(-mostAlerts) });
}

/** These were said. */
export function dropAlerts(said: readonly QueuedAlert[], memory: WindowsMemory): void {
  const waiting = memory.data.alerts;
  if (waiting === undefined || said.length === 0) return;
  const left = waiting.filter((alert) => !said.includes(alert));
  if (left.length === 0) memory.forget('alerts');
  else memory.change({ alerts: left });
}
