// Start: language, session, then the page that the address names.

import { client } from "./client.js";
import { Desk } from "./desk.js";
import { h, replace } from "./dom.js";
import { speak, t } from "./language.js";
import { forget, resume, signOut, whoami } from "./session.js";
import { setting, settings } from "./settings.js";
import { homePage, offeredPages, Shell } from "./shell.js";
import { ring } from "./sound.js";
import { loginPage } from "./pages/login.js";
import { AuditPage } from "./pages/audit.js";
import { NodesPage } from "./pages/nodes.js";
import { OrdersPage } from "./pages/orders.js";
import { TrackPage } from "./pages/track.js";
import { place as watchPlace, WatchPage } from "./pages/watch.js";
import { letGo } from "./parts/form.js";
import { denied, failed } from "./parts/states.js";

const OPENERS = {
  watch: (root) => new WatchPage(root, desk),
  orders: (root, part) => new OrdersPage(root, desk, part),
  track: (root) => new TrackPage(root),
  nodes: (root) => new NodesPage(root),
  audit: (root) => new AuditPage(root),
};

const app = document.getElementById("app");
let desk = null;
let shell = null;
let page = null;

function showTheme() {
  document.documentElement.dataset.theme = setting("theme");
}

/** Draw the frame and the page anew: after signing in, and when the language changes. */
function drawAll() {
  page?.close();
  page = null;
  if (!whoami()) return drawLogin();
  app.className = "app";
  shell = new Shell(app, desk, { leave });
  shell.showOpenAlerts(desk.statistics?.open_alerts);
  return route();
}

function drawLogin(note = null) {
  app.className = "app app-login";
  document.title = t("title");
  const typed = document.getElementById("username")?.value ?? "";
  loginPage(app, { entered, note, typed });
}

function route() {
  if (!shell) return;
  const [, wanted, part] = location.hash.split("/");
  const name = wanted in OPENERS ? wanted : homePage();
  page?.close();
  page = null;
  if (!name) return replace(shell.main, denied());
  shell.open(name);
  shell.main.className = `page page-of-${name}`;
  if (!offeredPages().includes(name)) return replace(shell.main, denied());
  page = OPENERS[name](shell.main, part ? decodeURIComponent(part) : null);
}

async function entered(user) {
  if (setting("language") === null && user.language) await speak(user.language);
  desk = new Desk({ watching: offeredPages().includes("watch") });
  desk.addEventListener("link", () => shell?.showLink());
  desk.addEventListener("statistics", () => shell?.showOpenAlerts(desk.statistics?.open_alerts));
  desk.addEventListener("raised", ({ detail }) => {
    ring(detail.priority);
    shell?.announce(detail);
  });
  desk.link.addEventListener("signed-out", () => expelled());
  drawAll();
  desk.start();
}

function stopWork() {
  page?.close();
  page = null;
  desk?.stop();
  desk = null;
  shell = null;
  letGo();
  Object.assign(watchPlace, { selected: null, open: true, pane: "queue", seenGaps: 0 });
}

async function leave() {
  stopWork();
  try {
    await signOut();
    drawLogin();
  } catch {
    drawLogin("login.leave_failed"); // the session may live on at the server until it expires
  }
}

function expelled() {
  if (!whoami()) return;
  stopWork();
  forget();
  drawLogin("login.ended");
}

client.addEventListener("signed-out", expelled);
settings.addEventListener("change", async ({ detail }) => {
  if (detail === "theme") showTheme();
  if (detail !== "language") return;
  await speak(setting("language"));
  drawAll();
});
addEventListener("hashchange", route);
setInterval(() => {
  shell?.tick();
  page?.tick?.();
}, 1000);

async function begin() {
  showTheme();
  await speak(setting("language"));
  try {
    const user = await resume();
    if (user) await entered(user);
    else drawLogin();
  } catch (problem) {
    replace(app, h("main", { class: "login" }, failed(problem, begin)));
  }
}

begin();
