import { openAedes, openMosquitto } from '../support/brokers.js';
import { describeWith } from '../support/programs.js';
import { openMqttService } from '../support/wake-mqtt.js';
import { openPollService, openPushService } from '../support/wake-services.js';
import { type WakeWayManners, wakeWayContract } from './wake-way.js';

wakeWayContract('a socket that many share', () => openPushService(true), { hasBound: false });
wakeWayContract('a connection of each device', () => openPushService(false), { hasBound: true });
wakeWayContract('long polls', openPollService, { hasBound: true });

/** A first connection that fails is tried again with the launcher's pause, and a tenth of it as jitter. */
const mqtt: WakeWayManners = { hasBound: true, pauseMs: () => [900_000, 990_000] };
wakeWayContract('MQTT, at aedes', () => openMqttService(openAedes), mqtt);
describeWith('mosquitto')('MQTT, at another broker', () => {
  wakeWayContract('MQTT, at mosquitto', () => openMqttService(openMosquitto), mqtt);
});
