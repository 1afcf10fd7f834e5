// Administration: who may what, machines, where alerts go, how long things are kept.
import "../../styles/admin.css";
import "../../styles/alert.css";
import "../../styles/pages.css";
import { hasRole } from "../../api/session";
import type { Role, User } from "../../api/types";
import { useSpeech } from "../../base/language";
import type { PageProps } from "../../pages";
import { AntFrame } from "../../parts/AntFrame";
import { PartLinks } from "../../parts/PartLinks";
import { Areas } from "./Areas";
import { Retention } from "./Retention";
import { Targets } from "./Targets";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

const PARTS = ["users", "tokens", "targets", "retention", "areas"] as const;
type Part = (typeof PARTS)[number];
const ROLES: Record<Part, Role[]> = {
  users: ["administrator"],
  tokens: ["administrator"],
  targets: ["administrator", "supervisor"],
  retention: ["administrator", "supervisor", "auditor"],
  areas: ["administrator", "supervisor", "auditor"],
};

export default function Admin({ user, part }: PageProps) {
  const { t } = useSpeech();
  const offered = PARTS.filter((name) => hasRole(user, ...ROLES[name]));
  const open = offered.find((name) => name === part) ?? offered[0] ?? "areas";
  return (
    <AntFrame>
      <div className="admin">
        <header className="admin-head">
          <h1>{t("page.admin")}</h1>
          <PartLinks
            page="admin"
            label="admin.parts"
            parts={offered}
            open={open}
            text={(name) => t(`admin.${name}`)}
          />
        </header>
        <Opened part={open} user={user} />
      </div>
    </AntFrame>
  );
}

function Opened({ part, user }: { part: Part; user: User }) {
  switch (part) {
    case "users":
      return <Users me={user} />;
    case "tokens":
      return <Tokens />;
    case "targets":
      return <Targets me={user} />;
    case "retention":
      return <Retention me={user} />;
    case "areas":
      return <Areas />;
  }
}
