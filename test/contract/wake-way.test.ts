import { openAedes, openMosquitto } from '../support/brokers.js';
import { describeWith } from '../support/programs.js';
import { openHeadwindPolls } from '../support/wake-headwind.js';
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

wakeWayContract('Headwind long polls', () => openHeadwindPolls(true), {
  hasBound: true,
  pauseMs: () => [60_000, 60_000],
  firstPauseMs: 60_000,
  stepMs: 1_000,
});
wakeWayContract('Headwind polls of old', () => openHeadwindPolls(false), {
  hasBound: true,
  pauseMs: () => [1_000, 1_000],
  stepMs: 1_000,
  isUnconnected: true,
});
