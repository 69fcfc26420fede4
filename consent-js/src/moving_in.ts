/** Somebody's word that what another platform asked visitors is what a notice asks them. */
export interface MovingIn {
  by: string;
  /** For each category that can be granted so, the words of the platform that all have to be granted there. */
  categories: Record<string, string[]>;
  /** Where the platform keeps the choice, if not where it usually does. */
  name?: string;
  platform: string;
  reason: string;
}
