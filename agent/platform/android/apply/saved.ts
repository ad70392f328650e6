/** What the parts of a configuration that were applied leave behind, as stored. */
export const appliedFields = {};
