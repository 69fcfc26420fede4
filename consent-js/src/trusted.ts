/** One Trusted Types policy, `consent`: it lets through what the page itself wrote into its own tagged scripts. */

interface Policy {
  createScript(text: string): string;
  createScriptURL(url: string): string;
}
interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

const same = (text: string) => text;
const plain: Policy = { createScript: same, createScriptURL: same };
let policy: Policy | undefined;

/** The policy, made when it is first needed; plain strings where Trusted Types are unknown or the name is refused. */
export function trusted(): Policy {
  try {
    policy ||= (window as Window & { trustedTypes?: Factory }).trustedTypes?.createPolicy("consent", plain);
  } catch {
    // The page's `trusted-types` does not list us. Then the browser stops the script: denied, and the page works.
  }
  return (policy ||= plain);
}
