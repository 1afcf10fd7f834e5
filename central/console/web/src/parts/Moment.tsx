// A moment to be chosen, in the user's zone, which its field's hint names.
import { DatePicker } from "antd";
import dayjs from "dayjs";
import { Icon } from "./Icon";

interface MomentProps {
  name: string;
  /** ISO 8601, or null where none is chosen. */
  value: string | null;
  change: (iso: string | null) => void;
  required?: boolean;
}

export default function Moment({ name, value, change, required }: MomentProps) {
  return (
    // Enter takes what was typed; it sends no form.
    <div onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}>
      <DatePicker
        id={`field-${name}`}
        className="wide"
        showTime={{ format: "HH:mm" }}
        format="YYYY-MM-DD HH:mm"
        needConfirm={false}
        value={value === null ? null : dayjs(value)}
        onChange={(chosen) => change(chosen ? chosen.toDate().toISOString() : null)}
        suffixIcon={<Icon name="calendar" />}
        allowClear={required ? false : { clearIcon: <Icon name="clear" /> }}
        aria-required={required}
      />
    </div>
  );
}
