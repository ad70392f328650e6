// The administrator of a Headwind MDM server, over its own REST API (specs/android.md §1.10).
import { createHash } from 'node:crypto';

type Json = Record<string, unknown>;

/** The launcher's package: its settings are the device's own. */
export const launcher = 'com.hmdm.launcher';

/** What a test sets of a configuration. */
export interface ConfigurationChanges {
  readonly newServerUrl?: string | null;
  readonly pushOptions?: 'mqttAlarm' | 'mqttWorker' | 'polling';
  /** Settings of apps that the server knows, by package and name. */
  readonly settings?: readonly Setting[];
  readonly files?: readonly { readonly fileId: number; readonly path: string; readonly remove?: boolean }[];
  readonly applications?: readonly Json[];
}

export interface Setting {
  readonly pkg: string;
  readonly name: string;
  readonly value: string;
  /** DEVICE_NUMBER and its like are replaced by the device. */
  readonly variable?: boolean;
}

/** A configuration made for one test. */
export interface MadeConfiguration {
  readonly id: number;
  readonly qrCodeKey: string;
}

const upperMd5 = (text: string): string => createHash('md5').update(text).digest('hex').toUpperCase();

export class HeadwindAdmin {
  readonly #url: string;
  #token = '';

  /** `signIn` gives one that may do something. */
  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /** Signs in; on a fresh server the password is reset to itself first, without which every private call is 403. */
  static async signIn(url: string, login: string, password: string): Promise<HeadwindAdmin> {
    const admin = new HeadwindAdmin(url);
    const hash = upperMd5(password);
    const first = await admin.#call('POST', 'public/auth/login', { login, password: hash });
    const reset = (first['data'] as Json | null)?.['passwordResetToken'];
    if (typeof reset === 'string')
      await admin.#call('POST', 'public/passwordReset/reset', { passwordResetToken: reset, newPassword: hash });
    const { id_token: token } = await admin.#call('POST', 'public/jwt/login', { login, password: hash });
    if (typeof token !== 'string') throw new Error('the server gave no token');
    admin.#token = token;
    return admin;
  }

  /** A copy of the first configuration, whose QR code works where that one has a main app. */
  async makeConfiguration(name: string): Promise<MadeConfiguration> {
    await this.data('PUT', 'private/configurations/copy', { id: 1, name, description: 'made by a test' });
    const all = (await this.data('GET', 'private/configurations/list')) as { id: number; name: string }[];
    const made = all.find((each) => each.name === name);
    if (made === undefined) throw new Error(`no configuration ${name}`);
    const whole = await this.#configuration(made.id);
    const first = await this.#configuration(1);
    if (whole['mainAppId'] === null || whole['mainAppId'] === undefined)
      await this.#save({
        ...whole,
        mainAppId: first['mainAppId'],
        eventReceivingComponent: 'com.hmdm.launcher.AdminReceiver',
      });
    return { id: made.id, qrCodeKey: String(whole['qrCodeKey']) };
  }

  /** Saves it, which pushes `configUpdated` to its devices. */
  async change(id: number, { settings, files, ...plain }: ConfigurationChanges): Promise<void> {
    const before = await this.#configuration(id);
    await this.#save({
      ...before,
      ...plain,
      ...(files === undefined ? {} : { files: files.map((file) => ({ overridePath: true, remove: false, ...file })) }),
      ...(settings === undefined
        ? {}
        : { applicationSettings: await Promise.all(settings.map((each) => this.#row(each))) }),
    });
  }

  async addDevice(number: string, configurationId: number): Promise<void> {
    await this.data('PUT', 'private/devices', { number, configurationId, description: 'of a test', groups: [] });
  }

  async device(number: string): Promise<Json & { readonly id: number; readonly lastUpdate: number }> {
    return (await this.data('GET', `private/devices/number/${encodeURIComponent(number)}`)) as Json & {
      id: number;
      lastUpdate: number;
    };
  }

  async rename(number: string, newNumber: string): Promise<void> {
    const { id, configurationId } = await this.device(number);
    const renamed = { id, number: newNumber, oldNumber: number, configurationId, groups: [], description: 'of a test' };
    await this.data('PUT', 'private/devices', renamed);
  }

  async removeDevice(number: string): Promise<void> {
    const { id } = await this.device(number);
    await this.data('DELETE', `private/devices/${id}`);
  }

  /** These apps as a configuration lists them: `action` 1 installs, 2 removes. */
  async chosen(id: number, apps: readonly number[], action: number): Promise<Json[]> {
    const all = (await this.data('GET', `private/configurations/applications/${id}`)) as Json[];
    const found = all.filter((app) => apps.includes(Number(app['id'])));
    return found.map((app) => ({ ...app, action, usedVersionId: app['latestVersion'], remove: action === 2 }));
  }

  /** Uploads a file; its id. `replaceVariables`: the device fills in DEVICE_NUMBER and its like. */
  async upload(name: string, content: string, replaceVariables = false): Promise<number> {
    const form = new FormData();
    form.set('file', new Blob([content]), name);
    const { serverPath: tmpPath } = (await this.data('POST', 'private/web-ui-files/raw', form)) as Json;
    const made = await this.data('POST', 'private/web-ui-files/update', { tmpPath, filePath: name, replaceVariables });
    const { id } = made as Json;
    if (typeof id !== 'number') throw new Error(`no file ${name} was made`);
    return id;
  }

  /** Settings of one device, which win over those of its configuration. */
  async changeDevice(number: string, settings: readonly Setting[]): Promise<void> {
    const { id } = await this.device(number);
    const rows = await Promise.all(settings.map((each) => this.#row(each)));
    await this.data('POST', `private/devices/${id}/applicationSettings`, rows);
  }

  async push(number: string, messageType: string, payload?: string): Promise<void> {
    await this.data('POST', 'private/push', {
      messageType,
      ...(payload === undefined ? {} : { payload }),
      deviceNumbers: [number],
      groups: [],
      broadcast: false,
    });
  }

  async #row({ pkg, name, value, variable = false }: Setting): Promise<Json> {
    const found = (await this.data('GET', `private/applications/search/${encodeURIComponent(pkg)}`)) as {
      id: number;
      pkg: string;
    }[];
    const app = found.find((each) => each.pkg === pkg);
    if (app === undefined) throw new Error(`the server knows no app ${pkg}`);
    return {
      applicationId: app.id,
      applicationPkg: pkg,
      name,
      type: 'STRING',
      value,
      readonly: false,
      variable,
    };
  }

  #configuration(id: number): Promise<Json> {
    return this.data('GET', `private/configurations/${id}`) as Promise<Json>;
  }

  #save(configuration: Json): Promise<unknown> {
    return this.data('PUT', 'private/configurations', configuration);
  }

  /** What a call answers. Throws where that is not OK. */
  async data(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, message, data } = await this.#call(method, path, body);
    if (status !== 'OK') throw new Error(`${method} ${path}: ${String(status)} ${String(message)}`);
    return data;
  }

  async #call(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await fetch(`${this.#url}/rest/${path}`, {
      method,
      headers: {
        ...(body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        accept: 'application/json',
        ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: HTTP ${answer.status}`);
    return (await answer.json()) as Json;
  }
}
