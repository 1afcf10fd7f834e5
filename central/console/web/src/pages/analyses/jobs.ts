// Moves of a job.
import { answer, api } from "../../api/client";
import type { Job } from "../../api/types";

export const over = (job: Job): boolean => job.state !== "waiting" && job.state !== "running";

const at = (job: Job) => ({ params: { path: { job_id: job.job_id } } });

/** @throws {Problem} */
export async function cancel(job: Job): Promise<void> {
  await answer(api.POST("/api/jobs/{job_id}/cancel", at(job)));
}

/** @throws {Problem} */
export async function discard(job: Job): Promise<void> {
  await answer(api.DELETE("/api/jobs/{job_id}", at(job)));
}
