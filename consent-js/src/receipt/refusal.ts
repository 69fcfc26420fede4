/** Why something is no receipt, or not one to trust. The words are those of `ReceiptError` in consent-core. */
export type Cause = "format" | "content" | "entry" | "opening" | "checkpoint" | "inclusion";

/** Thrown by everything here that reads or checks: the first thing that does not hold. */
export class Refusal extends Error {
  override readonly cause: Cause;
  /** Whether only a key is missing: then nothing is known to be wrong. */
  readonly unknownKey: boolean;

  constructor(cause: Cause, message: string, unknownKey = false) {
    super(message);
    this.cause = cause;
    this.unknownKey = unknownKey;
  }
}
