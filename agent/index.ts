// The door of agent/: fleet, the command line and people's own tests come in here and nowhere else.

export { fleetToken } from '../protocol/mde2/fleet-token.js';
export { createDevice, emulated, enrollAddress, numberOf, platforms } from './create-device.js';
export type { Desk } from './desk.js';
export type { Device, DeviceChange, DeviceEvent, DeviceOptions } from './device-types.js';
export { agentCatalogue, agentError } from './errors.js';
export { readEntra } from './invite.js';
export type { HttpOptions } from './io/http.js';
export { createHttp } from './io/http.js';
export { type KeyPool, type KeyPoolFigures, type KeyPoolOptions, openKeyPool } from './io/key-pool.js';
export { createPorts, type OpenPorts, type PortsOptions } from './io/ports.js';
export { seededRandom, systemRandom } from './io/random.js';
export { type FollowedClock, type FollowOptions, followClock } from './io/stub-clock.js';
export { type LongPollOptions, longPoll, type PollOutcome, type PollVerdict } from './io/wake/long-poll.js';
export {
  type ConnectionEvents,
  type OwnConnectionsOptions,
  ownConnections,
  type WakeConnection,
  type WakeDialer,
} from './io/wake/own-connections.js';
export { type SharedSocketOptions, sharedSocket } from './io/wake/shared-socket.js';
export { createWakeUps, type WakeUpClient, type WakeUpsOptions } from './io/wake/wake-ups.js';
export type { OpenWay, WakeWay, WayEvents, WayPorts } from './io/wake/way.js';
export type * from './model/happening.js';
export { type Leniency, leniencies, readLeniencies } from './model/leniency.js';
export type { State } from './model/lifecycle.js';
export { type Operation, operations } from './model/operations.js';
export { graceEndsAt, isStale, type Switch, type Switches } from './model/ownership.js';
export type * from './model/ports.js';
export type { ServerRules, ServerTrust } from './model/server-rules.js';
export type {
  App,
  CompanyPortal,
  Condition,
  DeviceFacts,
  DeviceState,
  Holding,
  LostMode,
  SavedLink,
} from './model/state.js';
export { skewed } from './own-clock.js';
export { type Copying, type Drawn, drawnText, type OwnWord } from './platform/copying.js';
export type {
  Apply,
  CheckInReason,
  DeviceView,
  DeviceWish,
  Driver,
  EnrollmentCertificate,
  EntraGrant,
  EntraSignIn,
  Invitation,
  Link,
  LinkReport,
  LocalAct,
  LocalReport,
  PlannedCheckIn,
  Platform,
  SaveDevice,
  SessionReport,
  SessionRequest,
  Settle,
  SignIn,
} from './platform/driver.js';
export { checkInReasons } from './platform/driver.js';
export {
  defaultRetry,
  exponentialRetry,
  type FailedTry,
  nextOfTiers,
  type RetryPolicy,
  type Tier,
} from './platform/schedule.js';
export { type Beside, besideOf, withBeside } from './store/beside.js';
export { openFileStore } from './store/file-store.js';
export { createMemoryStore } from './store/memory-store.js';
export { createPacker, type Packer, packerOf, packState, unpackState } from './store/pack.js';
export type { DeviceStore } from './store/store.js';
