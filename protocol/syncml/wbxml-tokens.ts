// Tokens of WBXML 1.2 (WAP-192) and the code pages of SyncML 1.2 and MetInf 1.2 (OMA-TS-SyncML_RepPro §9, MetInf §6).

/** Global tokens; those with 0x40 or 0x80 of LITERAL say content, attributes. */
export const globals = {
  switchPage: 0x00,
  end: 0x01,
  entity: 0x02,
  inlineString: 0x03,
  literal: 0x04,
  tableString: 0x83,
  opaque: 0xc3,
} as const;
export const hasContent = 0x40;
export const hasAttributes = 0x80;
/** The tag itself, without the two. */
export const tagMask = 0x3f;

/** `-//SYNCML//DTD SyncML 1.2//EN`, and those of 1.1 and 1.0, which a liberal reader takes. */
export const publicIds = { syncMl12: 0x1201, syncMl11: 0x0fd3, syncMl10: 0x0fd1 } as const;
/** IANA's MIBenum of UTF-8 and US-ASCII. */
export const charsets = { utf8: 106, ascii: 3 } as const;

const names = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Tags of each page from 0x05 on; `-` where there is none. */
const tagNames: readonly (readonly string[])[] = [
  names(`Add Alert Archive Atomic Chal Cmd CmdID CmdRef Copy Cred Data Delete Exec Final Get Item Lang LocName LocURI Map MapItem
    Meta MsgID MsgRef NoResp NoResults Put Replace RespURI Results Search Sequence SessionID SftDel Source SourceRef Status Sync
    SyncBody SyncHdr SyncML Target TargetRef - VerDTD VerProto NumberOfChanges MoreData Field Filter Record FilterType
    SourceParent TargetParent Move Correlator`),
  names(`Anchor EMI Format FreeID FreeMem Last Mark MaxMsgSize Mem MetInf Next NextNonce SharedMem Size Type Version MaxObjSize
    FieldLevel`),
];
const firstTag = 0x05;

/** The name of a tag, without content and attribute bits. */
export function tagName(page: number, token: number): string | undefined {
  const name = tagNames[page]?.[token - firstTag];
  return name === '-' ? undefined : name;
}

const tokens = tagNames.map((page) => new Map(page.map((name, at) => [name, at + firstTag])));

/** The token of a tag, without content and attribute bits. */
export const tagToken = (page: number, name: string): number | undefined =>
  name === '-' ? undefined : tokens[page]?.get(name);

/** How many pages there are. */
export const pages = tagNames.length;
