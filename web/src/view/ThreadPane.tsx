import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { exact, listTime } from "../text/dates.ts";
import { number } from "../text/locale.ts";
import { said } from "../text/said.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";
import { ThreadReplies } from "./ThreadReplies.tsx";
import { Writing } from "./Writing.tsx";

/** Beside the conversation, and in its place where there is no room: a thread, or the threads one follows. */
export function ThreadPane({ app, model }: { app: App; model: ConversationModel }) {
  const beside = model.threads.beside.value;
  if (!beside) return null;
  const title = app.title(model);
  return (
    <section
      class="beside thread"
      aria-label={beside.kind === "list" ? t.threads.all : t.threads.inConversation(title)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        const target = event.target as HTMLElement;
        const composer = document.getElementById("thread-composer");
        if (composer && target.closest("[data-testid=message]")) composer.focus();
        else model.threads.close();
      }}
      data-testid="thread-pane"
      data-root={beside.kind === "thread" ? beside.root : undefined}
    >
      <header class="conversation-head thread-head">
        <div class="conversation-names">
          <h1>{beside.kind === "list" ? t.threads.all : t.threads.title}</h1>
          <p class="conversation-sub">
            <span class="clip" dir="auto">
              {title}
            </span>
          </p>
        </div>
        {beside.kind === "thread" && <FollowButton model={model} root={beside.root} />}
        <button type="button" class="icon-button" aria-label={t.threads.close} onClick={() => model.threads.close()} data-testid="thread-close">
          <Icon name="close" />
        </button>
      </header>
      {beside.kind === "list" ? (
        <Followed model={model} />
      ) : (
        <>
          <ThreadReplies key={beside.root} app={app} model={model} root={beside.root} />
          <Foot key={`foot-${beside.root}`} app={app} model={model} root={beside.root} />
        </>
      )}
    </section>
  );
}

function FollowButton({ model, root }: { model: ConversationModel; root: number }) {
  const { following } = model.threads.view(root).thread;
  return (
    <button
      type="button"
      class="thread-follow"
      aria-pressed={following}
      title={following ? t.threads.followingHint : t.threads.followHint}
      onClick={() => model.threads.follow(root, !following)}
      data-testid="thread-follow"
    >
      <Icon name={following ? "check" : "bell"} />
      {following ? t.threads.following : t.threads.follow}
    </button>
  );
}

/** Where one replies; or why that cannot be. */
function Foot({ app, model, root }: { app: App; model: ConversationModel; root: number }) {
  const { message } = model.threads.view(root);
  if (message !== null && (message.deleted !== null || message.content === null)) {
    return (
      <p id="thread-composer" tabIndex={-1} class="cannot-write" role="status" data-testid="thread-cannot-write">
        {t.threads.rootDeleted}
      </p>
    );
  }
  return <Writing app={app} model={model} writer={model.threads.writer(root)} id="thread-composer" label={t.threads.composerLabel} hint={t.threads.composerHint} />;
}

function Followed({ model }: { model: ConversationModel }) {
  const { followed, loading, loadFailed, hasMoreFollowed } = model.threads;
  return (
    <div class="thread-list" aria-busy={loading.value}>
      {loadFailed.value && (
        <p class="quiet">
          {t.threads.loadFailed}{" "}
          <button type="button" class="link-button" onClick={() => void model.threads.loadFollowed()}>
            {t.retry}
          </button>
        </p>
      )}
      {followed.value?.length === 0 && <p class="quiet thread-none">{t.threads.none}</p>}
      <ul role="list">
        {followed.value?.map(({ thread: { root } }) => {
          const { thread, message } = model.threads.view(root);
          return (
            <li key={root}>
              <button type="button" class={thread.unread > 0 ? "thread-entry thread-news" : "thread-entry"} onClick={() => model.threads.open(root)} data-testid="thread-entry" data-root={root} data-unread={thread.unread}>
                <span class="thread-entry-head">
                  <b class="clip">
                    <bdi>{message ? model.nameOf(message.author) : "…"}</bdi>
                  </b>
                  <time dateTime={new Date(thread.lastAt).toISOString()} title={exact(thread.lastAt)}>
                    {listTime(thread.lastAt)}
                  </time>
                </span>
                <span class="thread-entry-text" dir="auto">
                  {(message && said(message)) ?? <i>{message?.deleted || message?.content === null ? t.deletedMessage : t.noTextPreview}</i>}
                </span>
                <span class="thread-entry-foot">
                  <span>{t.threads.replies(thread.count)}</span>
                  {thread.unread > 0 && (
                    <span class="thread-unread">
                      <span aria-hidden="true">{number(thread.unread)}</span>
                      <span class="sr">{t.threads.unread(thread.unread)}</span>
                    </span>
                  )}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {followed.value !== null && hasMoreFollowed && (
        <button type="button" class="link-button thread-more" disabled={loading.value} onClick={() => void model.threads.loadFollowed()} data-testid="threads-more">
          {t.threads.older}
        </button>
      )}
    </div>
  );
}
