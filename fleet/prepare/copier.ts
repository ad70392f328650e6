// Devices that were never enrolled, as if they had been: made after one of their kind that has.
import type { KeyObject } from 'node:crypto';
import {
  type Copying,
  createDevice,
  type DeviceFacts,
  type DeviceState,
  type Drawn,
  drawnText,
  type KeyPool,
  type KeyRef,
  numberOf,
  type Ports,
  seededRandom,
} from '../../agent/index.js';
import { Template, type Word } from '../../base/template.js';
import { type Certificate, readableCertificate, readCertificate } from '../../protocol/x509/certificate.js';
import type { DeviceRecords, RecordedDevice, RecordedUser } from '../../server-stub/index.js';
import { platformOf } from './kinds.js';
import { challengesIn, type Own, type OwnCertificate, within, wordsOf } from './words.js';

export interface CopierOptions {
  readonly seed: string;
  readonly keys: KeyPool;
  readonly records: DeviceRecords;
  /** What is written in the tenant's file is nobody's own. */
  readonly written: ReadonlySet<string>;
  /** Nothing is sent by them. */
  readonly ports: Omit<Ports, 'random'>;
}

/** A device as it is to be kept, and as its authority is to know it. */
export interface Copy {
  readonly state: DeviceState;
  readonly recorded: RecordedDevice;
  /** What its authority is to take its own hashes from. */
  readonly sent: string | undefined;
}

interface Identity {
  readonly certificate: Certificate;
  /** Which of the example's keys it is for. */
  readonly key: number;
}

/** The parts of a device that its example gives. */
type Given = Omit<DeviceState, 'facts' | 'condition'>;

/** Makes devices of one kind. */
export class Copier {
  readonly #options: CopierOptions;
  readonly #copying: Copying;
  readonly #template: Template<{ readonly given: Given; readonly recorded: RecordedDevice }>;
  readonly #subjects: Template<readonly Pick<Certificate, 'subject' | 'subjectAltName'>[]>;
  readonly #identities: readonly Identity[];
  readonly #drawn: readonly Drawn[];
  readonly #keySizes: readonly number[];
  /** What enrolling has changed of what a person sees. */
  readonly #changed: Partial<DeviceState['condition']>;

