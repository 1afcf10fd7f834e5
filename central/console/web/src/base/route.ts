// Where the user is: the address's fragment, `#/page/part`.
import { useSyncExternalStore } from "react";

export interface Route {
  page: string;
  part: string | null;
}

export function route(hash: string = location.hash): Route {
  const [, page = "", part] = hash.split("/");
  return { page, part: part ? decodeURIComponent(part) : null };
}

export function address(page: string, part?: string): string {
  return part === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(part)}`;
}

export function go(page: string, part?: string): void {
  location.hash = address(page, part);
}

function subscribe(heard: () => void): () => void {
  addEventListener("hashchange", heard);
  return () => removeEventListener("hashchange", heard);
}

export function useRoute(): Route {
  return route(useSyncExternalStore(subscribe, () => location.hash));
}
