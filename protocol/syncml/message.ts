// OMA SyncML 1.2 as device management uses it (specs/windows.md §1.8 to 1.11): the values that XML and WBXML both carry.

/** `Meta`: how data is to be read. Names of its elements as in syncml:metinf. */
export interface Meta {
  /** chr, int, bool, b64, bin, xml, node, null, float, date, time; absent: chr. */
  readonly format?: string;
  /** A media type, or the type of an alert. */
  readonly type?: string;
  /** Of an alert: fatal, critical, minor, warning, informational, harmless, indeterminate. */
  readonly mark?: string;
  /** Bytes of a large object, on its first chunk. */
  readonly size?: number;
  readonly nextNonce?: string;
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
}

/** One thing of a command. */
export interface Item {
  /** LocURI of Target. */
  readonly target?: string;
  /** LocURI of Source. */
  readonly source?: string;
  readonly meta?: Meta;
  /** As text, whatever its format; what was XML inside Data is its markup. */
  readonly data?: string;
  /** More of this object comes in the next message. */
  readonly moreData?: true;
}

/** `Cred`: who speaks. */
export interface Cred {
  readonly meta?: Meta;
  readonly data: string;
}

/** `SyncHdr`. */
export interface SyncHdr {
  /** SYNCML:SYNCML1.1 is read and answered in 1.2. */
  readonly sessionId: string;
  readonly msgId: string;
  /** LocURI of Target and of Source. */
  readonly target: string;
  readonly source: string;
  /** LocName of Source: the name of the account. */
  readonly sourceName?: string;
  /** Where OMA has the answer sent instead. No server was seen to send one, and whether Windows follows it is not known. */
  readonly respUri?: string;
  readonly cred?: Cred;
  readonly meta?: Meta;
}

/** What every command has. CmdIDs are opaque; one may be missing (cases D3, D4). */
interface Identified {
  readonly cmdId?: string;
}

/** The commands that act on the management tree. */
export const treeVerbs = ['Add', 'Replace', 'Delete', 'Exec', 'Get', 'Copy'] as const;
export type TreeVerb = (typeof treeVerbs)[number];

export interface TreeCommand extends Identified {
  readonly verb: TreeVerb;
  readonly items: readonly Item[];
  /** Of all items that have none of their own. */
  readonly meta?: Meta;
}

export interface GroupCommand extends Identified {
  readonly verb: 'Atomic' | 'Sequence';
  readonly meta?: Meta;
  readonly commands: readonly SyncMlCommand[];
}

export interface AlertCommand extends Identified {
  readonly verb: 'Alert';
  /** 1200, 1201, 1222, 1223, 1224, 1225, 1226. */
  readonly data: string;
  readonly items: readonly Item[];
}

export interface StatusCommand extends Identified {
  readonly verb: 'Status';
  readonly msgRef: string;
  /** CmdID of the command that is answered; `0` for the header. */
  readonly cmdRef: string;
  /** Name of the command that is answered. */
  readonly cmd: string;
  readonly targetRefs: readonly string[];
  readonly sourceRefs: readonly string[];
  /** The status code. */
  readonly data: string;
  readonly cred?: Cred;
  /** `Chal`: its Meta. */
  readonly chal?: Meta;
  readonly items: readonly Item[];
  /** Attribute `msft:originalerror` of Data, such as 0x86000002. */
  readonly originalError?: string;
}

export interface ResultsCommand extends Identified {
  readonly verb: 'Results';
  readonly msgRef?: string;
  readonly cmdRef: string;
  /** Windows leaves it out. */
  readonly cmd?: string;
  readonly meta?: Meta;
  readonly items: readonly Item[];
}

/** What is no command of device management (Map, Search, Put, or nothing known): answered 406 or 400, never carried out. */
interface UnknownCommand extends Identified {
  readonly verb: 'Unknown';
  readonly name: string;
}

export type SyncMlCommand = TreeCommand | GroupCommand | AlertCommand | StatusCommand | ResultsCommand | UnknownCommand;

/** One message (package). */
export interface SyncMlMessage {
  readonly header: SyncHdr;
  /** Children of SyncBody in document order, without Final. */
  readonly commands: readonly SyncMlCommand[];
  readonly isFinal: boolean;
}
