// By convention: what an emulated device says of its surroundings is a function of who it is and of the time, so that the same
// device says the same again.
import { hash } from 'node:crypto';
import type { DeviceFacts } from '../../../model/state.js';

const hour = 3_600_000;
const day = 24 * hour;

/** A number in [0, 1) that belongs to this device, this thing and this stretch of time. */
function drawn({ serial, id }: DeviceFacts, what: string, now: number, everyMs: number): number {
  const stretch = Math.floor(now / everyMs);
  return hash('sha256', `${serial}\0${id}\0${what}\0${stretch}`, 'buffer').readUInt32BE(0) / 2 ** 32;
}

const between = (low: number, high: number, part: number): number => low + Math.floor(part * (high - low + 1));

/** On the charger from nine in the evening to six in the morning (UTC), some by a cable of a computer. */
export function charging(facts: DeviceFacts, now: number): 'usb' | 'ac' | '' {
  const hourOfDay = (now % day) / hour;
  if (hourOfDay >= 6 && hourOfDay < 21) return '';
  return drawn(facts, 'charger', 0, 1) < 0.25 ? 'usb' : 'ac';
}

/** Somewhere in the northern temperate zone, and within a few hundred metres of there. Degrees. */
export function position(facts: DeviceFacts, now: number): { readonly lat: number; readonly lon: number } {
  const nearby = (what: string): number => (drawn(facts, what, now, 15 * 60_000) - 0.5) / 200;
  const degrees = (value: number): number => Math.round(value * 1e6) / 1e6;
  return {
    lat: degrees(40 + 15 * drawn(facts, 'lat', 0, 1) + nearby('north')),
    lon: degrees(-10 + 40 * drawn(facts, 'lon', 0, 1) + nearby('east')),
  };
}

/** Signal strengths in dBm, addresses, counters, memory: what dynamic information is made of. */
export function surroundings(facts: DeviceFacts, now: number) {
  const at = (what: string, low: number, high: number): number => between(low, high, drawn(facts, what, now, 60_000));
  const own = (what: string, low: number, high: number): number => between(low, high, drawn(facts, what, 0, 1));
  const sinceThen = Math.floor((now % (30 * day)) / 1000); // counters begin anew with each month
  return {
    wifiRssi: at('wifi', -75, -40),
    mobileRssi: at('mobile', -110, -75),
    wifiAddress: `192.168.${own('net', 0, 3)}.${own('host', 20, 250)}`,
    mobileAddress: `10.${own('m1', 0, 255)}.${own('m2', 0, 255)}.${own('m3', 2, 254)}`,
    wifiSent: sinceThen * own('wifi-tx', 200, 900),
    wifiReceived: sinceThen * own('wifi-rx', 2000, 9000),
    mobileSent: sinceThen * own('mobile-tx', 20, 90),
    mobileReceived: sinceThen * own('mobile-rx', 100, 500),
    memoryTotal: own('memory', 2, 6) * 2048,
    memoryAvailable: at('available', 700, 1900),
    ringVolume: own('volume', 0, 7),
    altitude: own('altitude', 0, 300),
  };
}
