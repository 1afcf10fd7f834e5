// Files that are taken along.
import { afterEach, expect, it, vi } from "vitest";
import { api, onSignedOut } from "../src/api/client";
import { takeFile } from "../src/api/file";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  onSignedOut(() => undefined);
});

const take = () =>
  takeFile(
    api.POST("/api/jobs/{job_id}/export", {
      params: { path: { job_id: "j-1" } },
      body: { form: "csv" as const },
      parseAs: "blob",
    }),
  );

it("has the name that the server gives it", async () => {
  // The page of these tests would go there instead of keeping the file.
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  const headers = { "Content-Disposition": 'attachment; filename="found.csv"' };
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("a,b", { headers })));
  expect(await take()).toBe("found.csv");
});

it("is refused where the session has ended, and leads to the login as any call does", async () => {
  const left = vi.fn();
  onSignedOut(left);
  vi.stubGlobal("fetch", () =>
    Promise.resolve(new Response(JSON.stringify({ detail: "sign in" }), { status: 401 })),
  );
  await expect(take()).rejects.toMatchObject({ status: 401, detail: "sign in" });
  expect(left).toHaveBeenCalledTimes(1);
});
