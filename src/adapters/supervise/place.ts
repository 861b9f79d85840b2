// Where the files of one supervised process stand. What root acts on is where only root can write. Pure.

export interface SupervisedPlace {
  /** Working directory of the process. */
  readonly directory: string;
  readonly log: string;
  /** What the supervisor is to run. */
  readonly supervisor: string;
  /** The supervisor's process: its number and the time it started. */
  readonly supervisorPid: string;
  readonly agentPid: string;
}
