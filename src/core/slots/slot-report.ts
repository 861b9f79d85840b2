// What there is to tell people about a slot. The same report comes every turn as long as it is so; whoever tells
// it says it once, and again when its text changes.

export type SlotReportCode =
  | 'invalid-name'
  | 'bad-value'
  | 'shared-name'
  | 'name-collision'
  | 'old-server'
  | 'lost'
  | 'missing'
  | 'mismatch'
  | 'in-use'
  | 'left-to-server'
  | 'no-feedback'
  | 'no-physical-slot'
  | 'wal-budget';

export interface SlotReport {
  readonly level: 'info' | 'warning' | 'error';
  readonly code: SlotReportCode;
  readonly slot: string;
  /** A sentence that says what was found and what to do. */
  readonly message: string;
}
