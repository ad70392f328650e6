import { expect, it, onTestFinished } from 'vitest';
import { createPorts } from '../../agent/index.js';
import { silentLog } from '../../base/log.js';
import { counted } from '../../bench/counted.js';
import { startKeptServer } from '../../bench/kept-authority.js';
import { Population } from '../../fleet/engine/population.js';
import { crowdOf } from '../../fleet/engine/selection.js';

const devices = 3;
const rounds = 2;

async function openCrowd(connections: 'shared' | 'per-session', mostHeld: number) {
  const server = await startKeptServer();
  onTestFinished(() => server.close());
  const made = await createPorts({
    log: silentLog,
    keys: { size: 1, mode: 'pool' },
    allowHttp: true,
    http: { connections },
  });
  onTestFinished(() => made.close());
  const crowd = new Population({ seed: 'kept', ...crowdOf({ ios: devices }), ports: made.ports, mostHeld });
  for (let index = 0; index < devices; index++)
    await crowd.turn(index, (device) =>
      device.enroll({ authority: 'kept', document: server.profile, allowHttp: true }),
    );
  const checkIn = async (): Promise<void> => {
    for (let k = 0; k < devices * rounds; k++)
      await crowd.turn(k % devices, async (device) => expect(await device.checkIn()).toMatchObject({ requests: 1 }));
  };
  return { server, crowd, checkIn };
}

it('a check-in over a kept connection is one signature: no connection, TLS context or unpacking with it', async () => {
  const { server, crowd, checkIn } = await openCrowd('shared', devices);
  await checkIn();
  const before = { ...server.counts };
  const facts = crowd.peek(0)?.facts;
  const crypto = ['sign', 'createPrivateKey', 'createPublicKey'] as const;
  let signed: Readonly<Record<(typeof crypto)[number], number>> | undefined;
  const contexts = await counted('node:tls', ['createSecureContext'], async () => {
    signed = await counted('node:crypto', crypto, checkIn);
  });
  expect(contexts).toEqual({ createSecureContext: 0 });
  expect(signed).toMatchObject({ sign: devices * rounds, createPrivateKey: 0 });
  expect(server.counts).toEqual({ connections: before.connections, messages: before.messages + devices * rounds });
  expect(crowd.peek(0)?.facts).toBe(facts);
});

it('each device has a connection of its own where they are kept', async () => {
  const { server, checkIn } = await openCrowd('shared', devices);
  const before = server.counts.connections;
  expect(before).toBeGreaterThanOrEqual(devices);
  await checkIn();
  expect(server.counts.connections).toBe(before);
});

it('a device at rest is its packed state alone where connections end with their sessions', async () => {
  const { server, crowd, checkIn } = await openCrowd('per-session', 0);
  const before = server.counts.connections;
  const facts = crowd.peek(0)?.facts;
  await checkIn();
  expect(server.counts.connections).toBe(before + devices * rounds);
  expect(crowd.peek(0)?.facts).toEqual(facts);
  expect(crowd.peek(0)?.facts).not.toBe(facts);
});

it('the states that are held unpacked are those used last', async () => {
  const { crowd, checkIn } = await openCrowd('shared', 1);
  await checkIn();
  expect(crowd.peek(devices - 1)).toBe(crowd.peek(devices - 1));
  expect(crowd.peek(0)).not.toBe(crowd.peek(0));
  expect(crowd.peek(0)?.lastCheckInAt).toBeDefined();
});
