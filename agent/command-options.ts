import type { DiagnosticsOptions } from '../base/diagnostics-options.js';
import type { PlatformName } from '../protocol/vocabulary.js';

/** What a person types after `rollcall device`. */
export interface DeviceCommandOptions extends DiagnosticsOptions {
  readonly platform: PlatformName;
  readonly server?: string | undefined;
  readonly profile?: string | undefined;
  readonly user?: string | undefined;
  readonly 'enroll-token'?: string | undefined;
  readonly entra?: string | undefined;
  readonly autopilot?: 'user-driven' | 'self-deploying' | undefined;
  readonly state?: string | undefined;
  readonly ca?: string | undefined;
  readonly push?: string | undefined;
  readonly poll?: string | undefined;
  readonly clock?: string | undefined;
  readonly skew?: string | undefined;
  readonly network?: string | undefined;
  readonly 'company-portal'?: string | undefined;
  readonly 'start-in'?: 'portal' | 'system' | undefined;
  /** Undefined: as it was the last time, or no. */
  readonly 'allow-http'?: boolean | undefined;
  readonly lenient?: string | undefined;
  readonly serial?: string | undefined;
  readonly udid?: string | undefined;
  readonly model?: string | undefined;
  readonly os?: string | undefined;
  readonly name?: string | undefined;
  readonly csr?: 'strict' | 'win10' | 'win11' | undefined;
  readonly management?: 'fully-managed' | 'work-profile' | 'application' | undefined;
  readonly signatures?: 'server' | 'launcher-6.36' | undefined;
  readonly 'mqtt-port'?: number | undefined;
  readonly 'mqtt-tls'?: boolean | undefined;
  readonly exact?: boolean | undefined;
  readonly background?: boolean | undefined;
  readonly automated?: boolean | undefined;
  readonly seed?: string | undefined;
  readonly unsupervised: boolean;
  readonly once: boolean;
  readonly stay: boolean;
  readonly forget: boolean;
  readonly json: boolean;
  /** RUN:INDEX: a device of a fleet's run. With it alone: token and users. */
  readonly replay?: string | undefined;
  readonly token?: string | undefined;
  readonly users?: string | undefined;
  readonly 'log-level'?: string | undefined;
}
