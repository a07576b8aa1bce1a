import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";

/** The way to the threads one follows, with how many of them have news; where there is any. */
export function ThreadsButton({ app, model }: { app: App; model: ConversationModel }) {
  const news = app.inbox.value.entries.find(({ id }) => id === model.id)?.threads ?? 0;
  if (news === 0 && model.threads.all.value.size === 0) return null;
  const list = model.threads.beside.value?.kind === "list";
  const label = news > 0 ? t.threads.withNews(news) : t.threads.all;
  return (
    <button
      type="button"
      class="icon-button threads-open"
      aria-label={label}
      title={label}
      aria-pressed={list}
      onClick={() => (list ? model.threads.close() : model.threads.openList())}
      data-testid="threads-open"
      data-news={news}
    >
      <Icon name="thread" />
      {news > 0 && (
        <span class="thread-unread" aria-hidden="true">
          {number(news)}
        </span>
      )}
    </button>
  );
}
