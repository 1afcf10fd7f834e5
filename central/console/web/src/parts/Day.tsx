// A day to be chosen, in the user's zone.
import { DatePicker } from "antd";
import dayjs from "dayjs";
import { Icon } from "./Icon";

interface DayProps {
  name: string;
  /** YYYY-MM-DD. */
  value: string;
  change: (day: string) => void;
}

export default function Day({ name, value, change }: DayProps) {
  return (
    <DatePicker
      id={`field-${name}`}
      value={dayjs(value)}
      onChange={(chosen) => {
        if (chosen) change(chosen.format("YYYY-MM-DD"));
      }}
      suffixIcon={<Icon name="calendar" />}
      allowClear={false}
    />
  );
}
