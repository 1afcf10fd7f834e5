// The frame around every page: where one is, how the link is, who one is.
import { Component, type ErrorInfo, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import type { Alert, User } from "./api/types";
import { type Key, useSpeech } from "./base/language";
import { address, useRoute } from "./base/route";
import { useNow } from "./base/tick";
import { clockText, dateText, zone } from "./base/time";
import { type Desk, useDesk } from "./live/desk";
import { homePage, offeredPages, PAGES } from "./pages";
import { Icon } from "./parts/Icon";
import { Denied, Loading } from "./parts/States";
import { LanguageSwitch, NoticesSwitch, SoundSwitch, ThemeSwitch } from "./parts/Switches";

interface ShellProps {
  user: User;
  desk: Desk;
  leave: () => void;
}

export function Shell({ user, desk, leave }: ShellProps) {
  const { t, word } = useSpeech();
  const { page: wanted, part } = useRoute();
  const main = useRef<HTMLElement>(null);
  const nav = useRef<HTMLElement>(null);
  const entry = PAGES.find(({ name }) => name === wanted) ?? PAGES.find(({ name }) => name === homePage(user));
  const offered = offeredPages(user);
  const allowed = entry !== undefined && offered.includes(entry);
  const watching = offered.some(({ name }) => name === "watch");
  const listed = offered.filter(({ aside }) => !aside);
  const roadside = offered.some(({ name }) => name === "patrol");
  useDesk(desk, "statistics");
  const open = desk.statistics?.open_alerts ?? 0;
  const title = entry ? t(`page.${entry.name}`) : t("title");
  useEffect(() => {
    // In a tab behind others the number is all that is seen.
    document.title = `${open && watching ? `(${open}) ` : ""}${title} · ${t("title")}`;
  }, [open, watching, title, t]);
  const shown = entry?.name;
  useEffect(() => {
    // Where not all pages fit, the one that is open is among those that are seen. By hand: after scrollIntoView
    // the first Tab would go on from there, past the link that skips the bar.
    const bar = nav.current;
    const link = bar?.querySelector("[aria-current=page]")?.getBoundingClientRect();
    if (!bar || !link) return;
    const seen = bar.getBoundingClientRect();
    if (link.right > seen.right) bar.scrollLeft += Math.ceil(link.right - seen.right);
    else if (link.left < seen.left) bar.scrollLeft -= Math.ceil(seen.left - link.left);
  }, [shown]);
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t("skip")}
      </a>
      <header className="bar">
        <a className="brand" href="#/" aria-label={t("brand")}>
          <img src="favicon.svg" alt="" width={26} height={26} />
          <span>{t("brand")}</span>
        </a>
        <nav ref={nav} aria-label={t("navigation")} hidden={listed.length < 2}>
          <ul>
            {listed.map(({ name }) => (
              <li key={name}>
                <a href={address(name)} aria-current={name === shown ? "page" : undefined}>
                  {t(`page.${name}`)}
                  {name === "watch" && open > 0 && <span className="badge">{open > 99 ? "99+" : open}</span>}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div className="bar-end">
          <LinkMark desk={desk} />
          <Clock />
          {(watching || roadside) && <SoundSwitch />}
          {(watching || roadside) && <NoticesSwitch />}
          <ThemeSwitch />
          <LanguageSwitch />
          <a
            className="who"
            href={address("account")}
            aria-current={entry?.name === "account" ? "page" : undefined}
            title={`${t("page.account")} · ${user.roles.map((role) => word("role", role) ?? role).join(" · ")}`}
          >
            <span translate="no">{user.name}</span>
          </a>
          <button
            className="button button-quiet button-icon"
            type="button"
            data-action="leave"
            aria-label={t("leave")}
            title={t("leave")}
            onClick={leave}
          >
            <Icon name="leave" />
          </button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={`page page-of-${entry?.name ?? "none"}`}>
        {allowed ? (
          <Boundary key={entry.name}>
            <Suspense fallback={<Loading />}>
              <entry.Page user={user} desk={desk} part={part} />
            </Suspense>
          </Boundary>
        ) : (
          <>
            <h1 className="visually-hidden">{title}</h1>
            <Denied />
          </>
        )}
      </main>
      <News desk={desk} />
    </>
  );
}

function LinkMark({ desk }: { desk: Desk }) {
  const { t } = useSpeech();
  useDesk(desk, "link");
  const { state } = desk.link;
  return (
    <span className="link" role="status" aria-live="polite" data-state={state}>
      <span className="link-dot" aria-hidden="true" />
      {t(`link.${state}`)}
    </span>
  );
}

function Clock() {
  const now = new Date(useNow());
  return (
    <time className="clock" translate="no">
      <span className="clock-date">{dateText(now)}</span> <strong>{clockText(now)}</strong> {zone(now)}
    </time>
  );
}

/** Says a new alert to who can't see it. */
function News({ desk }: { desk: Desk }) {
  const { t } = useSpeech();
  const [newest, setNewest] = useState<Alert | null>(null);
  useEffect(() => desk.listen({ raised: setNewest }), [desk]);
  return (
    <p className="visually-hidden" role="status" translate="no">
      {newest && t("alert.new", { plate: newest.order.plate_display, place: newest.passage.checkpoint.name })}
    </p>
  );
}

/** A page that breaks takes nothing else with it, and says so. */
class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }

  override render() {
    return this.state.broken ? <Broken again={() => this.setState({ broken: false })} /> : this.props.children;
  }
}

function Broken({ again }: { again: () => void }) {
  const { t } = useSpeech();
  const head: Key = "state.broken";
  return (
    <div className="state state-failed" role="alert">
      <p className="state-head">{t(head)}</p>
      <p>{t("state.broken.hint")}</p>
      <button className="button" type="button" onClick={again}>
        {t("again")}
      </button>
    </div>
  );
}
