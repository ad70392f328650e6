// The tenant's events, for whoever follows them.
import type { Events } from './interfaces.js';
import type { TenantState } from './state.js';

export const events = ({ events: hub, directory }: TenantState): Events => ({
  lastEvent: () => hub.last,
  eventsAfter(seq, most) {
    const { events: found, isWhole } = hub.after(seq, most);
    const shown = found.map((event) =>
      event.user === undefined ? event : { ...event, user: directory.find(event.user)?.upn ?? event.user },
    );
    return { events: shown, isWhole };
  },
  emit: (event) => hub.emit(event),
  onEvent: (listener) => hub.onEvent(listener),
});
