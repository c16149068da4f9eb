// Drives Chromium through the page and tells, as JSON, what it showed and what it asked the service.
// Asks for what to do on standard input.

import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const task = JSON.parse(readFileSync(0, "utf8"));
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-proxy-server",
];

const browser = await chromium.launch({ executablePath: task.chromium, headless: true, args: QUIET, env: task.env });

/** The page at that address, and the preflights it causes. */
async function opened(address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  const preflights = [];
  const complaints = [];
  await wire.send("Network.enable");
  wire.on("Network.requestWillBeSent", ({ request }) => {
    if (request.method !== "OPTIONS") return;
    const asked = (name) => request.headers[`Access-Control-Request-${name}`] ?? "";
    preflights.push({ path: new URL(request.url).pathname, method: asked("Method"), headers: asked("Headers") });
  });
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(address);
  return { page, preflights, complaints };
}

/** What the page shows after that. */
async function after(page, action) {
  await action();
  await page.waitForFunction(() => !["", "…"].includes(document.querySelector("#told").textContent));
  const list = await page.locator("#list li").allTextContents();
  return { told: await page.locator("#told").textContent(), list };
}

const signsIn = (page) => async () => {
  await page.fill("#door [name=username]", task.username);
  await page.fill("#door [name=password]", task.password);
  await page.click("#door button");
};

const { page, preflights, complaints } = await opened(task.page);
const shown = { signed_in: await after(page, signsIn(page)) };
const searches = async () => {
  await page.fill("#search [name=name]", task.name);
  await page.click("#search button");
};
shown.found_before = await after(page, searches);
shown.drafted = await after(page, () => page.click("#draft"));
shown.found = await after(page, searches);
shown.refused = await after(page, () => page.click("#submit"));
shown.surveyed = await after(page, () => page.click("#survey"));
shown.submitted = await after(page, () => page.click("#submit"));

const stranger = await opened(task.elsewhere);
shown.elsewhere = await after(stranger.page, signsIn(stranger.page));

await browser.close();
console.log(
  JSON.stringify({ shown, preflights, complaints, elsewhere: stranger.preflights, refusals: stranger.complaints }),
);
