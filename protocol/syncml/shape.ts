// What a strict reader holds against a message, and a liberal one lets pass.
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { elementOf, elementsOf, type XmlElement } from '../xml/element.js';
import { metInfNamespace, syncMlNamespace } from './write.js';

export const malformed = (why: string): RollcallError => protocolError('SYNCML_MALFORMED', `SyncML: ${why}`);

/** Names that a message chose, as they may stand in the message of an error. */
export const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);

/** The child of this name, whatever the reading. */
export function required(from: XmlElement, name: string): XmlElement {
  const found = elementOf(from, name);
  if (found === undefined) throw malformed(`<${from.name}> has no <${name}>`);
  return found;
}

/** Children of each element (OMA SyncML RepPro 1.2, MetInf 1.2); those with `*` more than once. `Command`: those of treeVerbs. */
const childrenOf = {
  SyncML: ['SyncHdr', 'SyncBody'],
  SyncHdr: ['VerDTD', 'VerProto', 'SessionID', 'MsgID', 'Target', 'Source', 'RespURI', 'NoResp', 'Cred', 'Meta'],
  Command: ['CmdID', 'NoResp', 'Cred', 'Meta', 'Lang', 'Archive', 'SftDel', 'Correlator', 'Item*'],
  Alert: ['CmdID', 'NoResp', 'Cred', 'Data', 'Correlator', 'Item*'],
  Status: 'CmdID MsgRef CmdRef Cmd TargetRef* SourceRef* Cred Chal Data Item*'.split(' '),
  Results: ['CmdID', 'MsgRef', 'CmdRef', 'Cmd', 'Meta', 'TargetRef', 'SourceRef', 'Item*'],
  Item: ['Target', 'Source', 'SourceParent', 'TargetParent', 'Meta', 'Data', 'MoreData'],
  Meta: 'FieldLevel Format Type Mark Size Anchor Version NextNonce MaxMsgSize MaxObjSize EMI* Mem'.split(' '),
} as const;
type Shaped = keyof typeof childrenOf;

const isRepeatable = new Map(
  Object.entries(childrenOf).map(([of, names]) => [
    of,
    new Map(names.map((name) => [name.replace('*', ''), name.endsWith('*')])),
  ]),
);

/** Refuses what only a strict reader refuses. Each message says what is wrong and where. */
export class Judge {
  constructor(readonly isLiberal: boolean) {}

  /**
   * The root is of version 1.2; liberally also of 1.1, which Windows answers in 1.2, of none, or of a prefix that nothing binds:
   * of a namespace that is another protocol's it never is.
   */
  root({ namespace }: XmlElement): void {
    if (namespace === syncMlNamespace) return;
    if (this.isLiberal && (namespace === 'SYNCML:SYNCML1.1' || !namespace.includes(':'))) return;
    throw malformed(`the namespace is ${shown(namespace)}, not ${syncMlNamespace}`);
  }

  /** VerDTD and VerProto. */
  versions(verDtd: string | undefined, verProto: string | undefined): void {
    if (verDtd !== '1.2') this.wrong(`VerDTD is ${shown(verDtd ?? '')}, not 1.2`);
    if (verProto !== 'DM/1.2') this.wrong(`VerProto is ${shown(verProto ?? '')}, not DM/1.2`);
  }

  /** A command is of the message's namespace. */
  command({ name, namespace }: XmlElement): void {
    if (namespace !== syncMlNamespace) this.wrong(`<${name}> is of the namespace ${shown(namespace)}`);
  }

  /** Only children that there are, each in its namespace, once where it may stand once, and no text between them. */
  children(from: XmlElement, shape: Shaped): void {
    if (this.isLiberal) return;
    const known = isRepeatable.get(shape);
    const namespace = shape === 'Meta' ? metInfNamespace : syncMlNamespace;
    const seen = new Set<string>();
    for (const child of elementsOf(from)) {
      const mayRepeat = known?.get(child.name);
      if (mayRepeat === undefined) throw malformed(`<${from.name}> has an element ${shown(child.name)}`);
      if (child.namespace !== namespace) throw malformed(`<${child.name}> in <${from.name}> is not of ${namespace}`);
      if (!mayRepeat && seen.has(child.name)) throw malformed(`<${from.name}> has two <${child.name}>`);
      seen.add(child.name);
    }
    this.noText(from);
  }

  noText(from: XmlElement): void {
    if (this.isLiberal) return;
    if (from.children.some((child) => typeof child === 'string' && child.trim() !== ''))
      throw malformed(`<${from.name}> holds text between its elements`);
  }

  /** An element that must be there. */
  missing(of: string, name: string): void {
    this.wrong(`<${of}> has no <${name}>`);
  }

  wrong(why: string): void {
    if (!this.isLiberal) throw malformed(why);
  }
}
