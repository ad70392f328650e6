// What an administrator changes of who may enroll, and attempts that are refused: consents, bulk tokens, devices that Autopilot knows or
// that are the organization's, and failures.
import { parse } from 'yaml';
import { answer } from './answers.js';
import { absent } from './ledger.js';
import type { PeoplePorts } from './people-work.js';
import { type Administrator, isObject, textAt } from './stub.js';

const acts = ['androidWorkProfiles', 'applePush', 'appleAutomatedEnrollment'] as const;
const tokens = '/stub/v1/bulkTokens';
const mostOfEach = 8;

export interface AdmissionPorts extends Pick<PeoplePorts, 'ledger' | 'random' | 'ask' | 'next' | 'alone'> {
  readonly administrator: () => Administrator;
}

/** Of one stub's folder over all its restarts. */
export class AdmissionWork {
  readonly #ports: AdmissionPorts;
  readonly #tokens = new Map<string, string>();
  #declared = 0;
  #known = 0;

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
  }

  /** One change, or one refusal. False when the change was refused. Throws when no answer comes. */
  step(): Promise<boolean> {
    const die = this.#ports.random.integer(100);
    if (die < 20) return this.#consent();
    if (die < 45) return this.#token();
    if (die < 55 && this.#known < mostOfEach) return this.#know();
    if (die < 65 && this.#declared < mostOfEach) return this.#declare();
    return this.#beRefused();
  }

  /** Without the consent to it no push certificate is taken: that one stays given. */
  #consent(): Promise<boolean> {
    const { ledger, ask, alone, random } = this.#ports;
    const act = acts[random.integer(acts.length)] ?? 'applePush';
    const given = act === 'applePush' || random.integer(2) === 0;
    const attempt = () => ledger.attempt(`consent ${act}`, given ? 'given' : 'withdrawn');
    const change = async () => (await ask([attempt()], 'PUT', `/stub/v1/consents/${act}`, { given })) !== undefined;
    return alone(`consent ${act}`, change);
  }

  async #token(): Promise<boolean> {
    const { ledger, ask, next, random } = this.#ports;
    const [known] = this.#tokens;
    if (known !== undefined && (this.#tokens.size >= mostOfEach || random.integer(3) === 0)) {
      const [name, id] = known;
      this.#tokens.delete(name);
      return (await ask([ledger.attempt(`bulk token ${name}`, absent)], 'DELETE', `${tokens}/${id}`)) !== undefined;
    }
    const name = next();
    const made = await ask([ledger.attempt(`bulk token ${name}`, 'there')], 'POST', tokens, { name });
    if (made !== undefined) this.#tokens.set(name, textAt(made, 'id'));
    return made !== undefined;
  }

  async #know(): Promise<boolean> {
    const { ledger, ask, next } = this.#ports;
    const serialNumber = next();
    const path = '/v1.0/deviceManagement/importedWindowsAutopilotDeviceIdentities/import';
    const body = { importedWindowsAutopilotDeviceIdentities: [{ serialNumber, hardwareIdentifier: 'AAAA' }] };
    const isDone =
      (await ask([ledger.attempt(`autopilot ${serialNumber}`, 'there')], 'POST', path, body)) !== undefined;
    if (isDone) this.#known++;
    return isDone;
  }

  async #declare(): Promise<boolean> {
    const { ledger, ask, next } = this.#ports;
    const importedDeviceIdentifier = next();
    const body = { importedDeviceIdentifier, importedDeviceIdentityType: 'serialNumber' };
    const attempt = ledger.attempt(`corporate ${importedDeviceIdentifier}`, 'there');
    const path = '/beta/deviceManagement/importedDeviceIdentities';
    const isDone = (await ask([attempt], 'POST', path, body)) !== undefined;
    if (isDone) this.#declared++;
    return isDone;
  }

  /** Whoever is refused was written down, and is told so by the refusal. */
  async #beRefused(): Promise<boolean> {
    const { ledger, next, administrator } = this.#ports;
    const user = `${strangers}${next()}@contoso.example`;
    const attempt = ledger.attempt(`failure ${user}`, 'there');
    const { status } = await administrator().ask('GET', `/enroll/ios?user=${user}`);
    if (status === 403) attempt.acknowledged(answer());
    return status === 403;
  }
}

const strangers = 'stranger-';

/** What is there of all this, by thing of the ledger. */
export async function lookAtAdmission(administrator: Administrator, put: (thing: string, value: string) => void) {
  // Under Basic Mobility and Security alone Graph tells nothing of Autopilot and of corporate devices; the file does.
  const { bytes } = await administrator.ask('GET', '/stub/v1/tenant');
  const file: unknown = parse(bytes.toString('utf8'));
  const rows = (key: string): unknown[] => (isObject(file) && Array.isArray(file[key]) ? file[key] : []);
  const consents = isObject(file) && isObject(file['consents']) ? file['consents'] : {};
  for (const act of acts) put(`consent ${act}`, textAt(consents, act) || 'given');
  for (const row of rows('bulkTokens')) put(`bulk token ${textAt(row, 'name')}`, 'there');
  for (const row of rows('autopilot')) put(`autopilot ${textAt(row, 'serial')}`, 'there');
  for (const row of rows('corporateDevices')) put(`corporate ${textAt(row, 'serial')}`, 'there');
  for (const row of await administrator.list('/v1.0/deviceManagement/troubleshootingEvents?$top=1000')) {
    const user = textAt(row, 'rollcall', 'userPrincipalName');
    if (user.startsWith(strangers)) put(`failure ${user}`, 'there');
  }
}
