import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import type { Writer } from "../state/writer.ts";
import { obstacle } from "../state/writing.ts";
import { t } from "../text/strings.ts";
import { Composer } from "./Composer.tsx";
import { BlockedLine } from "./Relations.tsx";

/** The composer, or the reason why one cannot write. */
export function Writing(props: { app: App; model: ConversationModel; writer: Writer; id: string; label: string; hint: string }) {
  const { app, model, id } = props;
  const state = model.state.value;
  const gone = state.connection === "stopped" && state.error !== null;
  // A wait leaves the field: one may write meanwhile.
  const stopped = obstacle(state, Number.POSITIVE_INFINITY);
  const peer = model.peer();
  if (!gone && peer !== undefined && app.relations.isBlocked(peer)) return <BlockedLine app={app} user={peer} id={id} />;
  if (!gone && !stopped) return <Composer {...props} />;
  const notMember = state.error?.code === "not_a_member" ? t.noLongerMember : t.cannotWrite;
  return (
    <p id={id} tabIndex={-1} class="cannot-write" role="status" data-testid={id === "composer" ? "cannot-write" : "thread-cannot-write"}>
      {gone ? notMember : stopped?.why === "frozen" ? t.cannotWriteFrozen : t.cannotWritePost(t.audiences[state.settings.post])}
    </p>
  );
}
