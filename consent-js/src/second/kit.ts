/** What the script that is there already gives to this one. */
import { MARK, type Kit } from "../kit.ts";
import type { Notice } from "../notice.ts";
import { notice as settings } from "../settings.ts";

export const kit = (window as unknown as Record<symbol, Kit>)[MARK]!;

/** All of the notice: the server puts it into this script's settings. */
export const notice = settings as unknown as Notice;
