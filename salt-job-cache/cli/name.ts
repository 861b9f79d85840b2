// The name of the program, as help and errors show it.

export const programName = 'salt-job-cache';
