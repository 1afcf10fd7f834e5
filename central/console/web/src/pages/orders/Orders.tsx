// Deployment orders (布控): the list, one of them, or the form for a new one.
import "../../styles/alert.css";
import "../../styles/pages.css";
import { Select } from "antd";
import { useEffect, useState } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { Order, OrderState } from "../../api/types";
import { useSpeech } from "../../base/language";
import { address, go } from "../../base/route";
import { zone } from "../../base/time";
import type { PageProps } from "../../pages";
import { AntFrame } from "../../parts/AntFrame";
import { Icon } from "../../parts/Icon";
import { orderPlate, PlateChip } from "../../parts/Plate";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Time } from "../../parts/Text";
import { OrderDetail } from "./OrderDetail";
import { OrderForm } from "./OrderForm";

const STATES: OrderState[] = [
  "submitted",
  "emergency",
  "active",
  "approved",
  "draft",
  "rejected",
  "withdrawn",
  "expired",
];
const LIMIT = 200;

export default function Orders({ user, desk, part }: PageProps) {
  const { t } = useSpeech();
  const [state, setState] = useState<OrderState | "">("");
  const places = useCheckpoints();
  const query = state ? { state, limit: LIMIT } : { limit: LIMIT };
  const { data, problem, again, put } = useLoaded(state, () =>
    answer(api.GET("/api/orders", { params: { query } })).then(({ orders }) => orders),
  );
  // A live order says that something changed; what this user may do with it only an answer to this user says.
  useEffect(
    () =>
      desk.listen({
        order(changed) {
          const known = data?.find(({ order_id }) => order_id === changed.order_id);
          if (!known || known.version < changed.version) again();
        },
        resumed: again,
      }),
    [desk, data, again],
  );
  const moved = (order: Order) =>
    put((orders) => [order, ...orders.filter(({ order_id }) => order_id !== order.order_id)]);
  const open = data?.find(({ order_id }) => order_id === part);

  return (
    <AntFrame>
      <div className={`two-panes${part ? " two-panes-open" : ""}`}>
        <section className="pane" aria-label={t("page.orders")}>
          <header className="pane-head">
            <h1>{t("page.orders")}</h1>
            <label className="visually-hidden" htmlFor="order-state">
              {t("orders.filter")}
            </label>
            <Select<OrderState | "">
              id="order-state"
              suffix={<Icon name="down" />}
              className="order-state"
              value={state}
              onChange={setState}
              options={[
                { value: "", label: t("orders.all") },
                ...STATES.map((each) => ({ value: each, label: t(`order_state.${each}`) })),
              ]}
            />
            {hasRole(user, "applicant") && (
              <a className="button button-main" href={address("orders", "new")}>
                {t("orders.new")}
              </a>
            )}
          </header>
          <div className="pane-body">
            {data ? (
              <List orders={data} open={part} />
            ) : problem ? (
              <Failed problem={problem} again={again} />
            ) : (
              <Loading />
            )}
          </div>
        </section>
        <section className="pane pane-side" aria-label={t("orders.side")}>
          {part && (
            <a className="button button-quiet back" href="#/orders">
              {t("back")}
            </a>
          )}
          {part === "new" ? (
            <OrderForm
              places={places}
              drafted={(order) => {
                moved(order);
                go("orders", order.order_id);
              }}
            />
          ) : open ? (
            <OrderDetail key={open.order_id} order={open} places={places} moved={moved} />
          ) : part && data ? (
            <Empty what="orders.gone" />
          ) : (
            !part && <Empty what="orders.choose" />
          )}
        </section>
      </div>
    </AntFrame>
  );
}

function List({ orders, open }: { orders: Order[]; open: string | null }) {
  const { t } = useSpeech();
  if (!orders.length) return <Empty what="orders.none" />;
  const head = [
    t("field.plate"),
    t("field.state"),
    t("field.priority"),
    t("field.reason"),
    t("field.applicant"),
    t("field.valid_until_zone", { zone: zone() }),
  ];
  return (
    <>
      <table className="table orders">
        <caption className="visually-hidden">{t("page.orders")}</caption>
        <TableHead texts={head} />
        <tbody>
          {orders.map((order) => (
            <tr
              key={order.order_id}
              className="row-link"
              data-order={order.order_id}
              aria-current={order.order_id === open}
              onClick={() => go("orders", order.order_id)}
            >
              <td>
                <a
                  className="plain"
                  href={address("orders", order.order_id)}
                  aria-label={order.plate_display}
                  translate="no"
                >
                  <PlateChip plate={orderPlate(order)} />
                </a>
              </td>
              <td>
                <span className={`tag order-${order.state}`}>{t(`order_state.${order.state}`)}</span>
              </td>
              <td>
                <span className={`priority priority-${order.priority}`}>
                  {t("priority.short", { n: order.priority })}
                </span>
              </td>
              <td>
                <Data>{order.reason}</Data>
                <br />
                <Data className="muted code">{order.case_number}</Data>
              </td>
              <td>
                <span translate="no" title={order.applicant}>
                  {order.applicant_name}
                </span>
              </td>
              <td className="numbers">
                <Time iso={order.valid_until} labelled={false} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {orders.length >= LIMIT && <p className="muted more">{t("orders.more", { n: LIMIT })}</p>}
    </>
  );
}
