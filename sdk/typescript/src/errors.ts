import type { Code, Problem, Rejection } from "./wire.ts";

/** Codes of failures that never reached the server, or whose answer never reached the client. */
export type LocalCode = "network" | "timeout" | "closed" | "token_unavailable" | "discarded" | "bad_answer" | "protocol" | "storage";

/** What went wrong: a stable code, a sentence for a person, whether to try again and when. */
export class QuipuError extends Error {
  override readonly name = "QuipuError";
  readonly code: Code | LocalCode;
  /** The HTTP status, or 0 where there is none. */
  readonly status: number;
  /** Whether the same request, under the same key, may succeed later. */
  readonly retry: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: Code | LocalCode, message: string, options: { status?: number; retry?: boolean; retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 0;
    this.retry = options.retry ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The error inside a rejection or an `error` frame. */
export function fromRejection(rejection: Rejection): QuipuError {
  return new QuipuError(rejection.code, rejection.message, { retry: rejection.retry, retryAfterMs: rejection.retry_after_ms });
}

/** The error inside an HTTP answer, whether or not it is a problem document. */
export async function fromResponse(response: Response): Promise<QuipuError> {
  const problem = (await response.json().catch(() => null)) as Partial<Problem> | null;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = problem?.retry_after_ms ?? (Number.isFinite(seconds) ? seconds * 1000 : undefined);
  if (typeof problem?.code === "string") {
    return new QuipuError(problem.code, problem.detail ?? problem.title ?? problem.code, { status: response.status, retry: problem.retry ?? false, retryAfterMs });
  }
  const retry = response.status >= 500 || response.status === 429;
  return new QuipuError("bad_answer", `The server answered ${response.status} without a reason.`, { status: response.status, retry, retryAfterMs });
}

/** Anything thrown, as an error of this library. */
export function toQuipuError(thrown: unknown, code: LocalCode, message: string, retry = true): QuipuError {
  return thrown instanceof QuipuError ? thrown : new QuipuError(code, message, { retry, cause: thrown });
}

/** Whether a fresh token may help. */
export function isTokenError(error: QuipuError): boolean {
  return error.status === 401 || (error.code.startsWith("token_") && error.code !== "token_unavailable" && error.code !== "token_other_user");
}
