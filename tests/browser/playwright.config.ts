import { defineConfig } from "@playwright/test";
import { chromium } from "./support/chromium.ts";

export default defineConfig({
  testDir: "specs",
  outputDir: "../../test-output/browser/runs",
  // Half of a test is waiting, and no two at a time share a server, a browser or a file.
  // On a build server nothing else is to be done meanwhile.
  workers: process.env.CI ? 4 : 2,
  // On a build server, one more try; what needed it is listed as flaky.
  retries: process.env.CI ? 1 : 0,
  // What hangs ends some day. A machine that is busy may take long, a build server's above all: nothing here measures time.
  timeout: process.env.CI ? 300_000 : 180_000,
  expect: { timeout: process.env.CI ? 60_000 : 15_000 },
  forbidOnly: true,
  reporter: "list",
  use: {
    browserName: "chromium",
    launchOptions: chromium,
    locale: "fr-FR",
    // A person's: what a headless browser says of itself is counted as a program's.
    userAgent:
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    viewport: { width: 1280, height: 800 },
    trace: "off",
  },
});
