// The pages, and which roles each is offered to. Only what is offered: the server decides again, call by call.
import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import { hasRole, ROLES } from "./api/session";
import type { Role, User } from "./api/types";
import type { Desk } from "./live/desk";

export interface PageProps {
  user: User;
  desk: Desk;
  /** What stands behind the page's name in the address. */
  part: string | null;
}

export interface PageEntry {
  name:
    | "watch"
    | "wall"
    | "orders"
    | "hotlists"
    | "track"
    | "analyses"
    | "cases"
    | "grants"
    | "flow"
    | "nodes"
    | "assessment"
    | "roster"
    | "admin"
    | "audit"
    | "patrol"
    | "account";
  roles: readonly Role[];
  /** Reached from another page, and not in the navigation. */
  aside?: true;
  Page: LazyExoticComponent<ComponentType<PageProps>>;
}

/** In the order of the navigation. To add one: a folder in src/pages, a line here, `page.NAME` in both languages. */
export const PAGES: PageEntry[] = [
  { name: "watch", roles: ["operator", "supervisor"], Page: lazy(() => import("./pages/watch/Watch")) },
  {
    name: "wall",
    roles: ["operator", "supervisor"],
    aside: true,
    Page: lazy(() => import("./pages/wall/Wall")),
  },
  {
    name: "orders",
    roles: ["operator", "applicant", "approver", "supervisor", "auditor"],
    Page: lazy(() => import("./pages/orders/Orders")),
  },
  {
    name: "hotlists",
    roles: ["operator", "applicant", "approver", "supervisor", "auditor"],
    Page: lazy(() => import("./pages/hotlists/Hotlists")),
  },
  { name: "track", roles: ["investigator"], Page: lazy(() => import("./pages/track/Track")) },
  { name: "analyses", roles: ["investigator"], Page: lazy(() => import("./pages/analyses/Analyses")) },
  { name: "cases", roles: ["investigator", "supervisor"], Page: lazy(() => import("./pages/cases/Cases")) },
  { name: "grants", roles: ["investigator", "supervisor"], Page: lazy(() => import("./pages/grants/Grants")) },
  { name: "flow", roles: ["operator", "supervisor"], Page: lazy(() => import("./pages/flow/Flow")) },
  {
    name: "nodes",
    roles: ["operator", "supervisor", "administrator"],
    Page: lazy(() => import("./pages/nodes/Nodes")),
  },
  { name: "assessment", roles: ["supervisor"], Page: lazy(() => import("./pages/assessment/Assessment")) },
  {
    name: "roster",
    roles: ["operator", "supervisor", "administrator"],
    Page: lazy(() => import("./pages/roster/Roster")),
  },
  {
    name: "admin",
    roles: ["administrator", "supervisor", "auditor"],
    Page: lazy(() => import("./pages/admin/Admin")),
  },
  { name: "audit", roles: ["auditor"], Page: lazy(() => import("./pages/audit/Audit")) },
  { name: "patrol", roles: ["patrol"], Page: lazy(() => import("./pages/patrol/Patrol")) },
  {
    name: "account",
    roles: ROLES,
    Page: lazy(() => import("./pages/account/Account")),
    aside: true,
  },
];

export function offeredPages(user: User): PageEntry[] {
  return PAGES.filter(({ roles }) => hasRole(user, ...roles));
}

/** What a role mainly does is where it begins. */
const HOMES: [Role, PageEntry["name"]][] = [
  ["operator", "watch"],
  ["supervisor", "watch"],
  ["investigator", "track"],
  ["approver", "orders"],
  ["applicant", "orders"],
  ["auditor", "audit"],
  ["administrator", "nodes"],
  ["patrol", "patrol"],
];

export function homePage(user: User): string {
  return HOMES.find(([role]) => hasRole(user, role))?.[1] ?? "";
}
