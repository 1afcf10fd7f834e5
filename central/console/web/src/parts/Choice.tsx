// Choices as the console has them: one of some, or several.
import { Select } from "antd";
import { useSpeech } from "../base/language";
import { Icon } from "./Icon";

interface Option {
  value: string;
  label: string;
}

interface ChoiceProps {
  /** The control has the id `field-NAME`. */
  name: string;
  value: string;
  change: (value: string) => void;
  options: Option[];
  disabled?: boolean;
}

export function Choice({ name, value, change, options, disabled }: ChoiceProps) {
  return (
    <Select<string>
      id={`field-${name}`}
      suffix={<Icon name="down" />}
      value={value}
      onChange={change}
      options={options}
      disabled={disabled ?? false}
    />
  );
}

interface ChoicesProps {
  name: string;
  values: string[];
  change: (values: string[]) => void;
  options: Option[];
  placeholder?: string;
}

export function Choices({ name, values, change, options, placeholder }: ChoicesProps) {
  const { t } = useSpeech();
  return (
    <Select<string[]>
      id={`field-${name}`}
      suffix={<Icon name="down" />}
      mode="multiple"
      maxTagCount="responsive"
      showSearch={{ optionFilterProp: "label" }}
      placeholder={placeholder ?? t("any")}
      value={values}
      onChange={change}
      options={options}
    />
  );
}
