// Walks the newcomer path of /docs in Chromium with one click per step and prints what it saw as
// JSON: answers, console errors, policy violations, requests to other hosts.
// SPDX-License-Identifier: Apache-2.0
//
//   node docs_page.mjs GATEWAY_URL SCREENSHOT.png STEP...
//
// STEP is an operation by its id, such as StartFullLoad; it is opened by its link in the description,
// or by its row when there is none. With =ID the path parameter gets that id first; =@STEP takes the
// id of the resource that an earlier step answered.
import { chromium } from "playwright-core";

const [gateway, screenshot, ...steps] = process.argv.slice(2);
const patience = 30_000;
const seen = { steps: {}, consoleErrors: [], violations: [], foreignRequests: [], failedRequests: [] };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  page.setDefaultTimeout(patience);
  page.on("console", (message) => message.type() === "error" && seen.consoleErrors.push(message.text()));
  page.on("pageerror", (error) => seen.consoleErrors.push(String(error)));
  page.on("requestfailed", (request) => seen.failedRequests.push(`${request.url()} ${request.failure()?.errorText}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== gateway) seen.foreignRequests.push(request.url());
  });
  await page.addInitScript(() => {
    globalThis.policyViolations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      globalThis.policyViolations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
  });

  await page.goto(`${gateway}/docs`);
  await page.getByRole("heading", { name: "Start here" }).waitFor();
  seen.title = await page.title();
  for (const step of steps) seen.steps[step] = await walk(page, step);
  await page.screenshot({ path: screenshot });
  seen.violations = await page.evaluate(() => globalThis.policyViolations);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

// Follows the link of the description, executes the operation as it is filled in, reads the answer.
async function walk(page, step) {
  const [operation, given] = step.split("=");
  const id = given?.startsWith("@") ? JSON.parse(seen.steps[given.slice(1)].body).name.split("/")[1] : given;
  const link = page.locator(`.info a[href$="/${operation}"]`).first();
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  await ((await link.count()) > 0 ? link : block.locator(".opblock-summary-control")).click();
  const execute = block.getByRole("button", { name: "Execute" });
  await execute.waitFor();
  if (id !== undefined) await block.locator(".parameters-container input[type=text]").first().fill(id);
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith("/v1/"));
  await execute.click();
  const response = await answered;
  const status = block.locator(".live-responses-table tr.response .response-col_status").first();
  await status.waitFor();
  const shown = await block.locator(".live-responses-table tr.response .response-col_description").first().innerText();
  return {
    status: response.status(),
    url: response.url(),
    sent: response.request().postData(),
    body: await response.text(),
    shownStatus: (await status.innerText()).trim(),
    shown,
  };
}
