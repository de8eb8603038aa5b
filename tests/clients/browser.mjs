// Drives a headless Chromium through a scenario, as a player would: fields by their label, buttons
// and links by their name. Knows nothing of what the pages are about.
//
// stdin: {
//   "chromium": path of the program,
//   "viewport": {"width", "height"}, "dark": bool, "javascript": bool, "locale": "en-US",
//   "timeout_ms": how long each step may take, "deadline_ms": how long all of it may take,
//   "steps": [{"goto": url}, {"fill": [label, text]}, …]: see STEPS below
// }
// stdout, one line:
//   {"ok": true, "events", "navigations", "console", "requests"}
//   {"ok": false, "step", "error", "url", "text", and the same four}

import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import axe from "axe-core";
import { chromium } from "playwright-core";

const LAUNCH_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PAGE_TEXT_CHARACTERS_MAX = 4000;
// The success criteria of WCAG 2.2, levels A and AA, by axe's names for them.
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const scenario = JSON.parse(readFileSync(0, "utf8"));
const seen = { events: [], navigations: [], console: [], requests: [] };
const waiting = new Set();
// Tabs that asked for `mygame://…` or the like, and what they asked for: see `settle`.
const asking = new Map();
const tabs = [];
let context;
let page;
// Index after the last navigation that an expect_navigation took: each takes one of its own.
let navigationsTaken = 0;

const isWeb = (url) => /^(https?|about|blob|data):/.test(url);

function navigated(tab, url, cause) {
  if (!isWeb(url)) asking.set(tab, url);
  seen.navigations.push({ url, cause });
  for (const look of waiting) look();
}

// Headless Chromium never opens `mygame://…`, and Playwright has no event for it. The renderer's
// wish is seen through the DevTools protocol, a server's redirect in the response.
async function watch(tab) {
  tab.on("console", (message) => seen.console.push({ kind: message.type(), text: message.text() }));
  tab.on("pageerror", (error) => seen.console.push({ kind: "pageerror", text: String(error) }));
  tab.on("request", (request) => {
    seen.requests.push({ method: request.method(), url: request.url(), kind: request.resourceType() });
  });
  tab.on("response", (response) => {
    const location = response.headers().location;
    const redirects = 300 <= response.status() && response.status() < 400;
    if (redirects && location) navigated(tab, new URL(location, response.url()).href, "redirect");
  });
  const devtools = await context.newCDPSession(tab);
  devtools.on("Page.frameRequestedNavigation", ({ url, reason }) => navigated(tab, url, reason));
  await devtools.send("Page.enable");
}

// Waits until a page has loaded, or has sent itself to `mygame://…`: then it never is loaded.
async function loaded(loading) {
  loading.catch(() => {});
  const before = seen.navigations.length;
  let look;
  const left = new Promise((resolve) => {
    look = () => seen.navigations.slice(before).some(({ url }) => !isWeb(url)) && resolve();
    waiting.add(look);
  });
  await Promise.race([loading, left]).finally(() => waiting.delete(look));
}

async function newTab() {
  const tab = await context.newPage();
  await watch(tab);
  return tab;
}

// Chromium asks whether to open the app, sooner or later, and until it is answered no click
// reaches the tab. Nobody can answer in a headless browser: a fresh tab takes the old one's place.
async function settle() {
  const stuck = page;
  if (!asking.has(stuck)) return;
  page = await newTab();
  tabs[tabs.indexOf(stuck)] = page;
  await stuck.close();
}

async function goTo(url) {
  await settle();
  await loaded(page.goto(url));
}

async function reload() {
  if (asking.has(page)) await goTo(page.url());
  else await loaded(page.reload());
}

async function openTab(url) {
  page = await newTab();
  tabs.push(page);
  await goTo(url);
}

// Bounded wait for a navigation that no earlier step has taken.
function expectNavigation(pattern) {
  return new Promise((resolve, reject) => {
    const wanted = new RegExp(pattern);
    const timer = setTimeout(() => {
      waiting.delete(look);
      reject(new Error(`no navigation to ${pattern} within ${scenario.timeout_ms} ms`));
    }, scenario.timeout_ms);
    function look() {
      const found = seen.navigations.findIndex(
        ({ url }, index) => navigationsTaken <= index && wanted.test(url),
      );
      if (found < 0) return;
      clearTimeout(timer);
      waiting.delete(look);
      navigationsTaken = found + 1;
      resolve(seen.navigations[found]);
    }
    waiting.add(look);
    look();
  });
}

