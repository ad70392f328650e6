// The forms that the journal's file has had: how each is read into an index.
import {
  batchHeadBytes,
  type Chain,
  fileHeadBytes,
  formOf,
  readBatchHead,
  readFileHead,
  readRecords,
} from './batch.js';
import type { FileReader } from './file-reader.js';
import { readFirstForm, valueOfFirstRecord } from './first-form.js';
import { placeOfRecord, valueOfRecord } from './record.js';
import { RecordIndex } from './record-index.js';
import { damageOf } from './torn.js';

/** A file as it was found. */
export interface JournalContents {
  readonly index: RecordIndex;
  /** How far the file is sound. What stands behind was being written when the machine stopped. */
  readonly size: number;
  /** What the next batch holds on to; absent where nothing can be added to a file of this form. */
  readonly chain?: Chain;
  readonly readValue: (record: Buffer) => unknown;
}

/** Throws what `damaged` makes of the reason where the file is none that can be read whole. Reads only. */
export function readJournal(reader: FileReader, damaged: (why: string, hint?: string) => Error): JournalContents {
  const form = formOf(reader);
  if (form === 2) return readPresentForm(reader, damaged);
  if (form !== undefined && form > 2) {
    throw damaged(
      `it is of form ${form}, and this program reads forms up to 2`,
      'A later version of rollcall wrote the data folder: use that version, or start with another folder.',
    );
  }
  const index = new RecordIndex();
  return { index, size: readFirstForm(reader, index, damaged), readValue: valueOfFirstRecord };
}

function readPresentForm(reader: FileReader, damaged: (why: string) => Error): JournalContents {
  const head = readFileHead(reader);
  if (head === undefined) throw damaged('its head is damaged');
  const { id } = head;
  const index = new RecordIndex();
  let { previous } = head;
  let at = fileHeadBytes;
  while (at < reader.end) {
    const batch = readBatchHead(reader, at, id);
    if (batch !== undefined && batch.previous !== previous) throw damaged(`a batch is missing before byte ${at}`);
    const records = batch && readRecords(reader, at, batch);
    if (batch === undefined || records === undefined) {
      const damage = damageOf(reader, at, id, batch?.total);
      if (damage !== undefined) throw damaged(damage);
      break;
    }
    takeRecords(index, records, at + batchHeadBytes);
    previous = batch.own;
    at += batch.total;
  }
  return { index, size: at, chain: { id, previous }, readValue: valueOfRecord };
}

function takeRecords(index: RecordIndex, records: Buffer, offset: number): void {
  for (let from = 0; from < records.length; ) {
    const { table, key, isRemoval, length } = placeOfRecord(records, from);
    index.take(table, key, isRemoval ? undefined : { offset: offset + from, length });
    from += length;
  }
}
