import { isRollcallError } from '../../../base/errors.js';
import { agentError } from '../../errors.js';
import { exponentialPause } from '../../platform/schedule.js';
import { type MqttOptions, mqttDialer } from './mqtt-dialer.js';
import { type LossPolicy, type OwnConnectionsOptions, ownConnections } from './own-connections.js';
import type { OpenWay } from './way.js';

/** Launcher 6.36: a first connection that failed, or hung for 30 s, is tried again after this time, or with the next configuration. */
const untilNextStartMs = 900_000;
/** Its MQTT client (Paho) goes back to a broker that was lost after these. */
const pauses = { firstPauseMs: 1_000, longestPauseMs: 128_000 };
/** A broker that floods is left alone this long, whatever it had the device fetch: a bound of ours. */
const afterFloodMs = 900_000;
/**
 * More connections than this within the time, and the launcher takes it that two devices have one number. It stops when it has made
 * one more, a device here when that is lost: for pauses that grow nobody comes so far who is not connected in between.
 */
const loop = { connections: 15, withinMs: 60_000 };

/**
 * When a device goes back to its broker: the launcher's times with jitter, which the launcher has not (by convention): up to a tenth
 * later, or sooner by up to half.
 */
export const mqttAfterLoss: LossPolicy = ({ cause, wasEverReady, losses, lostAt, now, fraction }) => {
  if (isRollcallError(cause, 'PUSH_FLOOD')) return { pauseMs: Math.round(afterFloodMs * (1 + fraction / 10)) };
  const recent = lostAt.filter((at) => at > now - loop.withinMs).length;
  if (recent > loop.connections)
    return {
      givesUp: agentError(
        'PUSH_DUPLICATE',
        `${recent} connections to the broker lost within ${loop.withinMs / 1000} s: two devices have the same number`,
        { details: { lost: recent, withinMs: loop.withinMs } },
      ),
    };
  const pauseMs = wasEverReady
    ? exponentialPause(pauses, losses - 1, fraction)
    : untilNextStartMs + (fraction * untilNextStartMs) / 10;
  return { pauseMs: Math.round(pauseMs), endsWhenAsked: true };
};

/** Devices that wait for pushes at MQTT brokers, each by a connection of its own: the way `mqtt` (mqtt-dialer.ts, docs/push.md). */
export const mqttWay = (options: MqttOptions & Omit<OwnConnectionsOptions, 'dial' | 'clock' | 'operation'>): OpenWay =>
  ownConnections({ afterLoss: mqttAfterLoss, operation: 'mqtt-connect', ...options, dial: mqttDialer(options) });
