// The switches that every page has: language, theme; and those of somebody on watch.
import { type Key, useSpeech } from "../base/language";
import { choose, useSettings } from "../base/settings";
import { offered, switchNotices } from "../live/notices";
import { Icon, type IconName } from "./Icon";

/** Named in the language it leads to, so that who can't read this one finds it. */
export function LanguageSwitch() {
  const { language } = useSpeech();
  const next = language === "en" ? "zh-CN" : "en";
  return (
    <button
      className="button button-quiet"
      type="button"
      lang={next}
      translate="no"
      data-switch="language"
      onClick={() => choose("language", next)}
    >
      {/* eslint-disable-next-line no-restricted-syntax -- a language is named in itself */}
      {next === "en" ? "English" : "\u4e2d\u6587"}
    </button>
  );
}

interface SwitchProps {
  name: string;
  icon: IconName;
  label: Key;
  pressed?: boolean;
  flip: () => void;
}

function Switch({ name, icon, label, pressed, flip }: SwitchProps) {
  const { t } = useSpeech();
  return (
    <button
      className="button button-quiet button-icon"
      type="button"
      data-switch={name}
      aria-pressed={pressed}
      aria-label={t(label)}
      title={t(label)}
      onClick={flip}
    >
      <Icon name={icon} />
    </button>
  );
}

export function ThemeSwitch() {
  const dark = useSettings().theme === "dark";
  return (
    <Switch
      name="theme"
      icon={dark ? "sun" : "moon"}
      label={dark ? "theme.light" : "theme.dark"}
      flip={() => choose("theme", dark ? "light" : "dark")}
    />
  );
}

export function SoundSwitch() {
  const { sound } = useSettings();
  return (
    <Switch
      name="sound"
      icon={sound ? "soundOn" : "soundOff"}
      label={sound ? "sound.on" : "sound.off"}
      pressed={sound}
      flip={() => choose("sound", !sound)}
    />
  );
}

export function NoticesSwitch() {
  const { notices } = useSettings();
  if (!offered) return null;
  return (
    <Switch
      name="notices"
      icon={notices ? "bell" : "bellOff"}
      label={notices ? "notices.on" : "notices.off"}
      pressed={notices}
      flip={() => void switchNotices(!notices)}
    />
  );
}
