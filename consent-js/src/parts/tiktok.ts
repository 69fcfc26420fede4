/** The TikTok pixel. */
import type { Part } from "../part.ts";

type Method = "holdConsent" | "grantConsent" | "revokeConsent";
type Queue = unknown[] & Partial<Record<Method, () => void>>;

const tiktok: Part<unknown> = ({ allowed, listen }) => {
  const page = window as unknown as { ttq?: Queue };
  // Until the pixel is there its queue is an array of calls, each with its method first.
  const tell = (method: Method) => {
    const ttq = (page.ttq ||= []);
    if (ttq[method]) ttq[method]();
    else ttq.push([method]);
  };
  const granted = () => allowed("advertisement");

  tell("holdConsent");
  if (granted()) tell("grantConsent");
  listen(() => tell(granted() ? "grantConsent" : "revokeConsent"));
};

export default tiktok;
