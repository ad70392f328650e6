// A device of the tests that synchronises declarations, and the server that declares them.
import { expect } from 'vitest';
import type { Invitation, Link } from '../../../../agent/platform/driver.js';
import { readDeclarationStatuses, readStatusReport } from '../../../../protocol/apple-mdm/ddm-status.js';
import { judgeCheckin, judgeDdm } from '../../../support/apple-schema.js';
import { hasSchema } from '../../../support/shared.js';
import {
  command,
  enrollmentProfile,
  type OpensslIdentity,
  openStage,
  type Stage,
  type StageOptions,
} from './harness.js';

export const simple = 'com.apple.activation.simple';
export const test = 'com.apple.configuration.management.test';
export const subscriptions = 'com.apple.configuration.management.status-subscriptions';
export const legacy = 'com.apple.configuration.legacy';
export const passcode = 'com.apple.configuration.passcode.settings';

type Kind = 'activation' | 'configuration' | 'asset' | 'management';
export interface Declared {
  readonly type: string;
  readonly payload: object;
  readonly token?: string;
}

/** What a server declares: it answers tokens and items from this, one body per Endpoint. */
export function declare(stage: Stage, token: string, declared: Readonly<Record<string, Declared>>): void {
  const { declarative } = stage.server;
  declarative.clear();
  const kindOf = (type: string): Kind => type.split('.')[2] as Kind;
  const items = (kind: Kind) =>
    Object.entries(declared)
      .filter(([, { type }]) => kindOf(type) === kind)
      .map(([Identifier, each]) => ({ Identifier, ServerToken: each.token ?? '1' }));
  declarative.set('tokens', tokens(token));
  declarative.set(
    'declaration-items',
    JSON.stringify({
      Declarations: {
        Activations: items('activation'),
        Configurations: items('configuration'),
        Assets: items('asset'),
        Management: items('management'),
      },
      DeclarationsToken: token,
    }),
  );
  for (const [Identifier, { type, payload: Payload, token: ServerToken = '1' }] of Object.entries(declared)) {
    declarative.set(
      `declaration/${kindOf(type)}/${Identifier}`,
      JSON.stringify({ Type: type, Identifier, ServerToken, Payload }),
    );
  }
}
export const tokens = (token: string): string =>
  JSON.stringify({ SyncTokens: { Timestamp: '2026-11-21T08:00:00Z', DeclarationsToken: token } });
export const activating = (...names: string[]): Declared => ({
  type: simple,
  payload: { StandardConfigurations: names },
});

/** Enrolled, with what a test asks of it: to synchronise, and what it reported last. */
export async function declarativeStage(
  identity: OpensslIdentity,
  options: StageOptions & Pick<Invitation, 'allowHttp'> = {},
) {
  const stage = openStage(options);
  const { allowHttp = false } = options;
  const link: Link = await stage.enroll(enrollmentProfile(identity), { allowHttp });
  const sync = async (keys = '') => {
    const before = stage.server.endpoints.length;
    stage.server.queue.push(command('DeclarativeManagement', keys));
    const report = await link.checkIn(stage.session);
    if (hasSchema()) {
      for (const message of stage.server.checkIns.slice(2)) {
        expect(judgeCheckin('DeclarativeManagement', message)).toEqual([]);
      }
    }
    return { endpoints: stage.server.endpoints.slice(before), report };
  };
  const lastReport = () => {
    const message = stage.server.checkIns.findLast((each) => each['Endpoint'] === 'status');
    const report = readStatusReport(message?.['Data'] as Uint8Array);
    if (hasSchema()) expect(judgeDdm('StatusReport', report)).toEqual([]);
    return report;
  };
  const told = (kind: 'activations' | 'configurations' | 'assets' | 'management', identifier: string) =>
    readDeclarationStatuses(lastReport())?.[kind].find((each) => each.identifier === identifier);
  return { stage, link, sync, lastReport, told };
}
export const reasons = (status: { reasons?: readonly { code: string }[] | undefined } | undefined) =>
  (status?.reasons ?? []).map(({ code }) => code);
