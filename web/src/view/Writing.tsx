import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import type { Writer } from "../state/writer.ts";
import { FOREVER_MS, obstacle } from "../state/writing.ts";
import { timeOf } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { Composer } from "./Composer.tsx";
import { BlockedLine } from "./Relations.tsx";

/** The composer, or the reason why one cannot write. */
export function Writing(props: { app: App; model: ConversationModel; writer: Writer; id: string; label: string; hint: string }) {
  const { app, model, writer, id } = props;
  const state = model.state.value;
  const gone = state.connection === "stopped" && state.error !== null;
  // A wait leaves the field: one may write meanwhile.
  const stopped = obstacle(state, Number.POSITIVE_INFINITY, writer.inThread);
  const muted = model.muted.value;
  const peer = model.peer();
  if (!gone && peer !== undefined && app.relations.isBlocked(peer)) return <BlockedLine app={app} user={peer} id={id} />;
  if (!gone && !stopped && muted === null) return <Composer {...props} />;
  const notMember = state.error?.code === "not_a_member" ? t.noLongerMember : t.cannotWrite;
  const because = (): string => {
    if (gone) return notMember;
    const { post, thread = post } = state.settings;
    if (stopped) return stopped.why === "frozen" ? t.cannotWriteFrozen : t.cannotWritePost(t.audiences[writer.inThread ? thread : post]);
    return muted === null || muted === FOREVER_MS ? t.moderation.cannotWrite : t.moderation.cannotWriteUntil(timeOf(muted));
  };
  return (
    <p id={id} tabIndex={-1} class="cannot-write" role="status" data-testid={id === "composer" ? "cannot-write" : "thread-cannot-write"}>
      {because()}
    </p>
  );
}
