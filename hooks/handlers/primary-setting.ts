// The leader setting that names the unit with the databases: of a single server the unit that runs it, of a cluster
// the unit that makes it.

export const primarySetting = 'primary';
