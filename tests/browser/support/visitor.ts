/** Somebody in front of the page: what they can press, and what can be seen from outside of what happened. */
import type { Page, Request } from "@playwright/test";
import type { DecisionRequest } from "../../../consent-js/dist/interface.d.ts";
import type { Server } from "./server.ts";

/** The five categories. */
export const CATEGORIES = ["necessary", "functional", "analytics", "performance", "advertisement"] as const;
export type Category = (typeof CATEGORIES)[number];

/** A choice that was made on the page, with its name: only what another site handed on is sent without. */
type Sent = DecisionRequest & Required<Pick<DecisionRequest, "decision_id">>;

export class Visitor {
  readonly page: Page;
  readonly server: Server;
  /** Paths of every request, in order. */
  readonly requested: string[] = [];
  /** Requests to any host but the server's. */
  readonly foreign: string[] = [];
  /** Bodies of decisions that were sent. */
  readonly sent: Sent[] = [];
  /** Requests that say that a notice was shown. */
  readonly shown: Request[] = [];
  /** Reports of the page's policy. */
  readonly violations: string[] = [];
  /** Uncaught errors. */
  readonly errors: string[] = [];

  private constructor(page: Page, server: Server) {
    this.page = page;
    this.server = server;
  }

  /** Watches a page that has loaded nothing yet. */
  static async of(page: Page, server: Server): Promise<Visitor> {
    const visitor = new Visitor(page, server);
    page.on("request", request => {
      const url = new URL(request.url());
      if (!["http:", "https:"].includes(url.protocol)) return;
      visitor.requested.push(url.pathname);
      if (url.origin !== server.url) visitor.foreign.push(request.url());
      if (url.pathname.endsWith("/shown")) visitor.shown.push(request);
      else if (request.method() === "POST") visitor.sent.push(request.postDataJSON());
    });
    page.on("pageerror", error => visitor.errors.push(error.message));
    await page.exposeBinding("reportViolation", (_source, text: string) => visitor.violations.push(text));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", event => {
        const { reportViolation } = window as unknown as { reportViolation(text: string): void };
        reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile} ${event.sample}`);
      });
    });
    return visitor;
  }

  /** Opens a page of the site. */
  async open(path = "/"): Promise<void> {
    await this.page.goto(this.server.url + path);
  }

  /** Which of the third parties' files were asked for, in order. */
  thirdParty(): string[] {
    return this.requested
      .filter(path => /^\/third-party\/[a-z]+\.(js|html)$/.test(path) && !path.endsWith("video.js"))
      .map(path => path.replace("/third-party/", ""));
  }

  /** Names of all cookies that the browser keeps, script-visible or not. */
  async cookieNames(): Promise<string[]> {
    return (await this.page.context().cookies()).map(({ name }) => name).sort();
  }

  /** The fields of the cookie `consent`. */
  async consentCookie() {
    const cookie = (await this.page.context().cookies()).find(({ name }) => name === "consent");
    if (!cookie) return null;
    const [version, choices, decidedAt, notice, subject, decision] = cookie.value.split(".");
    return { ...cookie, version, choices, decidedAt, notice, subject, decision };
  }

  /** Keys of `localStorage` and `sessionStorage`. */
  storageKeys(): Promise<string[]> {
    return this.page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort());
  }

  /** What the page's own panel says has run. */
  async ran(): Promise<string[]> {
    const lines = await this.page.locator("#ran li").allTextContents();
    return lines.map(line => line.split(" · ")[0]!);
  }

  /** Waits until the server has answered for everything, as the browser's queue tells. */
  async delivered(): Promise<void> {
    await this.page.waitForFunction(() => !Object.keys(localStorage).some(key => key.startsWith("consent:")));
  }

  /** The granted categories, as `window.consent` tells. */
  granted(): Promise<string[]> {
    return this.page.evaluate(() =>
      Object.entries(window.consent.get().choices)
        .filter(([, choice]) => choice === "grant")
        .map(([category]) => category),
    );
  }

  /** Presses a button. What the button to the second layer opens is waited for, as a visitor would. */
  async press(id: string): Promise<void> {
    await this.page.click("#consent-" + id);
    if (id === "customise") await this.page.locator("#consent-settings-dialog").waitFor();
  }

  toggle(category: Category): Promise<void> {
    return this.page.click("#consent-toggle-" + category);
  }
}
