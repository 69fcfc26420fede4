/** That the checks with axe can fail: on the page, on a part of the banner, and in a frame. */
import { sound } from "../support/axe.ts";
import { expect, test } from "../support/test.ts";

test("axe finds a picture without words, letters that nobody can read, and a picture in a frame of the page", async ({
  visitor,
  page,
}) => {
  await visitor.open("/");
  await sound(page);
  const add = (html: string) =>
    page.evaluate(html => {
      const part = document.createElement("div");
      part.innerHTML = html;
      document.body.append(part);
    }, html);
  await add('<img src="/favicon.ico">');
  await expect(sound(page)).rejects.toThrow(/image-alt: <img src=\\"\/favicon.ico/);
  await page.reload();
  await sound(page);
  await page.locator("#consent-accept-all").evaluate(button => (button.style.color = "#888"));
  await page.locator("#consent-accept-all").evaluate(button => (button.style.background = "#777"));
  await expect(sound(page, "the banner", "#consent-banner")).rejects.toThrow(/color-contrast: <button/);
  await page.reload();
  await add('<iframe title="A frame" srcdoc="<html lang=en><title>A</title><img src=b>"></iframe>');
  await expect(page.frameLocator("iframe[title='A frame']").locator("img")).toBeAttached();
  await expect(sound(page)).rejects.toThrow(/image-alt: <img src=\\"b/);
});
