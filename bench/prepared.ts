// A fleet that is enrolled already, for benches of many devices: made by the command, in processes of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../base/log.js';
import { type EmbeddedTarget, startEmbedded } from '../fleet/coordinator/embedded.js';
import { type EnginePorts, openEnginePorts } from '../fleet/engine/engine-ports.js';
import type { ShardJob } from '../fleet/engine/messages.js';
import type { FleetPlan } from '../fleet/scenario/model.js';
import { readScenario } from '../fleet/scenario/read.js';
import { openFleetState } from '../fleet/state/folder.js';
import { type BenchPlatform, benchGroups } from './stage.js';

export interface PreparedFleet {
  /** Of `--state`. */
  readonly folder: string;
  readonly plan: FleetPlan;
  /** Its generation for an engine that is opened now, greater with each call. */
  nextGeneration(): number;
  /** Starts the stub that knows the devices, in a process of its own. */
  openStub(): Promise<EmbeddedTarget>;
  remove(): void;
}

const self = [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url))];

/** Prepares so many devices, with a pool of 16 keys as the other benches have it. */
export async function prepareBench(devices: number, platform: BenchPlatform): Promise<PreparedFleet> {
  const root = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const [folder, file] = [join(root, 'fleet'), join(root, 'scenario.yaml')];
  const mix = benchGroups(devices, platform).filter(({ count }) => count > 0);
  const counts = mix.map(({ platform: each, count }) => `${each}: ${count}`).join(', ');
  const text = `name: bench\nseed: bench\nauthority: intune\ndevices: { ${counts}, keys: { pool: 16 } }\nphases: [{ enroll: {} }]\n`;
  writeFileSync(file, text);
  try {
    await ended([...self, 'fleet', 'prepare', file, '--state', folder]);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
  const state = openFleetState(folder);
  const { fleet, authorityFolder } = state;
  let { generation } = state;
  state.close();
  const plan = readScenario(text);
  return {
    folder,
    plan,
    nextGeneration: () => generation++,
    openStub: () =>
      startEmbedded({
        self,
        plan,
        signal: new AbortController().signal,
        data: authorityFolder,
        ports: { https: Number(new URL(fleet?.server.url ?? '').port), mqtt: fleet?.server.mqttPort },
      }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function ended([program = '', ...args]: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the fleet could not be prepared: exit code ${code}`));
    });
  });
}

/** An engine's ports whose devices do not wait to be woken: what their connections cost is the benches `mqtt` and `push`. */
export async function unwokenPorts(...[job]: readonly [ShardJob, ...unknown[]]): Promise<EnginePorts> {
  const made = await openEnginePorts(job, silentLog);
  const { wake: _, ...ports } = made.ports;
  return { ...made, ports };
}
