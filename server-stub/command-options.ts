import type { DiagnosticsOptions } from '../base/diagnostics-options.js';
import type { Authority } from '../protocol/vocabulary.js';

export const defaultCaFile = '.rollcall/ca.pem';

/** What a person types after `rollcall server`. */
export interface ServerOptions extends DiagnosticsOptions {
  readonly port: number;
  readonly 'push-port': number;
  readonly 'push-rate'?: number | undefined;
  readonly 'max-connections'?: number | undefined;
  readonly host: string;
  readonly tenant?: string | undefined;
  readonly data?: string | undefined;
  readonly 'ca-file'?: string | undefined;
  readonly authority: Authority;
  readonly users: number;
  readonly clock?: string | undefined;
  readonly 'signing-skew'?: string | undefined;
  readonly 'windows-quirks': boolean;
  readonly 'mqtt-port'?: number | undefined;
  readonly 'mqtt-url'?: string | undefined;
  readonly 'android-context'?: string | undefined;
  readonly 'android-create': boolean;
  readonly json: boolean;
  readonly 'until-stdin-ends': boolean;
}
