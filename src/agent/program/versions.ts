// The versions this program tells.

/** What peers, patronictl and dashboards take us for: the Patroni whose behaviour is implemented. */
export const patroniVersion = '4.1.4';

/** Our own; the release sets it in package.json as well, and a test compares the two. */
export const agentVersion = '0.1.0';
