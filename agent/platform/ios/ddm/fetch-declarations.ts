// What a manifest names is fetched one by one, and each failure is that declaration's alone.
import { isRollcallError, type RollcallError } from '../../../../base/errors.js';
import {
  buildEndpoint,
  type DeclarationItem,
  type DeclarationItemsResponse,
  type DeclarationKind,
  type Endpoint,
  manifestKeys,
  readDeclaration,
} from '../../../../protocol/apple-mdm/ddm.js';
import { protocolError } from '../../../../protocol/errors.js';
import { weightOf } from '../../weight.js';
import type { CommandContext } from '../context.js';
import { statusOf } from '../exchange.js';
import type { SavedDeclaration } from '../saved.js';
import { troubleOf } from '../told.js';

const maxDeclarations = 2000;
/** Of all declarations together, as they are kept. Those beyond it are not fetched, and are reported as not readable. */
export const mostDeclarationBytes = 16 * 1024 * 1024;
/** The order in which what changed is fetched. */
const fetchOrder: readonly DeclarationKind[] = ['activation', 'asset', 'configuration', 'management'];

/** What came of a manifest. */
export interface Fetched {
  readonly declarations: SavedDeclaration[];
  /** False: one or more could not be had, and are to be asked for again. */
  readonly isWhole: boolean;
}

/** Asks the check-in endpoint for something of declarative management. Throws as Exchange.checkIn does. */
export function ask(
  endpoint: Endpoint,
  { exchange, device, signal }: CommandContext,
  data?: Uint8Array,
): Promise<Buffer> {
  return exchange.checkIn(
    {
      MessageType: 'DeclarativeManagement',
      UDID: device.state.facts.id,
      Endpoint: buildEndpoint(endpoint),
      ...(data === undefined ? {} : { Data: data }),
    },
    signal,
  );
}

/**
 * Fetches each declaration whose ServerToken is new; keeps the others; leaves out what the manifest no longer names. One that
 * cannot be had stays as it was held before, or is invalid, and is told. Throws TRANSPORT_LOST when two in a row get no answer.
 */
export async function fetchChanged(
  manifest: DeclarationItemsResponse,
  held: readonly SavedDeclaration[],
  context: CommandContext,
): Promise<Fetched> {
  return await new Fetching(held, context).run(manifest);
}

class Fetching {
  readonly #held: ReadonlyMap<string, SavedDeclaration>;
  readonly #context: CommandContext;
  #isWhole = true;
  #lastLost = false;
  #bytes = 0;

  constructor(held: readonly SavedDeclaration[], context: CommandContext) {
    this.#held = new Map(held.map((each) => [`${each.kind} ${each.identifier}`, each]));
    this.#context = context;
  }

  async run({ Declarations }: DeclarationItemsResponse): Promise<Fetched> {
    const wanted = fetchOrder.flatMap((kind) => Declarations[manifestKeys[kind]].map((item) => ({ kind, item })));
    if (wanted.length > maxDeclarations) {
      throw protocolError(
        'DDM_MALFORMED',
        `the manifest names ${wanted.length} declarations, at most ${maxDeclarations}`,
      );
    }
    const made = new Map<string, SavedDeclaration>();
    for (const { kind, item } of wanted) {
      const name = `${kind} ${item.Identifier}`;
      if (made.has(name)) continue;
      const old = this.#held.get(name);
      const declaration =
        old?.serverToken === item.ServerToken && isRead(old) ? old : await this.#fetch(kind, item, old);
      if (declaration === undefined) continue;
      made.set(name, declaration);
      this.#bytes += weightOf(declaration);
    }
    if (this.#bytes >= mostDeclarationBytes)
      this.#tell(protocolError('DDM_MALFORMED', `the declarations have more than ${mostDeclarationBytes} bytes`));
    return { declarations: [...made.values()], isWhole: this.#isWhole };
  }

  async #fetch(
    kind: DeclarationKind,
    item: DeclarationItem,
    old: SavedDeclaration | undefined,
  ): Promise<SavedDeclaration | undefined> {
    if (this.#bytes >= mostDeclarationBytes) return unread(kind, item);
    try {
      const endpoint = { kind: 'declaration', of: kind, identifier: item.Identifier } as const;
      const read = readDeclaration(await ask(endpoint, this.#context));
      this.#lastLost = false;
      if (read.Identifier !== item.Identifier)
        throw protocolError('DDM_MALFORMED', `declaration ${item.Identifier} answers as ${read.Identifier}`);
      return { ...unread(kind, read), type: read.Type, payload: read.Payload };
    } catch (error) {
      if (statusOf(error) === 404) return undefined; // gone since the manifest was made: declarativemanagement.yaml
      if (!this.#isItsOwn(error)) throw error;
      this.#isWhole = false;
      this.#tell(error, `${kind} ${item.Identifier}`);
      return old ?? unread(kind, item);
    }
  }

  /** True for what makes one declaration invalid, and leaves the others alone. A server that is gone is gone for all. */
  #isItsOwn(error: unknown): error is RollcallError {
    if (!isRollcallError(error)) return false;
    if (error.code !== 'TRANSPORT_LOST') return declarationFailures.includes(error.code);
    const isSecond = this.#lastLost;
    this.#lastLost = true;
    return !isSecond && !this.#context.signal.aborted;
  }

  #tell(error: RollcallError, about?: string): void {
    const { device, ports } = this.#context;
    ports.log.info(error.code, { ...(about === undefined ? {} : { declaration: about }), problem: error.message });
    device.tell(troubleOf(error, about ?? 'declaration-items'));
  }
}

/** What the authority may answer in the place of a declaration, or of their list, without ending the session. */
export const declarationFailures: readonly string[] = [
  'AUTHORITY_BUSY',
  'AUTHORITY_REFUSED',
  'DDM_MALFORMED',
  'ANSWER_MALFORMED',
  'HTTP_TOO_LARGE',
  'HTTP_REDIRECTS',
];

const isRead = ({ type }: SavedDeclaration): boolean => type !== '';

/** A declaration that is named and could not be had: invalid until it can. */
const unread = (kind: DeclarationKind, { Identifier, ServerToken }: DeclarationItem): SavedDeclaration => ({
  kind,
  identifier: Identifier,
  serverToken: ServerToken,
  type: '',
  payload: {},
  active: false,
  valid: 'unknown',
  reasons: [],
});
