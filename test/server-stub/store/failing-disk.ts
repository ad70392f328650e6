import { type Disk, realDisk } from '../../../base/journal/disk.js';

export type DiskCall = keyof Disk;

export interface FailingDisk {
  readonly disk: Disk;
  /** Each call, in order. */
  readonly calls: DiskCall[];
  /** What is asked before each call; what it throws, or waits for, the call does. */
  before: (call: DiskCall, count: number) => void | Promise<void>;
  /** The most that one write takes. */
  longestWrite: number;
}

/** The machine's disk, which a test has fail at chosen calls. */
export function failingDisk(): FailingDisk {
  const calls: DiskCall[] = [];
  const failing: FailingDisk = { disk: realDisk, calls, before: () => {}, longestWrite: Number.POSITIVE_INFINITY };
  const asked = async (call: DiskCall) => {
    calls.push(call);
    await failing.before(call, calls.filter((each) => each === call).length);
  };
  const after =
    <A extends unknown[], R>(call: DiskCall, real: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      await asked(call);
      return real(...args);
    };
  const disk: Disk = {
    open: after('open', realDisk.open),
    async write(file, bytes, position) {
      await asked('write');
      return realDisk.write(file, bytes.subarray(0, failing.longestWrite), position);
    },
    truncate: after('truncate', realDisk.truncate),
    sync: after('sync', realDisk.sync),
    rename: after('rename', realDisk.rename),
    remove: after('remove', realDisk.remove),
    syncFolder: after('syncFolder', realDisk.syncFolder),
    close: after('close', realDisk.close),
  };
  return Object.assign(failing, { disk });
}

/** A full disk's refusal, as Node throws it. */
export const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
