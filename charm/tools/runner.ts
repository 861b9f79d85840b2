// The one seam between the typed hook tools and whatever runs them: a child process on a unit, the
// emulator's core in a test.

export interface ToolAnswer {
  /** 0 done, 1 the tool failed, 2 it was called wrongly (H3); 127 it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolRunner {
  /**
   * Runs one hook tool to its end. A tool that fails is an answer and not an exception.
   * Without `stdin` the tool reads nothing.
   */
  run(tool: string, args: readonly string[], stdin?: string): ToolAnswer;
}
