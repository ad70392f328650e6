// Whole packets of both directions, for those who look on.
import { realClock } from '../../base/clock.js';
import type { Trace, TracedMessage } from '../../base/trace.js';
import { FrameReader } from './frames.js';

/** Cuts what goes over a connection into packets and tells of each. Undefined where nobody looks on. */
export function tracedPackets(
  trace: Trace | undefined,
  url: () => string,
): Readonly<Record<TracedMessage['direction'], (piece: Buffer) => void>> | undefined {
  if (trace?.messaged === undefined) return undefined;
  const direction = (name: TracedMessage['direction']) =>
    collect((body) => trace.messaged?.({ side: 'server', at: realClock.now(), url: url(), direction: name, body }));
  return { sent: direction('sent'), received: direction('received') };
}

function collect(tell: (packet: Buffer) => void): (piece: Buffer) => void {
  const frames = new FrameReader();
  let begun: Buffer[] = [];
  return (piece) => {
    let from = 0;
    frames.read(
      piece,
      () => undefined,
      (end) => {
        tell(Buffer.concat([...begun, piece.subarray(from, end)]));
        begun = [];
        from = end;
      },
    );
    if (from < piece.length) begun.push(piece.subarray(from));
  };
}
