import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Pair = readonly [message: IncomingMessage, response: ServerResponse];

interface Line {
  isBusy: boolean;
  readonly waiting: Pair[];
}

interface OneAtATimeOptions {
  readonly handle: RequestListener;
  /** How many requests may wait for the answer before theirs. */
  readonly maxWaiting: number;
  /** Called once for a connection that has sent more; it is destroyed then. */
  readonly onTooMany: (socket: Socket) => void;
}

/**
 * Hands the requests of each connection over one after the other, and after each lets the other connections have their turn.
 * Node by itself hands over all that lie in one read, some thousand, before it looks at anybody else. A client that does not
 * read its answers gets no more requests served.
 */
export function oneAtATime({ handle, maxWaiting, onTooMany }: OneAtATimeOptions): RequestListener {
  const lines = new WeakMap<Socket, Line>();

  const begin = (line: Line, [message, response]: Pair): void => {
    line.isBusy = true;
    response.once('close', () => {
      if (line.waiting.length === 0) line.isBusy = false;
      else setImmediate(() => next(line));
    });
    handle(message, response);
  };
  const next = (line: Line): void => {
    const pair = line.waiting.shift();
    if (pair === undefined || pair[0].socket.destroyed) line.waiting.length = 0;
    else begin(line, pair);
  };

  return (message, response) => {
    const { socket } = message;
    if (socket.destroyed) return; // the rest of a read in which it sent too much
    let line = lines.get(socket);
    if (line === undefined) {
      line = { isBusy: false, waiting: [] };
      lines.set(socket, line);
    }
    if (!line.isBusy) begin(line, [message, response]);
    else if (line.waiting.length < maxWaiting) line.waiting.push([message, response]);
    else {
      line.waiting.length = 0;
      onTooMany(socket);
      socket.destroy();
    }
  };
}
