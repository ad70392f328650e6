/** What profiles leave behind on the device, as stored. */
export const profileFields = {};
