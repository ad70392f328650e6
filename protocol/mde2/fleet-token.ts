/**
 * The token with which a host that runs Fleet's agent enrolls (specs/windows.md §1.2), in base64 as it is sent; for
 * `Invitation.token` and `--enroll-token`.
 *
 * @example
 * await device.enroll({ authority: 'fleet', url: 'https://fleet.test/api/mdm/microsoft/discovery', token: fleetToken(orbitNodeKey) });
 */
export const fleetToken = (orbitNodeKey: string): string =>
  Buffer.from(JSON.stringify({ type: 1, payload: { orbit_node_key: orbitNodeKey } }), 'utf8').toString('base64');
