// Ant Design as this console has it: our colours in both themes, both languages, styles that the content policy
// allows. Only pages that use it load it.
import { StyleProvider } from "@ant-design/cssinjs";
import { ConfigProvider, theme as themes, type ThemeConfig } from "antd";
import english from "antd/locale/en_US";
import chinese from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import type { ReactNode } from "react";
import { useSpeech } from "../base/language";
import { type Settings, useSettings } from "../base/settings";

const LOCALES = { "zh-CN": chinese, en: english };
const DAYS = { "zh-CN": "zh-cn", en: "en" };

/** The colours are those of styles/tokens.css: Ant Design computes with them and can't take variables. */
const THEMES: Record<Settings["theme"], ThemeConfig> = {
  dark: {
    algorithm: themes.darkAlgorithm,
    cssVar: { key: "bukong-dark" },
    token: {
      colorPrimary: "#2f7fd6",
      colorLink: "#6db6ff",
      colorBgBase: "#0a0f15",
      colorBgContainer: "#0d141c",
      colorBgElevated: "#182431",
      colorBorder: "#2f4052",
      colorBorderSecondary: "#22303e",
      colorText: "#e8eef5",
      colorTextSecondary: "#a3b3c4",
      colorTextPlaceholder: "#93a4b5",
      colorTextDisabled: "#8496a8",
      colorError: "#ff8a80",
    },
  },
  light: {
    cssVar: { key: "bukong-light" },
    token: {
      colorPrimary: "#0a5cb8",
      colorLink: "#0a5cb8",
      colorText: "#16202b",
      colorTextSecondary: "#4d5c6b",
      colorTextPlaceholder: "#5c6b7a",
      colorTextDisabled: "#5c6b7a",
      colorBorder: "#c3cdd8",
      colorError: "#b3201b",
    },
  },
};

const EVERYWHERE = {
  fontFamily: "inherit",
  fontSize: 15,
  borderRadius: 8,
  controlHeight: 38,
  motion: false,
};

export function AntFrame({ children }: { children: ReactNode }) {
  const { language } = useSpeech();
  const { theme } = useSettings();
  dayjs.locale(DAYS[language]);
  const chosen = THEMES[theme];
  return (
    <StyleProvider layer>
      <ConfigProvider
        locale={LOCALES[language]}
        theme={{ ...chosen, hashed: false, token: { ...chosen.token, ...EVERYWHERE } }}
        wave={{ disabled: true }}
        componentSize="middle"
      >
        {children}
      </ConfigProvider>
    </StyleProvider>
  );
}
