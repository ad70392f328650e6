// The door of push by MQTT: a broker of our own, or one that runs already.
export { defaultAdminPassword } from './access.js';
export { openBroker } from './embedded.js';
export { openExternalBroker } from './external.js';
export type { BrokerFigures, BrokerOptions, ExternalBrokerOptions, PushBroker, WaitingBounds } from './types.js';
