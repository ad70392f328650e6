// Devices that wait at an MQTT broker through the wake-up port, against bare mqtt.js: memory of each, and connecting.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './cpu.js';
import type { FromMqttBroker, MqttClients } from './mqtt-messages.js';

/** A small young generation: its size, which comes and goes, would be more than what is measured. */
const execArgv = ['--expose-gc', '--max-semi-space-size=1'];

interface MqttFigure {
  readonly devices: number;
  /** Medians over the pairs; the ratios are medians of the ratios pair by pair. */
  readonly bytes: number;
  readonly bareBytes: number;
  readonly memoryRatio: number;
  readonly perCpuSecond: number;
  readonly barePerCpuSecond: number;
  readonly connectRatio: number;
  readonly pairs: readonly { readonly ours: MqttClients; readonly bare: MqttClients }[];
}

export async function benchMqtt(
  { devices, pairs }: { devices: number; pairs: number },
  note: (text: string) => void,
): Promise<MqttFigure> {
  const broker = fork(program('mqtt-broker'));
  const port = await new Promise<number>((resolve, reject) => {
    broker.once('message', (message: FromMqttBroker) => resolve(message.port));
    broker.once('error', reject);
  });
  const measured: { ours: MqttClients; bare: MqttClients }[] = [];
  try {
    for (let pair = 0; pair < pairs; pair++) {
      const ours = await clients('ours', devices, port);
      const bare = await clients('bare', devices, port);
      note(
        `  ${kib(ours.bytesEach)} against ${kib(bare.bytesEach)} KiB, ${ours.perSecond.toFixed(0)} against ${bare.perSecond.toFixed(0)} a second`,
      );
      measured.push({ ours, bare });
    }
  } finally {
    broker.disconnect();
  }
  const of = (kind: 'ours' | 'bare', name: keyof MqttClients) => median(measured.map((pair) => pair[kind][name]));
  const ratio = (name: keyof MqttClients) => median(measured.map(({ ours, bare }) => ours[name] / bare[name]));
  return {
    devices,
    bytes: of('ours', 'bytesEach'),
    bareBytes: of('bare', 'bytesEach'),
    memoryRatio: ratio('bytesEach'),
    perCpuSecond: of('ours', 'perCpuSecond'),
    barePerCpuSecond: of('bare', 'perCpuSecond'),
    connectRatio: ratio('perCpuSecond'),
    pairs: measured,
  };
}

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
const program = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

function clients(kind: 'ours' | 'bare', devices: number, port: number): Promise<MqttClients> {
  return new Promise((resolve, reject) => {
    const child = fork(program('mqtt-clients'), [kind, String(devices), String(port)], { execArgv });
    child.once('message', (message: MqttClients) => resolve(message));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process of the ${kind} clients ended with code ${code}`)));
  });
}
