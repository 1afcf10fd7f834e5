// The areas and the checkpoints in each: set in the configuration, to be looked up here.
import { useAreas } from "../../api/areas";
import { useCheckpoints } from "../../api/checkpoints";
import type { Area, Checkpoint } from "../../api/types";
import { useSpeech } from "../../base/language";
import { Empty } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, None } from "../../parts/Text";

export function Areas() {
  const { t } = useSpeech();
  const areas = useAreas();
  const places = useCheckpoints();
  const head = [t("areas.name"), t("areas.id"), t("areas.parent"), t("areas.checkpoints")];
  const nowhere = places.filter(({ area_id }) => area_id === null);
  return (
    <section className="pane" aria-label={t("admin.areas")}>
      <header className="pane-head">
        <h2>{t("admin.areas")}</h2>
        <span className="muted">{t("areas.configured")}</span>
      </header>
      <div className="pane-body">
        {!areas.length && <Empty what="areas.none" />}
        {areas.length > 0 && (
          <table className="table">
            <caption className="visually-hidden">{t("admin.areas")}</caption>
            <TableHead texts={head} />
            <tbody>
              {areas.map((area) => (
                <tr key={area.area_id}>
                  <td>
                    <strong>
                      <Data>{area.name}</Data>
                    </strong>
                  </td>
                  <td>
                    <Data className="code">{area.area_id}</Data>
                  </td>
                  <td>{area.parent ? <Data>{nameOf(areas, area.parent)}</Data> : <None />}</td>
                  <td>
                    <Names of={places.filter(({ area_id }) => area_id === area.area_id)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {areas.length > 0 && nowhere.length > 0 && (
          <p className="hint admin-note">
            {t("areas.nowhere")} <Names of={nowhere} />
          </p>
        )}
      </div>
    </section>
  );
}

function nameOf(areas: Area[], id: string): string {
  return areas.find(({ area_id }) => area_id === id)?.name ?? id;
}

function Names({ of }: { of: Checkpoint[] }) {
  return of.length ? <Data>{of.map(({ name }) => name).join(" · ")}</Data> : <None />;
}
