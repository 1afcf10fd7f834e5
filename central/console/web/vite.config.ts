import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { createHash } from "node:crypto";
import type { Plugin, Rolldown } from "vite";
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

/** What the phone's page needs without a link: it, the page's frame, the map, both languages. */
const WITHOUT_LINK = /\/src\/(main\.tsx|pages\/patrol\/Patrol\.tsx|parts\/Map\.tsx|languages\/[\w-]+\.json)$/;
const OUR_OWN = ["favicon.svg", "manifest.webmanifest", "icon-192.png"];

/** Tells the service worker which files make up the shell. */
function shell(): Plugin {
  return {
    name: "shell",
    generateBundle(_, bundle) {
      const files = new Set<string>();
      const take = (name: string) => {
        const chunk = bundle[name];
        if (files.has(name) || chunk?.type !== "chunk") return;
        files.add(name);
        for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
        chunk.imports.forEach(take);
      };
      const chunks = Object.values(bundle).filter(
        (each): each is Rolldown.OutputChunk => each.type === "chunk",
      );
      for (const { facadeModuleId, fileName, isEntry, name } of chunks) {
        if (name !== "sw" && (isEntry || WITHOUT_LINK.test(facadeModuleId ?? ""))) take(fileName);
      }
      const list = [...files, ...OUR_OWN].sort();
      const version = createHash("sha256").update(list.join()).digest("hex").slice(0, 12);
      const worker = chunks.find(({ name }) => name === "sw");
      if (!worker?.code.includes("__SHELL__")) throw new Error("expected a worker that asks for its shell");
      worker.code = worker.code.replaceAll("__SHELL__", JSON.stringify({ version, files: list }));
    },
  };
}

export default defineConfig({
  base: "./", // works at / and below any path
  plugins: [adoptedStyles(), react(), shell()],
  build: {
    outDir: "../built",
    emptyOutDir: true,
    target: "chrome110",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content policy allows no data: addresses
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { index: here("index.html"), sw: here("src/worker/sw.ts") },
      output: {
        // The worker rules over what lies beside it: it must lie at the root, under a name that stays.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    server: { deps: { inline: [/antd/, /@ant-design/, /@rc-component/] } },
  },
});
