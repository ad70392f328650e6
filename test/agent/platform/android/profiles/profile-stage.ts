// An Android device that is given documents, with a SCEP server that it reaches.
import { seededRandom } from '../../../../../agent/io/random.js';
import { applyCommand, newDevice } from '../../../../../agent/model/apply-command.js';
import type { Happening, ToldCommand, ToldTrouble } from '../../../../../agent/model/happening.js';
import type { Ports } from '../../../../../agent/model/ports.js';
import type { DeviceState } from '../../../../../agent/model/state.js';
import { beginCommands, tellCommands } from '../../../../../agent/platform/android/apply/told.js';
import type { AndroidContext, HeadwindApi } from '../../../../../agent/platform/android/context.js';
import { describe as describeDevice } from '../../../../../agent/platform/android/describe.js';
import { type Manners, mannersOf } from '../../../../../agent/platform/android/manners.js';
import { AndroidMemory } from '../../../../../agent/platform/android/memory.js';
import {
  applyProfiles,
  doProfileWork,
  type ProvisionedWifi,
} from '../../../../../agent/platform/android/profiles/apply.js';
import { certificateOf } from '../../../../../agent/platform/android/profiles/certificates.js';
import { type AndroidData, readAndroidData } from '../../../../../agent/platform/android/saved.js';
import { AndroidServerTrust } from '../../../../../agent/platform/android/server-trust.js';
import { manualClock } from '../../../../../base/clock.js';
import { silentLog } from '../../../../../base/log.js';
import { readConfiguration } from '../../../../../protocol/headwind/configuration.js';
import { type Label, writeLabels } from '../../../../../protocol/headwind/labels.js';
import type { ApplicationSetting, HeadwindConfiguration } from '../../../../../protocol/headwind/types.js';
import type { PlainBundle } from '../../../../../protocol/managed-config/bundle.js';
import { bundlesOf } from '../../../../../protocol/managed-config/read.js';
import { writeManagedConfig } from '../../../../../protocol/managed-config/write.js';
import type { Command, Outcome, Profile } from '../../../../../protocol/vocabulary.js';
import { type ScriptedAnswer, type SeenRequest, scriptedHttp } from '../../../../support/scripted-http.js';
import type { MadeCertificate } from '../../../../support/self-signed.js';
import { ScepServer } from '../../../scep/server.js';
import { memoryKeys } from '../../ios/harness.js';

export const startAt = Date.UTC(2026, 10, 26, 12);
export const dayMs = 86_400_000;

/** What a test's server sends, in short. */
export interface Document {
  /** managedConfig by package. */
  readonly apps?: Readonly<Record<string, PlainBundle>>;
  /** Rows by package. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Contents by path of `files[]`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The setting `certificates`. */
  readonly certificates?: string;
  readonly labels?: readonly Label[];
  readonly applications?: readonly string[];
  readonly wifi?: ProvisionedWifi;
}

interface StageOptions {
  readonly manners?: Partial<Manners>;
  readonly decide?: (command: Command) => Outcome | undefined;
}

