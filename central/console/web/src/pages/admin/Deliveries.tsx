// How deliveries stand; those that were given up can be sent again.
import { Select } from "antd";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useLoaded } from "../../api/load";
import type { Delivery } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { Icon } from "../../parts/Icon";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Term, Time } from "../../parts/Text";

const STATES = ["dead", "pending", "delivered"] as const;
type State = (typeof STATES)[number];
const LIMIT = 200;

export function Deliveries({ mayResend }: { mayResend: boolean }) {
  const { t } = useSpeech();
  const [state, setState] = useState<State | "">("");
  const { problem: refused, run } = useCommand();
  const { data, problem, again, put } = useLoaded(state, () => {
    const query = { limit: LIMIT, ...(state && { state }) };
    return answer(api.GET("/api/deliveries", { params: { query } })).then(({ deliveries }) => deliveries);
  });
  const resend = (delivery: Delivery) =>
    run(async () => {
      const params = { path: { delivery_id: delivery.delivery_id } };
      const after = await answer(api.POST("/api/deliveries/{delivery_id}/resend", { params }));
      put((before) => before.map((each) => (each.delivery_id === after.delivery_id ? after : each)));
    });
  const head = [
    t("field.time", { zone: zone() }),
    t("deliveries.event"),
    t("deliveries.alert"),
    t("field.state"),
    t("deliveries.attempts"),
    t("deliveries.error"),
    ...(mayResend ? [t("field.action")] : []),
  ];
  return (
    <section className="pane" aria-label={t("deliveries.title")}>
      <header className="pane-head">
        <h2>{t("deliveries.title")}</h2>
        <label className="visually-hidden" htmlFor="delivery-state">
          {t("deliveries.filter")}
        </label>
        <Select<State | "">
          id="delivery-state"
          suffix={<Icon name="down" />}
          className="order-state"
          value={state}
          onChange={setState}
          options={[
            { value: "", label: t("orders.all") },
            ...STATES.map((each) => ({ value: each, label: t(`delivery_state.${each}`) })),
          ]}
        />
        <button className="button" type="button" onClick={again}>
          {t("refresh")}
        </button>
      </header>
      <div className="pane-body">
        {refused && <Complaint problem={refused} />}
        {problem && <Failed problem={problem} again={again} />}
        {!data && !problem && <Loading />}
        {data && !data.length && <Empty what="deliveries.none" />}
        {data && data.length > 0 && (
          <table className="table">
            <caption className="visually-hidden">{t("deliveries.title")}</caption>
            <TableHead texts={head} />
            <tbody>
              {data.map((delivery) => (
                <tr key={delivery.delivery_id} data-delivery={delivery.state}>
                  <td className="numbers">
                    <Time iso={delivery.created_at} labelled={false} />
                  </td>
                  <td>
                    <Term group="target_event" code={delivery.event} />
                  </td>
                  <td>
                    <Data className="code">{delivery.alert_id}</Data>
                  </td>
                  <td>
                    <span className={`tag delivery-${delivery.state}`}>
                      {t(`delivery_state.${delivery.state}`)}
                    </span>
                  </td>
                  <td className="numbers">{delivery.attempts}</td>
                  <td>
                    <Data>{delivery.last_error}</Data>
                  </td>
                  {mayResend && (
                    <td>
                      {delivery.state === "dead" && (
                        <button className="button" type="button" onClick={() => void resend(delivery)}>
                          {t("deliveries.resend")}
                        </button>
                      )}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  );
}
