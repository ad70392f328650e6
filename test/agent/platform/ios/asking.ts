// A device that is enrolled, and its server's way to ask it one command and read the answer.
import { expect } from 'vitest';
import type { Link } from '../../../../agent/platform/driver.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import {
  command,
  data,
  enrollmentProfile,
  type MdmKeys,
  type OpensslIdentity,
  openStage,
  profile,
  type Stage,
  type StageOptions,
} from './harness.js';

export interface Asking {
  readonly stage: Stage;
  readonly link: Link;
  /** The result of one command. */
  ask(requestType: string, keys?: string): Promise<PlistDict>;
  /** Installs a profile of these payloads. */
  install(identifier: string, payloads: readonly string[]): Promise<PlistDict>;
}

export async function askedDevice(
  identity: OpensslIdentity,
  options: StageOptions & { readonly mdm?: MdmKeys } = {},
): Promise<Asking> {
  const stage = openStage(options);
  const link = await stage.enroll(enrollmentProfile(identity, options.mdm));
  const ask = async (requestType: string, keys = ''): Promise<PlistDict> => {
    stage.server.queue.push(command(requestType, keys));
    expect((await link.checkIn(stage.session)).commands).toBe(1);
    return stage.server.last;
  };
  const install = (identifier: string, payloads: readonly string[]) =>
    ask('InstallProfile', `<key>Payload</key>${data(profile(identifier, payloads))}`);
  return { stage, link, ask, install };
}

/** The codes of a result's ErrorChain, the outermost first. */
export const chainOf = (answer: PlistDict): number[] =>
  ((answer['ErrorChain'] ?? []) as PlistDict[]).map((link) => Number(link['ErrorCode']));
