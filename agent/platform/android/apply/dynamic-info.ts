// Dynamic information (specs/android.md §1.6). The worker of the open-source launcher is empty: what is sent is what its paid one
// sends and the server's beans read, with values by convention (believable.ts).
import { isRollcallError } from '../../../../base/errors.js';
import { troubleOf } from '../../trouble.js';
import type { AndroidContext } from '../context.js';
import { charging, position, surroundings } from './believable.js';
import { configurationOf } from './configuration.js';
import { networkOf } from './downloads.js';
import { hardwareIdentity } from './identity.js';

const minute = 60_000;
/** Bounds on the interval that a server may ask for, in minutes. */
const shortest = 1;
const longest = 24 * 60;

/**
 * Asks after each configuration whether dynamic information is wanted, and sends it where it is due; otherwise nothing. Mode
 * `launcher` does nothing at all: launcher 6.36 has none. Failures are told. Throws INTERRUPTED.
 */
export async function reportDynamicInfo(context: AndroidContext): Promise<void> {
  const { memory, manners, api, ports, device, signal } = context;
  const { syncs = 0, dynamicInfo } = memory.data;
  const now = ports.clock.now();
  if (manners.mode === 'launcher' || !isDue(dynamicInfo, syncs, now)) return;
  try {
    const { sendData, intervalMins } = await api.dynamicInfoSettings();
    const bounded = Math.min(Math.max(intervalMins, shortest), longest);
    const wasSent = dynamicInfo?.sendData === true && dynamicInfo.at + bounded * minute > now;
    if (sendData && !wasSent) await api.sendDynamicInfo([dynamicInfoOf(context)]);
    if (sendData && dynamicInfo?.sendData !== true) tellDifference(context);
    memory.change({ dynamicInfo: { sendData, intervalMins: bounded, at: wasSent ? dynamicInfo.at : now, syncs } });
  } catch (error) {
    if (signal.aborted || !isRollcallError(error)) throw error;
    if (dynamicInfo?.sendData === true) device.tell(troubleOf(error, 'deviceinfo'));
    // a server without the plug-in answers 404: it is asked again after the next configuration
    memory.change({ dynamicInfo: { sendData: false, intervalMins: longest, ...dynamicInfo, at: now, syncs } });
  }
}

type Asked = AndroidContext['memory']['data']['dynamicInfo'];

const isDue = (asked: Asked, syncs: number, now: number): boolean =>
  asked === undefined || asked.syncs !== syncs || (nextDynamicInfo(asked) ?? Number.POSITIVE_INFINITY) <= now;

const tellDifference = ({ device }: AndroidContext): void =>
  device.tell({
    type: 'trouble',
    code: 'LAUNCHER_DIFFERS',
    message: 'the open-source launcher 6.36 sends no dynamic information: only its paid one does',
    about: 'deviceinfo',
  });

/** When dynamic information is due next: undefined where none is wanted. */
export const nextDynamicInfo = (asked: Asked): number | undefined =>
  asked?.sendData === true ? asked.at + asked.intervalMins * minute : undefined;

/** One record, at this moment. */
function dynamicInfoOf(context: AndroidContext): object {
  const { device, ports } = context;
  const { facts, condition } = device.state;
  const now = ports.clock.now();
  const configuration = configurationOf(context);
  const { imei, imsi } = hardwareIdentity(context);
  const around = surroundings(facts, now);
  const isWifi = networkOf(context, configuration ?? {}) === 'wifi';
  const hasGps = configuration?.gps !== false;
  const hasData = imei !== undefined && configuration?.mobileData !== false;
  return {
    ts: now,
    device: {
      batteryLevel: Math.floor(condition.batteryPercent),
      batteryCharging: charging(facts, now),
      wifi: configuration?.wifi !== false,
      gps: hasGps,
      ip: isWifi ? around.wifiAddress : around.mobileAddress,
      keyguard: condition.locked,
      ringVolume: around.ringVolume,
      mobileData: hasData,
      bluetooth: configuration?.bluetooth !== false,
      usbStorage: configuration?.rest['usbStorage'] !== false,
      memoryTotal: around.memoryTotal,
      memoryAvailable: Math.min(around.memoryAvailable, around.memoryTotal),
    },
    ...(isWifi ? { wifi: wifiOf(context, around) } : {}),
    ...(hasGps
      ? {
          gps: { state: 'active', provider: 'gps', ...position(facts, now), alt: around.altitude, speed: 0, course: 0 },
        }
      : {}),
    ...(imei === undefined
      ? {}
      : {
          mobile: {
            rssi: around.mobileRssi,
            carrier: 'Test PLMN 1-1',
            number: configuration?.phone ?? '',
            imsi,
            data: hasData,
            ip: isWifi ? '' : around.mobileAddress,
            state: isWifi || !hasData ? 'disconnected' : 'connected',
            simState: 'ready',
            tx: around.mobileSent,
            rx: around.mobileReceived,
          },
        }),
  };
}

/** The network that a profile brought, else one without a name of ours. */
function wifiOf({ device }: AndroidContext, around: ReturnType<typeof surroundings>): object {
  const held = device.state.holdings.find(({ profile }) => profile.kind === 'wifi')?.profile;
  return {
    rssi: around.wifiRssi,
    ssid: held?.kind === 'wifi' ? held.ssid : 'AndroidWifi',
    security: held?.kind === 'wifi' && held.security !== 'none' ? 'WPA2' : 'none',
    state: 'connected',
    ip: around.wifiAddress,
    tx: around.wifiSent,
    rx: around.wifiReceived,
  };
}
