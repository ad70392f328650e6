import { pushTypes } from '../../../protocol/headwind/messages.js';
import { readPushText } from '../../../protocol/headwind/push-text.js';
import type { CheckInReason, LinkReport } from '../driver.js';
import { uploadLog } from './apply/device-log.js';
import { reportDynamicInfo } from './apply/dynamic-info.js';
import { handlePush } from './apply/push.js';
import { shown } from './apply/run.js';
import { leaveIfBegun, restartIfBegun } from './leaving.js';
import { doProfileWork } from './profiles/apply.js';
import { isGetDue, isInfoDue } from './schedule.js';
import { type Session, sendInfo, update } from './update.js';
import { mostKept } from './wake.js';

/**
 * One check-in: what an earlier process left to be done, the pushes that have come, the configuration where it is to be fetched,
 * sync/info, and what else is due: log lines, dynamic information, certificates that wait. `requests` counts all of it.
 */
export async function checkIn(session: Session, given: CheckInReason): Promise<LinkReport> {
  const { api, memory, ports, manners } = session;
  const isDue = given === 'report-due' && isGetDue(memory.data, manners, ports.clock.now()); // what a device missed is made up at once
  const reason = isDue ? 'scheduled' : given;
  const gone = await leaveIfBegun(session);
  if (gone !== undefined) return { commands: 1, later: 0, requests: api.requests, left: gone };
  const restarted = await restartIfBegun(session);
  const pushes = await takePushes(session);
  let commands = restarted.commands + pushes.commands;
  let { later } = restarted;
  if (isFetched(session, reason, pushes.came)) {
    if (reason === 'scheduled') memory.change({ forcedAt: ports.clock.now() }); // the hour begins anew, whatever comes of it
    const updated = await update(session, { reason });
    commands += updated.commands;
    later += updated.later;
    if (updated.left !== undefined) return { commands, later, requests: api.requests, left: updated.left };
    if (updated.sendsInfo) await sendInfo(session);
    else await session.save();
  } else {
    commands += (await doProfileWork(session)).changed;
    if (reason === 'report-due' && isInfoDue(memory.data, ports.clock.now(), session.manners.infoEveryMs))
      await sendInfo(session);
  }
  await sendRest(session);
  return { commands, later, requests: api.requests };
}

/** Acts upon the pushes that have come: each is out of the inbox when what it does is kept, and in it again where that failed. */
async function takePushes(session: Session): Promise<{ readonly commands: number; readonly came: number }> {
  const { memory } = session;
  let commands = 0;
  let came = 0;
  tellDropped(session);
  for (;;) {
    const [text, ...rest] = memory.data.inbox ?? [];
    if (text === undefined) return { commands, came };
    if (rest.length === 0) memory.forget('inbox');
    else memory.change({ inbox: rest });
    came++;
    const message = readPushText(text);
    if (message === undefined) {
      ignore(session, text);
      continue;
    }
    if (message.messageType === pushTypes.configUpdated) memory.change({ owesSync: true }); // kept with what the push is noted by
    try {
      if ((await handlePush(session, message)) === 'sync') memory.change({ owesSync: true });
      else commands++;
    } catch (error) {
      memory.change({ inbox: [text, ...(memory.data.inbox ?? [])] });
      throw error;
    }
  }
}

/** Once for each spell: those that came are more than a device keeps. */
function tellDropped({ device, memory }: Session): void {
  const { dropped } = memory.data;
  if (dropped === undefined) return;
  memory.forget('dropped');
  device.tell({
    type: 'trouble',
    code: 'HEADWIND_IGNORED',
    message: `${dropped} pushes were dropped unread: more came than the ${mostKept} that are kept until a session, and the newest stay`,
    hint: 'The launcher acts upon each as it comes. Push less often, or let the device have its sessions.',
    about: 'push',
  });
}

function ignore({ device }: Session, text: string): void {
  device.tell({
    type: 'trouble',
    code: 'HEADWIND_IGNORED',
    message: `a push is none that the launcher can read: ${shown(text)}`,
    hint: 'Headwind MDM puts the payload into the message as it was typed: look for a brace or a quotation mark there.',
    about: 'push',
  });
}

/** A push says whether there is something to fetch; to be woken without one (a test, another server's way) is taken for a yes. */
function isFetched({ memory }: Session, reason: CheckInReason, came: number): boolean {
  if (memory.data.owesSync || memory.data.isFresh) return true;
  if (reason === 'woken') return came === 0;
  return reason !== 'report-due';
}

/** What has no place in the launcher's flow: its own workers do it when there is something. */
async function sendRest(session: Session): Promise<void> {
  const { memory, ports, manners } = session;
  const { logRetryAt } = memory.data;
  if (logRetryAt === undefined || logRetryAt <= ports.clock.now()) await uploadLog(session);
  if (manners.mode === 'thorough') await reportDynamicInfo(session);
  await session.save();
}
