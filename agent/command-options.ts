import type { PlatformName } from '../protocol/vocabulary.js';

/** What a person types after `rollcall device`. */
export interface DeviceCommandOptions {
  readonly platform: PlatformName;
  readonly server?: string | undefined;
  readonly profile?: string | undefined;
  readonly user?: string | undefined;
  readonly state?: string | undefined;
  readonly ca?: string | undefined;
  readonly push?: string | undefined;
  readonly poll?: string | undefined;
  readonly 'allow-http': boolean;
  readonly once: boolean;
  readonly forget: boolean;
  readonly json: boolean;
}
