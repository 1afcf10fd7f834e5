import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Ant Design writes its styles through one small module; ours, which the content policy allows, in its place. */
function adoptedStyles(): Plugin {
  return {
    name: "adopted-styles",
    enforce: "pre",
    resolveId: (source) =>
      /(^|\/)Dom\/dynamicCSS(\.js)?$/.test(source) ? here("src/base/dynamicStyle.ts") : null,
  };
}

export default defineConfig({
  base: "./", // works at / and below any path
  plugins: [adoptedStyles(), react()],
  build: {
    outDir: "../built",
    emptyOutDir: true,
    target: "chrome110",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content policy allows no data: addresses
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    server: { deps: { inline: [/antd/, /@ant-design/, /@rc-component/] } },
  },
});