const field = (label) => page.getByLabel(label, { exact: true });
const pressable = (name) =>
  page
    .getByRole("button", { name, exact: true })
    .or(page.getByRole("link", { name, exact: true }))
    .filter({ visible: true });
// Playwright's text search passes over noscript elements, also where scripts are off.
const visibleText = (text) =>
  page
    .getByText(text)
    .or(page.locator("noscript *", { hasText: text }))
    .filter({ visible: true })
    .first();

async function expectValue(label, wanted) {
  await field(label).waitFor();
  const value = await field(label).inputValue();
  if (value !== wanted) throw new Error(`"${label}" holds "${value}" and not "${wanted}"`);
}

// Of the whole page, with its images there: a picture that failed to load is not waited for.
async function takePicture(path) {
  await page.evaluate(() =>
    Promise.allSettled(Array.from(document.images, (image) => image.decode())),
  );
  await page.screenshot({ path, fullPage: true });
}

// Whether axe finds nothing that WCAG forbids.
async function expectAccessible() {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(
    (values) => window.axe.run({ runOnly: { type: "tag", values } }),
    WCAG,
  );
  if (passes.length === 0) throw new Error("axe has looked at nothing");
  const told = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html}\n${failureSummary}`),
  );
  if (told.length > 0) throw new Error(`not accessible:\n${told.join("\n")}`);
}

// Each waits, by Playwright's own means, until it can be done. What it returns goes into the events.
const STEPS = {
  goto: (url) => goTo(url),
  open_tab: (url) => openTab(url),
  // 0 is the first tab.
  switch_tab: (index) => void (page = tabs[index]),
  reload: () => reload(),
  go_back: async () => void (await loaded(page.goBack())),
  fill: ([label, text]) => field(label).fill(text),
  press: (key) => page.keyboard.press(key),
  click: (name) => pressable(name).click(),
  double_click: (name) => pressable(name).dblclick(),
  expect_text: (text) => visibleText(text).waitFor(),
  expect_no_text: (text) => visibleText(text).waitFor({ state: "hidden" }),
  expect_value: ([label, text]) => expectValue(label, text),
  expect_url: (pattern) => page.waitForURL(new RegExp(pattern), { waitUntil: "commit" }),
  expect_navigation: (pattern) => expectNavigation(pattern),
  expect_accessible: () => expectAccessible(),
  screenshot: (path) => takePicture(path),
  evaluate: (expression) => page.evaluate(expression),
};

async function perform(step) {
  const [[name, argument]] = Object.entries(step);
  if (!STEPS[name]) throw new Error(`there is no step "${name}"`);
  const value = await STEPS[name](argument);
  seen.events.push({ step: name, url: page.url(), value: value ?? null });
}

async function open(browser) {
  context = await browser.newContext({
    viewport: scenario.viewport,
    colorScheme: scenario.dark ? "dark" : "light",
    javaScriptEnabled: scenario.javascript,
    locale: scenario.locale,
    timezoneId: "UTC",
  });
  context.setDefaultTimeout(scenario.timeout_ms);
  page = await newTab();
  tabs.push(page);
}

async function play() {
  for (const [index, step] of scenario.steps.entries()) {
    try {
      await perform(step);
    } catch (error) {
      return failure(index, error);
    }
  }
  return { ok: true, ...seen };
}

async function failure(index, error) {
  const body = page.locator("body");
  const text = await body.innerText({ timeout: 1000 }).catch(() => "(the page has no text)");
  const asked = asking.get(page);
  const hint = asked ? `(after ${asked} a click is lost until the next goto or reload)` : "";
  return {
    ok: false,
    step: index,
    error: stripVTControlCharacters(String(error.message ?? error)) + hint,
    url: page.url(),
    text: text.slice(0, PAGE_TEXT_CHARACTERS_MAX),
    ...seen,
  };
}

setTimeout(() => {
  console.error(`the scenario took longer than ${scenario.deadline_ms} ms`);
  process.exit(1);
}, scenario.deadline_ms).unref();

// `launch` gives each browser an empty profile folder of its own and removes it at the end.
const browser = await chromium.launch({
  executablePath: scenario.chromium,
  headless: true,
  args: LAUNCH_FLAGS,
});
try {
  await open(browser);
  const outcome = await play();
  console.log(JSON.stringify(outcome));
} finally {
  await browser.close();
}
