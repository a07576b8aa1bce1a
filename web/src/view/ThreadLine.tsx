import type { Message } from "@quipu/client";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { exact, listTime } from "../text/dates.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";

/** Under the message a thread began with: who replied last, how many replies there are, when the last one came. Opens the thread. */
export function ThreadLine({ app, model, message, tabbable }: { app: App; model: ConversationModel; message: Message; tabbable: boolean }) {
  const thread = message.seq === null ? undefined : model.threads.all.value.get(message.seq);
  if (!thread || thread.count === 0) return null;
  const open = model.threads.beside.value;
  const shown = open?.kind === "thread" && open.root === thread.root;
  return (
    <button
      type="button"
      class={thread.unread > 0 ? "thread-line thread-news" : "thread-line"}
      tabIndex={tabbable ? 0 : -1}
      aria-pressed={shown}
      onClick={() => (shown ? model.threads.close() : model.threads.open(thread.root))}
      data-testid="thread-line"
      data-count={thread.count}
      data-unread={thread.unread}
    >
      <span class="thread-people" aria-hidden="true">
        {thread.participants.map((user) => (
          <Avatar key={user} id={user} name={app.people.name(user)} picture={app.people.get(user).picture} size="s" />
        ))}
      </span>
      <span class="thread-count">{t.threads.replies(thread.count)}</span>
      {thread.unread > 0 && (
        <span class="thread-unread">
          <span aria-hidden="true">{number(thread.unread)}</span>
          <span class="sr">{t.threads.unread(thread.unread)}</span>
        </span>
      )}
      <time class="thread-last" dateTime={new Date(thread.lastAt).toISOString()} title={exact(thread.lastAt)}>
        {listTime(thread.lastAt)}
      </time>
    </button>
  );
}
