/** When a child that has ended is started again: always, only after an abnormal exit (the default of `spawn`), never. */
export type RestartType = 'permanent' | 'transient' | 'temporary';

/** How a child ended: by itself as it should, by a fault, or because it was told to. */
export type ExitKind = 'normal' | 'abnormal' | 'stopped';

/** What a supervisor must know of a child to decide about it. */
export interface ChildSpec {
  /** Its id among its siblings. */
  readonly id: string;
  /** When it is started again. */
  readonly restart: RestartType;
}
