/** Global Privacy Control (W3C): an objection, never a grant. */
export const gpc = (): boolean =>
  (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