export function openProfiles({ manners = {}, decide }: StageOptions = {}) {
  const facts = describeDevice(seededRandom('android', 0), { model: 'Pixel 8', os: '15' });
  const view: { state: DeviceState } = { state: { ...newDevice(facts, 80), lifecycle: 'enrolled' } };
  const clock = manualClock(startAt);
  const told: Happening[] = [];
  const commands: Command[] = [];
  let answer: (request: SeenRequest) => ScriptedAnswer = () => {
    throw new Error('there is no server');
  };
  const http = scriptedHttp((request) => answer(request));
  const keys = memoryKeys();
  const ports: Ports = { clock, http, keys, random: seededRandom('profiles', 1), log: silentLog };
  const memory = new AndroidMemory('test', {
    number: 'h0101',
    baseUrl: 'http://mdm.example.test',
    secondaryBaseUrl: 'http://mdm.example.test',
    project: '',
    secret: 'changeme-C3z9vi54',
    retryCount: 1,
    retryDelay: 15,
    enrolledAt: startAt,
    forcedAt: startAt,
    infoAt: startAt,
  });
  const device = {
    get state() {
      return view.state;
    },
    lenient: new Set<never>(),
    tell: (happening: Happening) => void told.push(happening),
  };
  const saves: AndroidData[] = [];
  const controller = new AbortController();
  const contextOf = (): AndroidContext => ({
    device,
    ports,
    memory,
    server: new AndroidServerTrust(device, clock),
    manners: { ...mannersOf(facts), ...manners },
    api: {} as HeadwindApi,
    apply: async (command) => {
      commands.push(command);
      const decided = decide?.(command);
      if (decided !== undefined) return decided;
      const applied = applyCommand(view.state, command, 'test', clock.now());
      view.state = applied.state;
      return applied.outcome;
    },
    signal: controller.signal,
    save: async () => {
      saves.push(readAndroidData(structuredClone(memory.saved.data)));
    },
    undo: () => undefined,
  });
  let syncs = 0;
  return {
    clock,
    keys,
    http,
    memory,
    told,
    commands,
    saves,
    controller,
    view,
    answers: (by: (request: SeenRequest) => ScriptedAnswer) => {
      answer = by;
    },
    scepServer(ca: MadeCertificate): ScepServer {
      const server = new ScepServer(ca, () => new Date(clock.now()));
      answer = (request) => server.answer(request);
      return server;
    },
    /** Gives the device a document; what came of it. */
    give(document: Document) {
      const settings = settingsOf(document);
      const files = new Map(
        Object.entries(document.files ?? {}).map(([path, content]) => [absolute(path), Buffer.from(content)]),
      );
      const configuration = readConfiguration({
        applicationSettings: settings.map((setting) => ({ ...setting })),
        files: Object.keys(document.files ?? {}).map((path) => ({ path, url: 'http://mdm.example.test/x' })),
        applications: (document.applications ?? []).map((pkg) => ({ pkg })),
      });
      return this.take(configuration, files, document.wifi);
    },
    /** Gives it a configuration, and the files that it has by then, by absolute path. */
    async take(configuration: HeadwindConfiguration, files: ReadonlyMap<string, Uint8Array>, wifi?: ProvisionedWifi) {
      const context = contextOf();
      beginCommands(context, `${++syncs}`);
      const bundles = bundlesOf(configuration.applicationSettings, { number: 'h0101' });
      const report = await applyProfiles(context, {
        configuration,
        bundles: new Map([...bundles].map(([name, { bundle }]) => [name, bundle])),
        file: (path) => files.get(path),
        ...(wifi === undefined ? {} : { wifi }),
      });
      await tellCommands(context);
      return report;
    },
    work: () => doProfileWork(contextOf()),
    names: (): readonly string[] => view.state.holdings.map(({ profile }) => profile.name),
    profile: (name: string): Profile | undefined =>
      view.state.holdings.map(({ profile }) => profile).find((each) => each.name === name),
    certificate: (name: string) => certificateOf(name, memory.data, view.state),
    troubles: (): readonly ToldTrouble[] => told.filter((each): each is ToldTrouble => each.type === 'trouble'),
    toldCommands: (): readonly ToldCommand[] => told.filter((each): each is ToldCommand => each.type === 'command'),
  };
}

const absolute = (path: string): string => `/storage/emulated/0${path.startsWith('/') ? '' : '/'}${path}`;

function settingsOf({ apps = {}, rows = {}, certificates, labels = [] }: Document): ApplicationSetting[] {
  const launcher = 'com.hmdm.launcher';
  return [
    ...Object.entries(apps).map(([packageId, plain]) => ({
      packageId,
      name: 'managedConfig',
      value: writeManagedConfig(plain),
    })),
    ...Object.entries(rows).flatMap(([packageId, values]) =>
      Object.entries(values).map(([name, value]) => ({ packageId, name, value })),
    ),
    ...(certificates === undefined ? [] : [{ packageId: launcher, name: 'certificates', value: certificates }]),
    ...(labels.length === 0 ? [] : [writeLabels(labels)]),
  ];
}
