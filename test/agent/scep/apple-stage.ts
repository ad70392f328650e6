// A device of the tests before a SCEP server of theirs, and Apple's client on it.
import { expect } from 'vitest';
import type { Leniency } from '../../../agent/model/leniency.js';
import { appleScepRules } from '../../../agent/platform/ios/scep-rules.js';
import { requestCertificate, type ScepClientOptions } from '../../../agent/scep/client.js';
import type { ScepSettings } from '../../../protocol/scep/settings.js';
import { openStage, type Stage } from '../platform/ios/harness.js';
import { type Party, ScepServer } from './server.js';

export const settings: ScepSettings = {
  url: 'https://mdm.test/scep',
  subject: [[['O', 'Example']], [['CN', 'Ada']]],
  challenge: 'secret',
  keySizeBits: 2048,
  keyUsage: ['digitalSignature'],
  retries: 3,
  retryDelaySeconds: 10,
};

export const lenient: ReadonlySet<Leniency> = new Set(['scep'] as const);

/** A server without a fault. */
export function openApple(ca: Party): { stage: Stage; server: ScepServer } {
  const stage = openStage();
  const keyPem = ca.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const server = new ScepServer({ certificate: ca.certificate, keyPem }, () => new Date(stage.clock.now()));
  server.capabilities = 'AES\nPOSTPKIOperation\nSHA-256\n';
  stage.server.override = (request) => server.answer(request);
  return { stage, server };
}

export const request = (stage: Stage, changes: Partial<ScepSettings> = {}, options: Partial<ScepClientOptions> = {}) =>
  requestCertificate(
    { ...settings, ...changes },
    {
      ports: stage.ports,
      signal: stage.signal,
      commonName: 'fallback',
      rules: appleScepRules,
      tell: (happening) => stage.view.tell(happening),
      ...options,
    },
  );

/** What a refusal looks like. */
export const refused = (reason: string, step: string): unknown =>
  expect.objectContaining({ code: 'SCEP_FAILED', details: expect.objectContaining({ reason, step }) });

/** Refused by a device, and told as lifted where the user lifts it. */
export async function isLifted(
  stage: Stage,
  reason: string,
  step: string,
  changes: Partial<ScepSettings> = {},
): Promise<void> {
  const lifted = () => stage.happenings.filter(({ type }) => type === 'lifted');
  await expect(request(stage, changes)).rejects.toEqual(refused(reason, step));
  const error = await request(stage, changes).catch((thrown: unknown) => thrown);
  expect(lifted()).toEqual([]);
  await expect(request(stage, changes, { lenient })).resolves.toBeDefined();
  const message = (error as Error).message;
  expect(lifted()).toEqual([{ type: 'lifted', lenient: 'scep', code: 'SCEP_FAILED', message }]);
}
