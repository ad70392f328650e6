// How a device's sessions differ where reports differ or a tester asks for it. Data, with its default; the tree's is tree/behaviour.ts.
import type { DeviceFacts } from '../../model/state.js';

export interface SessionBehaviour {
  /**
   * Results that are longer than the server's MaxMsgSize: left out, and the session is aborted with 1223 in the next message; or
   * sent in chunks over several messages, as OMA has it.
   */
  readonly largeObject: 'abort' | 'chunk';
  /** MaxMsgSize that the device says in each header: how long the server's messages may be, in bytes. Absent: none is said. */
  readonly maxMsgSize?: number;
}

/** What Windows 11 26200 does (specs/windows.md §1.10): DevDetail/LrgObj is false, its headers have no Meta. */
const windowsSessions: SessionBehaviour = { largeObject: 'abort' };

/** `native.LargeObject` (`chunk`) and `native.MaxMsgSize` of the facts win over what Windows does. */
export function sessionBehaviourOf({ native }: Pick<DeviceFacts, 'native'>): SessionBehaviour {
  const { LargeObject, MaxMsgSize } = native;
  return {
    ...windowsSessions,
    ...(LargeObject === 'chunk' || LargeObject === 'abort' ? { largeObject: LargeObject } : {}),
    ...(typeof MaxMsgSize === 'number' && Number.isInteger(MaxMsgSize) && MaxMsgSize > 0
      ? { maxMsgSize: MaxMsgSize }
      : {}),
  };
}
