// A stub authority in a process of its own, as its administrator reaches it.
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { Program, Programs, StartOptions } from './programs.js';

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

/** How a running stub authority is reached. */
export interface Reached {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** An administrator: one request at a time and connection, each answered in full or thrown. */
export class Administrator {
  readonly #reached: Reached;
  readonly #agent: PlainAgent;

  constructor(reached: Reached) {
    this.#reached = reached;
    const isPlain = reached.url.startsWith('http://');
    this.#agent = isPlain ? new PlainAgent({ keepAlive: true }) : new Agent({ keepAlive: true, ca: reached.ca });
  }

  /** Throws when no whole answer comes. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Reply> {
    return this.send(method, path, body === undefined ? undefined : JSON.stringify(body), 'application/json');
  }

  /** As `ask`, with a body of any type. */
  send(method: string, path: string, text: string | undefined, type: string): Promise<Reply> {
    const headers = {
      authorization: `Bearer ${this.#reached.token}`,
      ...(text === undefined ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
    };
    return new Promise((resolve, reject) => {
      const send = this.#reached.url.startsWith('http://') ? plainRequest : request;
      const asked = send(new URL(path, this.#reached.url), { method, headers, agent: this.#agent }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(parts);
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          const read: unknown = isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : {};
          resolve({ status: response.statusCode ?? 0, body: isObject(read) ? read : {}, bytes });
        });
      });
      asked.on('error', reject);
      asked.end(text);
    });
  }

  /** All rows of a list, page by page. */
  async list(path: string): Promise<Readonly<Record<string, unknown>>[]> {
    const rows: Readonly<Record<string, unknown>>[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const { status, body } = await this.ask('GET', next);
      if (status !== 200) throw new Error(`GET ${next} was answered ${status}`);
      if (Array.isArray(body['value'])) rows.push(...body['value'].filter(isObject));
      const link: unknown = body['@odata.nextLink'];
      next = typeof link === 'string' ? new URL(link).pathname + new URL(link).search : undefined;
    }
    return rows;
  }

  close(): void {
    this.#agent.destroy();
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands at a path of keys in an answer, as text; empty where nothing stands. */
export function textAt(value: unknown, ...keys: readonly string[]): string {
  let at: unknown = value;
  for (const key of keys) at = isObject(at) ? at[key] : undefined;
  return typeof at === 'string' || typeof at === 'number' ? String(at) : '';
}

export interface StubProcess extends Reached {
  readonly program: Program;
  readonly pushUrl: string;
  readonly port: number;
  readonly administrator: Administrator;
}

export interface StubOptions extends StartOptions {
  /** The folder that it keeps its state in; without it there is none. */
  readonly data?: string;
  /** Default: one that is free. */
  readonly port?: number;
  readonly users?: number;
  /** Further options of the command. */
  readonly more?: readonly string[];
}

/** Starts one. Throws with what it said when it does not come up. */
export async function startStub(programs: Programs, options: StubOptions): Promise<StubProcess> {
  const { data, port = 0, users = 60, more = [], ...started } = options;
  const folder = data === undefined ? [] : ['--data', data];
  const args = ['server', '--json', '--port', String(port), '--users', String(users), ...folder, ...more];
  const program = programs.start(args, started);
  const [line] = await program.says(/^\{"url".*\}$/m);
  const said: unknown = JSON.parse(line);
  const reached = { url: textAt(said, 'url'), ca: textAt(said, 'ca'), token: textAt(said, 'tokens', 'administrator') };
  return {
    ...reached,
    program,
    pushUrl: textAt(said, 'pushUrl'),
    port: Number(new URL(reached.url).port),
    administrator: new Administrator(reached),
  };
}

/** Ends it, and resolves when it has. */
export async function endStub({ program, administrator }: StubProcess, signal: NodeJS.Signals): Promise<void> {
  program.child.kill(signal);
  await program.ended;
  administrator.close();
}
