// A file that a call answers, handed to the user under the name that the server gives it.
import { answer, Problem } from "./client";

interface FileAnswer {
  data?: Blob | undefined;
  error?: unknown;
  response: Response;
}

/** `call` with `parseAs: "blob"`. Gives the file's name. @throws {Problem} */
export async function takeFile(call: Promise<FileAnswer>): Promise<string> {
  const data = await answer(call);
  const { response } = await call;
  if (data === undefined) throw new Problem(response.status);
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "bukong";
  hand(data, name);
  return name;
}

/** A link of the page's own making: the content policy forbids frames and other windows, not this. */
function hand(data: Blob, name: string): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
