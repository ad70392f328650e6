import { openPollService, openPushService } from '../support/wake-services.js';
import { wakeWayContract } from './wake-way.js';

wakeWayContract('a socket that many share', () => openPushService(true), { hasBound: false });
wakeWayContract('a connection of each device', () => openPushService(false), { hasBound: true });
wakeWayContract('long polls', openPollService, { hasBound: true });
