/**
 * Whose choice the page follows and makes: this browser's own, or that of who is signed in, which the part `account` says. An account's
 * choice has a cookie of its own, so that what the browser holds for whoever else sits before it stays as it is.
 */
export const who: {
  /**
   * The cookie of the choice that holds, its name and `=`; that for services is named after it. None until it is known who is signed in:
   * then nothing may run, and nothing is erased either.
   */
  _kept: string;
  /** That of the next choice: an account that has none yet follows the browser's own, and makes its own. */
  _next: string;
  /** The subject, if it is an account's. */
  _subject?: string | undefined;
  /** What the site's backend says of who is signed in. */
  _token?: string | undefined;
} = { _kept: "consent=", _next: "consent=" };
