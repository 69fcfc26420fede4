/** The public face of the script: what a page finds under `window.consent`. */
/** The five purposes. */
export type Category = "necessary" | "functional" | "analytics" | "performance" | "advertisement";

/** Yes or no, for one category. */
export type Choice = "grant" | "deny";

/** One choice for each of the five categories. `necessary` is always `"grant"`. */
export type Choices = Record<Category, Choice>;

/** What holds for this visitor now. */
export interface State {
  /**
   * Whether there is nothing to ask the visitor. While `false`, `choices` are what holds before a choice, and what an earlier one
   * says of categories that have not changed since.
   */
  chosen: boolean;
  /** What may run. */
  choices: Choices;
  /** When the visitor chose. `null` without a choice, as are the three below. */
  decided_at: Date | null;
  /** UUID of the decision: with it the receipt can be had. */
  decision_id: string | null;
  /** First 12 characters of the address of the notice under which the visitor chose. */
  notice: string | null;
  /** The visitor, as 22 characters of base64url; made in this browser, for this site. */
  subject_id: string | null;
}

/** `window.consent`. */
export interface Consent {
  /** What holds now. A copy: changing it changes nothing. */
  get(): State;
  /** Whether what is in a category, or belongs to a service by its id, may run now. `false` for any other word. */
  allows(word: Category | (string & {})): boolean;
  /** Opens the second layer: every category with its cookies. */
  open(): void;
  /**
   * Records a choice. Categories that are not named keep what holds for them now; what was granted service by service
   * is denied.
   */
  set(choices: Partial<Choices>): void;
  /** Denies everything that can be denied. */
  withdraw(): void;
  /**
   * The receipt of the choice in force: a proof that it stands in the site's log.
   *
   * Rejects without a choice, and while the server has not answered for it.
   */
  receipt(): Promise<string>;
  /**
   * Says who is signed in, by a token of the site's backend, or that nobody is any more; for pages whose tag does not say it
   * (`data-account`). Resolves when their choice holds. Only on sites with accounts.
   */
  account?(token: string | null): Promise<void>;
  /** Resolves as soon as the script has run: the state is read by then. For code that prefers to wait. */
  readonly ready: Promise<Consent>;
  /** Calls `listener` after each choice, in this tab or another; gives back what stops it. */
  on(event: "change", listener: (state: State) => void): () => void;
}

declare global {
  interface Window {
    readonly consent: Consent;
  }
  interface DocumentEventMap {
    "consent:change": CustomEvent<State>;
  }
}
