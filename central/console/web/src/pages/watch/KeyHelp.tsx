// The keys, documented where they work; and the switch that turns them off.
import { type Key, useSpeech } from "../../base/language";
import { choose, useSettings } from "../../base/settings";
import { Kbd } from "../../parts/Text";
import { Window } from "../../parts/Window";
import { ACTIONS } from "./steps";

const MOVES: [string, Key][] = [
  ["J", "keys.next"],
  ["K", "keys.previous"],
  ["O", "keys.scene"],
  ["1–9", "keys.candidate"],
  ["W", "page.wall"],
  ["?", "keys.help"],
  ["Esc", "keys.close"],
];

export function KeyHelp({ close }: { close: () => void }) {
  const { t } = useSpeech();
  const { keys } = useSettings();
  const rows: [string, Key][] = [
    ...MOVES,
    ...ACTIONS.map(({ key, label }) => [key.toUpperCase(), label] as [string, Key]),
  ];
  return (
    <Window label={t("keys.title")} close={close} className="window-narrow">
      <p className="muted">{t("keys.note")}</p>
      <dl className="keys">
        {rows.map(([key, text]) => (
          <div key={key}>
            <dt>
              <Kbd>{key}</Kbd>
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <label className="row">
        <input type="checkbox" checked={keys} onChange={({ target }) => choose("keys", target.checked)} />
        {t("keys.enabled")}
      </label>
    </Window>
  );
}
