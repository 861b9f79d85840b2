// The file by which cron starts a charm's supervisor when the machine comes up. Pure.

export interface CronFile {
  readonly path: string;
  readonly text: string;
}

/**
 * @param charm who writes it
 * @param name of the file, without a dot, as cron passes over files with one
 * @param program the supervisor's command line
 */
export function cronFileOf(charm: string, name: string, program: readonly string[]): CronFile {
  const command = program.map((text) => `'${text}'`).join(' ');
  return {
    path: `/etc/cron.d/${name}`,
    text: `# Written by the ${charm} charm.\n@reboot root ${command.replaceAll('%', '\\%')} >/dev/null 2>&1\n`,
  };
}
