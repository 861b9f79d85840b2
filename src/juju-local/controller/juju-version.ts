// The version of Juju whose behaviour the emulator shows, and which its agents report.

export const jujuVersion = '3.6.9';
