// Step 4 of the launcher's order (specs/android.md §1.3, §1.5, §0a.11): which channel the device listens to from now on.
import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import type { AndroidContext } from './context.js';
import type { SavedPush } from './saved.js';
import { pushFor } from './wake.js';

/**
 * Sets the channel up that the configuration asks for. Launcher 6.36 leaves a connection that stands as it is, whatever server and
 * keepalive it was made with; a poll likewise. A thorough device follows the configuration, and tells where the launcher would not.
 */
export function setUpPush(context: AndroidContext, configuration: HeadwindConfiguration): void {
  const { memory, manners } = context;
  const { push: present, oldNumber, hasNoPush } = memory.data;
  const wanted = pushFor(configuration, memory.data, manners);
  if (wanted === undefined) {
    if (hasNoPush) return;
    memory.change({ hasNoPush: true });
    tellNoPush(context);
    return;
  }
  memory.forget('hasNoPush');
  const before = present?.keepalive;
  const { keepaliveTime = 0 } = configuration;
  if (wanted.way === 'mqtt' && keepaliveTime > 65_535 && before !== wanted.keepalive)
    tellKeepalive(context, keepaliveTime);
  if (manners.mode === 'launcher') {
    if (present?.way !== wanted.way) memory.change({ push: wanted });
    return;
  }
  const push = wanted.way === 'mqtt' && oldNumber !== undefined ? { ...wanted, number: oldNumber } : wanted;
  if (present !== undefined && isSame(present, push)) return;
  if (present !== undefined) tellLeft(context, present, push);
  memory.change({ push });
}

const isSame = (one: SavedPush, other: SavedPush): boolean =>
  one.way === other.way &&
  one.baseUrl === other.baseUrl &&
  one.project === other.project &&
  one.number === other.number &&
  one.keepalive === other.keepalive;

function tellNoPush({ device, manners }: AndroidContext): void {
  if (manners.mode === 'launcher') return;
  device.tell({
    type: 'trouble',
    code: 'LAUNCHER_DIFFERS',
    message:
      'the configuration names no pushOptions: launcher 6.36 sets up no channel for pushes, and its timer fails each time, so that it never fetches its configuration by itself',
    about: 'pushOptions',
  });
}

/** Paho writes the last sixteen bits of it into its CONNECT. */
function tellKeepalive({ device }: AndroidContext, seconds: number): void {
  device.tell({
    type: 'trouble',
    code: 'LAUNCHER_DIFFERS',
    message: `keepaliveTime of ${seconds} s: MQTT has no longer one than 65535 s, which is taken; launcher 6.36 tells the broker ${seconds % 65_536} s, and pings after ${seconds} s`,
    about: 'keepaliveTime',
  });
}

function tellLeft({ device }: AndroidContext, present: SavedPush, wanted: SavedPush): void {
  const tell = (message: string): void =>
    device.tell({ type: 'trouble', code: 'LAUNCHER_DIFFERS', message, about: 'pushOptions' });
  if (present.way !== wanted.way)
    tell(`launcher 6.36 begins with ${wanted.way} and goes on with ${present.way} beside it: each push comes twice`);
  else if (present.baseUrl !== wanted.baseUrl || present.project !== wanted.project)
    tell(
      `launcher 6.36 goes on listening to ${present.baseUrl} for pushes (${present.way}) and does not hear those of ${wanted.baseUrl}, until it is renumbered, loses the connection or starts again`,
    );
  else if (present.keepalive !== wanted.keepalive && present.way === 'mqtt')
    tell(
      `launcher 6.36 keeps its connection with a keepalive of ${present.keepalive} s; ${wanted.keepalive} s are asked for`,
    );
}
