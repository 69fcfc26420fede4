/**
 * Whose choice the page follows and makes: this browser's own, or that of who is signed in, which the part `account` says. An account's
 * choice has a cookie of its own, so that what the browser holds for whoever else sits before it stays as it is.
 */
export const who: {
  /** The cookie's name and `=`. That for services is named after it. */
  _cookie: string;
  /** The subject, if it is an account's. */
  _subject?: string | undefined;
  /** What the site's backend says of who is signed in. */
  _token?: string | undefined;
} = { _cookie: "consent=" };
