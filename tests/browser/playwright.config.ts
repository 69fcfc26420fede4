import { defineConfig } from "@playwright/test";
import { chromium } from "./support/chromium.ts";

export default defineConfig({
  testDir: "specs",
  outputDir: "../../test-output/browser/runs",
  workers: 1,
  retries: 0,
  timeout: 90_000,
  forbidOnly: true,
  reporter: "list",
  use: {
    browserName: "chromium",
    launchOptions: chromium,
    locale: "fr-FR",
    viewport: { width: 1280, height: 800 },
    trace: "off",
  },
});