  /** `example`: the state of device `index`, which has enrolled at the authority of `records`. Throws RangeError where nothing is recorded of it. */
  constructor(index: number, example: DeviceState, user: RecordedUser, options: CopierOptions) {
    this.#options = options;
    const { facts, condition, link } = example;
    const known = options.records.example(namedBy(example));
    if (known === undefined || link === undefined) throw new RangeError(`${facts.id} is no device of this authority`);
    const platform = platformOf(facts);
    this.#copying = platform?.copying ?? {};
    const challenges = challengesIn(example, options.written);
    this.#drawn = [...known.draws.secrets, ...challenges].map(drawnText).concat(this.#copying.drawn?.(link.data) ?? []);
    const refs = keyRefsIn(link.data);
    const publicKeys = refs.map((ref) => options.keys.open(ref).publicKey);
    this.#keySizes = publicKeys.map(({ asymmetricKeyDetails }) => asymmetricKeyDetails?.modulusLength ?? 2048);
    const serials = new Set(known.recorded.certificates.map(({ serial }) => serial));
    const certificates = certificatesIn(link.data).filter(({ serialHex }) => serials.has(serialHex));
    this.#identities = certificates.map((certificate) => ({
      certificate,
      key: Math.max(
        0,
        publicKeys.findIndex((key) => certificate.publicKey.equals(key)),
      ),
    }));
    const own: Own = {
      facts,
      deviceName: condition.deviceName,
      told: this.#copying.told?.(facts) ?? [],
      user,
      id: known.draws.id,
      drawn: this.#drawn.flatMap(({ forms }) => forms),
      keys: refs.map(nameOf),
      certificates: certificates.map(({ der, serialHex }) => ({ der, serial: serialHex })),
    };
    const blanks = wordsOf(own);
    const { facts: _, condition: __, ...given } = example;
    const held = new Set(own.certificates.map(({ serial }) => serial));
    const recorded = {
      device: known.recorded.device,
      certificates: known.recorded.certificates.filter(({ serial }) => held.has(String(serial))),
    };
    this.#template = new Template({ given, recorded }, blanks);
    this.#subjects = new Template(
      certificates.map(({ subject, subjectAltName }) => ({ subject, subjectAltName })),
      blanks,
    );
    this.#changed = changesOf(this.#fresh(index, facts).condition, condition);
  }

  /** The device of these facts. */
  async copy(index: number, facts: DeviceFacts, user: RecordedUser): Promise<Copy> {
    const { records, seed } = this.#options;
    const random = seededRandom(seed, index, 'prepared');
    const { condition: fresh } = this.#fresh(index, facts);
    const condition = { ...fresh, ...this.#changed, deviceName: fresh.deviceName };
    const keys = await Promise.all(this.#keySizes.map((bits) => this.#options.keys.take(bits === 4096 ? 4096 : 2048)));
    const before: Own = {
      facts,
      deviceName: condition.deviceName,
      told: this.#copying.told?.(facts) ?? [],
      user,
      id: records.newId(),
      drawn: this.#drawn.flatMap(({ again }) => again(random)),
      keys: keys.map(({ ref }) => nameOf(ref)),
      certificates: this.#identities.map(() => ({ der: noBytes, serial: '' })),
    };
    const certificates = this.#issued(
      before,
      keys.map(({ publicKey }) => publicKey),
    );
    const { given, recorded } = this.#template.fill(filling({ ...before, certificates }));
    const made: DeviceState = { ...given, facts, condition };
    const state = this.#copying.settled?.(made) ?? made;
    const sent = state.link === undefined ? undefined : this.#copying.sent?.(state.link.data);
    return { state, recorded, sent };
  }

  #issued(own: Own, publicKeys: readonly KeyObject[]): readonly OwnCertificate[] {
    const subjects = this.#subjects.fill(filling(own));
    return this.#identities.map(({ certificate, key }, at) => {
      const publicKey = publicKeys[key];
      const wanted = subjects[at];
      if (publicKey === undefined || wanted === undefined) throw new RangeError('a certificate without a key');
      const der = this.#options.records.issue({ like: certificate.der, publicKey, ...wanted });
      return { der, serial: readCertificate(der).serialHex };
    });
  }

  /** As it is before it enrolls. */
  #fresh(index: number, facts: DeviceFacts): DeviceState {
    const { ports, seed } = this.#options;
    const random = seededRandom(seed, index, ''); // what a run's population has for a new device
    return createDevice({ platform: facts.platform, ports: { ...ports, random }, facts }).state;
  }
}

/** What its authority calls it. */
const namedBy = (state: DeviceState): string => numberOf(state) ?? state.facts.id;

const nameOf = (ref: KeyRef): string => ('pool' in ref ? ref.pool : ref.pkcs8);

/** References to the device's own keys, each once. */
function keyRefsIn(data: unknown): readonly KeyRef[] {
  const found = new Map<string, KeyRef>();
  for (const each of within(data)) {
    if (typeof each !== 'object' || each === null || Object.keys(each).length !== 1) continue;
    const { pool, pkcs8 } = each as { readonly pool?: unknown; readonly pkcs8?: unknown };
    if (typeof pool === 'string') found.set(pool, { pool });
    else if (typeof pkcs8 === 'string') found.set(pkcs8, { pkcs8 });
  }
  return [...found.values()];
}

/** Certificates that stand by themselves, each once. */
function certificatesIn(data: unknown): readonly Certificate[] {
  const found = new Map<string, Certificate>();
  for (const each of within(data)) {
    if (!(each instanceof Uint8Array)) continue;
    const certificate = readableCertificate(each);
    if (certificate !== undefined) found.set(certificate.serialHex, certificate);
  }
  return [...found.values()];
}

function changesOf(
  before: DeviceState['condition'],
  after: DeviceState['condition'],
): Partial<DeviceState['condition']> {
  const was: Readonly<Record<string, unknown>> = before;
  return Object.fromEntries(Object.entries(after).filter(([key, value]) => was[key] !== value));
}

const noBytes = new Uint8Array();
const filling = (own: Own): readonly Word[] => wordsOf(own).map(({ word }) => word);
