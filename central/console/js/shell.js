// The frame around every page: where one is, how the link is, who one is.

import { data, h, replace } from "./dom.js";
import { t } from "./language.js";
import { hasRole, whoami } from "./session.js";
import { choose, setting } from "./settings.js";
import { clockText, dateText, zone } from "./time.js";
import { languageSwitch, themeSwitch } from "./parts/switches.js";

// Which roles a page is offered to. Only what is offered: the server decides again, call by call.
export const PAGES = [
  { name: "watch", roles: ["operator", "supervisor"] },
  { name: "orders", roles: ["operator", "applicant", "approver", "supervisor", "auditor"] },
  { name: "track", roles: ["investigator"] },
  { name: "nodes", roles: ["operator", "supervisor", "administrator"] },
  { name: "audit", roles: ["auditor"] },
];

export function offeredPages() {
  return PAGES.filter(({ roles }) => hasRole(...roles)).map(({ name }) => name);
}

// What a role mainly does is where it begins.
const HOMES = { operator: "watch", supervisor: "watch", investigator: "track", approver: "orders", applicant: "orders", auditor: "audit", administrator: "nodes" };

export function homePage() {
  return Object.entries(HOMES).find(([role]) => hasRole(role))?.[1];
}

export class Shell {
  main = h("main", { id: "main", tabindex: "-1" });
  #links = new Map();
  #link = h("span", { class: "link", role: "status", "aria-live": "polite" });
  #clock = h("time", { class: "clock", translate: "no" });
  #badge = h("span", { class: "badge", hidden: true });
  #news = h("p", { class: "visually-hidden", role: "status", translate: "no" });
  #title = "";
  #open = 0;
  #desk;

  constructor(root, desk, { leave }) {
    this.#desk = desk;
    const nav = offeredPages().map((name) => {
      const link = h("a", { href: `#/${name}` }, t(`page.${name}`), name === "watch" && this.#badge);
      this.#links.set(name, link);
      return h("li", {}, link);
    });
    replace(root,
      h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); this.main.focus(); } }, t("skip")),
      h("header", { class: "bar" },
        h("a", { class: "brand", href: "#/" }, h("img", { src: "favicon.svg", alt: "", width: 26, height: 26 }), h("span", {}, t("brand"))),
        h("nav", { "aria-label": t("navigation") }, h("ul", {}, nav)),
        h("div", { class: "bar-end" },
          this.#link,
          this.#clock,
          soundSwitch(),
          languageSwitch(),
          themeSwitch(),
          data(whoami().name, { class: "who", title: whoami().roles.map((role) => t(`role.${role}`)).join(" · ") }),
          h("button", { class: "button button-quiet", type: "button", "data-action": "leave", onclick: leave }, t("leave")))),
      this.main,
      this.#news);
    this.showLink();
    this.tick();
  }

  /** Mark the page that is open. */
  open(name) {
    for (const [page, link] of this.#links) {
      if (page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#title = `${t(`page.${name}`)} · ${t("title")}`;
    this.#showTitle();
  }

  showLink() {
    const { state } = this.#desk.link;
    if (this.#link.dataset.state === state) return;
    this.#link.dataset.state = state;
    replace(this.#link, h("span", { class: "link-dot", "aria-hidden": "true" }), t(`link.${state}`));
  }

  /** Say a new alert to who can't see it. */
  announce({ passage, order }) {
    this.#news.textContent = t("alert.new", { plate: order.plate_display, place: passage.checkpoint.name });
  }

  // In a tab behind others the number is all that is seen.
  #showTitle() {
    document.title = this.#open ? `(${this.#open}) ${this.#title}` : this.#title;
  }

  showOpenAlerts(count) {
    this.#open = count ?? 0;
    this.#showTitle();
    this.#badge.hidden = !count;
    this.#badge.textContent = count > 99 ? "99+" : String(count ?? "");
  }

  tick() {
    const now = new Date();
    this.#clock.textContent = `${dateText(now)} ${clockText(now)} ${zone(now)}`;
  }
}

function soundSwitch() {
  const button = h("button", {
    class: "button button-quiet", type: "button", "data-switch": "sound", "aria-pressed": String(setting("sound")),
    onclick: () => {
      choose("sound", !setting("sound"));
      button.setAttribute("aria-pressed", String(setting("sound")));
      button.textContent = t(setting("sound") ? "sound.on" : "sound.off");
    },
  }, t(setting("sound") ? "sound.on" : "sound.off"));
  return button;
}
