// The part of a PostgreSQL client that the job cache needs, so that nothing here depends on a driver.

export interface Queryable {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{
    readonly rows: readonly Readonly<Record<string, unknown>>[];
    readonly rowCount: number | null;
  }>;
}
