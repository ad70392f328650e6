// What a device's sync/info, its devicereset confirmations and the companion's log lines say of the commands that went out.
import type { DeviceInfo, LogItem } from '../../protocol/headwind/types.js';
import type { Acknowledgement, Answered, Awaited, RenderMemory } from './render/rendered.js';

/** Outcomes to report, in order, and what is to be kept. */
export interface Judged {
  readonly answers: readonly Answered[];
  /** What is awaited still; undefined: nothing. */
  readonly awaited: Awaited | undefined;
  readonly memory: RenderMemory;
}

/** The first info after a document: *applied*. `memory`: what `renderDocument` gave. */
export declare function judgeInfo(info: DeviceInfo, awaited: Awaited | undefined, memory: RenderMemory): Judged;

/** A confirmation of devicereset. `info` is its body. */
export declare function judgeConfirmation(
  what: Exclude<Acknowledgement, 'info'>,
  info: DeviceInfo,
  awaited: Awaited | undefined,
): Omit<Judged, 'memory'>;

/** Lines of the companion app in a device's log (convention): what has failed of what is awaited, and what of what was applied. */
export declare function judgeLog(
  lines: readonly LogItem[],
  awaited: Awaited | undefined,
): Omit<Judged, 'memory'> & { readonly failedLater: readonly { readonly carrier: string; readonly reason: string }[] };
