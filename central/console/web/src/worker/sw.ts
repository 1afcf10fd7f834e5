// The service worker: keeps the files of the application's shell, and nothing else. What the server says of vehicles
// and people is never kept: every call below api/ goes to the network, past this.
declare const __SHELL__: { version: string; files: string[] };

interface Later extends Event {
  waitUntil: (work: Promise<unknown>) => void;
}
interface Asked extends Event {
  readonly request: Request;
  respondWith: (answer: Promise<Response>) => void;
}
interface Worker extends EventTarget {
  readonly registration: { readonly scope: string };
  readonly clients: { claim: () => Promise<void> };
  skipWaiting: () => Promise<void>;
}

const worker = self as unknown as Worker;
const PREFIX = "bukong-shell-";
const shell = __SHELL__;
const NAME = PREFIX + shell.version;
const home = worker.registration.scope;
const kept = new Set(shell.files.map((file) => new URL(file, home).href));

async function keep(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll([home, ...kept].map((url) => new Request(url, { cache: "no-cache" })));
  await worker.skipWaiting();
}

async function clear(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(names.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** The page as it is at the server; as it was kept where there is no link. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await caches.match(home);
    if (found) return found;
    throw error;
  }
}

worker.addEventListener("install", (event) => (event as Later).waitUntil(keep()));
worker.addEventListener("activate", (event) => (event as Later).waitUntil(clear()));
worker.addEventListener("fetch", (event) => {
  const { request } = event as Asked;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && request.url.split(/[?#]/, 1)[0] === home) {
    (event as Asked).respondWith(page(request));
  } else if (kept.has(request.url)) {
    // Their names change with what is in them, so that what is kept is never old.
    (event as Asked).respondWith(caches.match(request).then((found) => found ?? fetch(request)));
  }
});
