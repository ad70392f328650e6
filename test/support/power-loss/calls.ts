// The record that preload.c writes, read.

/** What all records of calls have in common. Positions are those of records in the one order that they stand in. */
interface Span {
  /** Written before the call was made. */
  readonly begin: number;
  /** Written after it had returned; undefined: it had not when the record ended. */
  end: number | undefined;
  /** Negative: it failed and changed nothing. Of a write: the bytes that were taken. */
  result: number | undefined;
}

/** An open file or folder is known by device and inode: `64768:1234`. Paths are absolute, without symbolic links. */
export type Call = Span &
  (
    | { readonly kind: 'write'; readonly file: string; offset: number; readonly data: Buffer }
    | { readonly kind: 'truncate'; readonly file: string; readonly length: number }
    | { readonly kind: 'sync'; readonly file: string }
    /** `isMade`: it was not there before. `isEmptied`: what was in it is gone. Known once it has ended. */
    | { readonly kind: 'open'; readonly path: string; file: string; isMade: boolean; isEmptied: boolean }
    | { readonly kind: 'rename' | 'link'; readonly path: string; readonly to: string }
    | { readonly kind: 'unlink' | 'rmdir'; readonly path: string }
    | { readonly kind: 'mkdir'; readonly path: string; file: string }
    | { readonly kind: 'symlink'; readonly path: string; readonly to: string }
  );

/** Bytes that began to go out to a network peer. */
export interface Sent {
  readonly at: number;
  readonly port: number;
  readonly bytes: number;
  /** CLOCK_MONOTONIC, nanoseconds: `process.hrtime.bigint()` of any process of this machine. */
  readonly ns: bigint;
}

export interface CallRecord {
  /** Each call twice, in order: when it began, when it ended. */
  readonly steps: readonly { readonly call: Call; readonly phase: 'begin' | 'end'; readonly at: number }[];
  readonly sent: readonly Sent[];
  /** What happened and cannot be recorded: nothing can be said about this folder then. */
  readonly unrecordable: readonly string[];
  /** How many records there are. */
  readonly length: number;
}

const headBytes = 72;
const kinds = [
  '',
  'write',
  'truncate',
  'sync',
  'open',
  'rename',
  'link',
  'unlink',
  'mkdir',
  'rmdir',
  'symlink',
  'send',
  'unrecordable',
] as const;

/** Reads a record, as far as it goes: its last one may have been cut off by SIGKILL. */
export function readCalls(bytes: Buffer): CallRecord {
  const steps: { call: Call; phase: 'begin' | 'end'; at: number }[] = [];
  const sent: Sent[] = [];
  const unrecordable: string[] = [];
  const open = new Map<bigint, Call>();
  let at = 0;
  for (let offset = 0; offset + headBytes <= bytes.length; at++) {
    const size = bytes.readUInt32LE(offset);
    if (offset + size > bytes.length) break;
    const head = readHead(bytes, offset);
    const body = bytes.subarray(offset + headBytes, offset + size);
    offset += size;
    if (head.kind === 'send') sent.push({ at, port: head.a, bytes: head.b, ns: head.ns });
    else if (head.kind === 'unrecordable') {
      if (head.isBegin) unrecordable.push(body.toString());
    } else if (head.isBegin) {
      const call = beginCall(head, body, at);
      open.set(head.id, call);
      steps.push({ call, phase: 'begin', at });
    } else {
      const call = open.get(head.id);
      if (call === undefined) throw new Error(`record ${at} ends a call that never began`);
      open.delete(head.id);
      endCall(call, head, at);
      steps.push({ call, phase: 'end', at });
    }
  }
  return { steps, sent, unrecordable, length: at };
}

type Head = ReturnType<typeof readHead>;

function readHead(bytes: Buffer, at: number) {
  const kind = kinds[bytes.readUInt16LE(at + 4)];
  if (kind === undefined || kind === '') throw new Error(`a record of an unknown kind at byte ${at}`);
  return {
    kind,
    isBegin: bytes.readUInt16LE(at + 6) === 0,
    id: bytes.readBigUInt64LE(at + 8),
    ns: bytes.readBigUInt64LE(at + 16),
    file: `${bytes.readBigUInt64LE(at + 24)}:${bytes.readBigUInt64LE(at + 32)}`,
    a: Number(bytes.readBigInt64LE(at + 40)),
    b: Number(bytes.readBigInt64LE(at + 48)),
    result: Number(bytes.readBigInt64LE(at + 56)),
    lengths: [bytes.readUInt32LE(at + 64), bytes.readUInt32LE(at + 68)] as const,
  };
}

function beginCall({ kind, file, a, lengths }: Head, body: Buffer, begin: number): Call {
  const span = { begin, end: undefined, result: undefined };
  const path = body.toString('utf8', 0, lengths[0]);
  const to = body.toString('utf8', lengths[0], lengths[0] + lengths[1]);
  switch (kind) {
    case 'write':
      return { ...span, kind, file, offset: a, data: body };
    case 'truncate':
      return { ...span, kind, file, length: a };
    case 'sync':
      return { ...span, kind, file };
    case 'open':
      return { ...span, kind, path, file, isMade: false, isEmptied: false };
    case 'mkdir':
      return { ...span, kind, path, file };
    case 'rename':
    case 'link':
    case 'symlink':
      return { ...span, kind, path, to };
    case 'unlink':
    case 'rmdir':
      return { ...span, kind, path };
    default:
      throw new Error(`${kind} is no call on a file`);
  }
}

function endCall(call: Call, head: Head, at: number): void {
  call.end = at;
  call.result = head.result;
  if (call.kind === 'write') call.offset = head.a;
  if (call.kind === 'mkdir') call.file = head.file;
  if (call.kind === 'open') {
    call.file = head.file;
    call.isMade = head.b !== 0;
    call.isEmptied = head.a !== 0;
  }
}
