import { addressFor } from '../local-addresses.js';
import type { WakeDialer } from './own-connections.js';
import { PushSocket, type PushSocketOptions } from './push-socket.js';
import { pushTransport } from './push-transport.js';

/** A WebSocket to the push service for one device alone: its ask's address is its token. */
export function pushDialer(options: PushSocketOptions & { readonly localAddresses?: readonly string[] }): WakeDialer {
  const transport = options.transport ?? pushTransport(options);
  return ({ address }, events) => {
    const socket = new PushSocket(
      { ...options, transport, localAddress: addressFor(options.localAddresses, address) },
      {
        opened: () => socket.send('register', [address]),
        registered: () => events.ready(),
        notified: ({ token, payload }) => {
          if (token === address) events.received(payload);
        },
        closed: (cause) => events.closed(cause),
      },
    );
    return {
      close(forGood) {
        if (!forGood || !socket.isOpen) {
          socket.terminate();
          return;
        }
        socket.send('unregister', [address]);
        socket.close();
      },
    };
  };
}
