// Which areas; none chosen is the whole network.
import { Select } from "antd";
import { useAreas } from "../api/areas";
import { useSpeech } from "../base/language";
import { Icon } from "./Icon";
import { Data } from "./Text";

interface AreaSelectProps {
  id: string;
  value: string[];
  change: (areas: string[]) => void;
}

export default function AreaSelect({ id, value, change }: AreaSelectProps) {
  const { t } = useSpeech();
  const areas = useAreas();
  return (
    <Select<string[]>
      id={id}
      suffix={<Icon name="down" />}
      mode="multiple"
      showSearch={{ optionFilterProp: "label" }}
      placeholder={t("areas.whole")}
      value={value}
      onChange={change}
      options={areas.map(({ area_id, name }) => ({ value: area_id, label: name }))}
    />
  );
}

/** Their names. */
export function AreaNames({ of }: { of: readonly string[] }) {
  const { t } = useSpeech();
  const areas = useAreas();
  if (!of.length) return <span>{t("areas.whole")}</span>;
  return <Data>{of.map((id) => areas.find(({ area_id }) => area_id === id)?.name ?? id).join(" · ")}</Data>;
}
