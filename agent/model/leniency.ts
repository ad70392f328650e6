// What the user may lift of a real device's strictness. Every place that judges tries the strict way first.

/** Names of what `--lenient` and `DeviceOptions.lenient` lift. */
export const leniencies = ['tls', 'plist', 'scep'] as const;

/**
 * `tls`: the platform's rules on server certificates (the chain to a trusted root is not lifted). `plist`: property lists that
 * the platform's reader refuses. `scep`: SCEP servers that the platform's client refuses.
 */
export type Leniency = (typeof leniencies)[number];
