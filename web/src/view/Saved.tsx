import type { Saved } from "@quipu/client/saved";
import { type App, sentence } from "../state/app.ts";
import { foundTime } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";

/** Saves a message, or saves it no longer, and says so. */
export function toggleSaved(app: App, conversation: string, seq: number, saved: boolean): void {
  app.saved.set(conversation, seq, saved).then(
    () => app.say(saved ? t.savedMessages.done : t.savedMessages.undone),
    (error: unknown) => app.say(sentence(error)),
  );
}

/** The part of the list that holds no conversations but saved messages. */
export function SavedView({ app }: { app: App }) {
  const { shown } = app.saved;
  return (
    <button
      type="button"
      class="view"
      aria-pressed={shown.value && app.query.value === ""}
      onClick={() => {
        app.query.value = "";
        shown.value = true;
      }}
      data-testid="view-saved"
    >
      {t.savedMessages.title}
    </button>
  );
}

/** What is saved, what was saved last first; each leads to its place. */
export function SavedList({ app }: { app: App }) {
  const { saved, ready, hasMore, count, error } = app.saved.list.value;
  return (
    <section class="saved" aria-label={t.savedMessages.title}>
      <p class="find-status" role="status" data-testid="saved-status">
        {error ? sentence(error) : !ready ? t.loading : count === 0 ? t.savedMessages.empty : t.savedMessages.count(count)}
      </p>
      {saved.length > 0 && (
        <ol class="find-hits" role="list" aria-label={t.savedMessages.title} data-testid="saved-list">
          {saved.map((one, index) => (
            <Row key={`${one.conversation} ${one.seq}`} app={app} one={one} tabbable={index === 0} />
          ))}
        </ol>
      )}
      {(hasMore || error) && (
        <button type="button" class="link-button found-more" onClick={() => app.saved.loadMore()} data-testid="saved-more">
          {error ? t.retry : t.findAll.more}
        </button>
      )}
    </section>
  );
}

function Row({ app, one, tabbable }: { app: App; one: Saved; tabbable: boolean }) {
  const { conversation, seq, message, unavailable } = one;
  const title = app.titleById(conversation);
  const takeOut = (row: HTMLElement | null): void => {
    // The focus goes to what comes into its place.
    const next = row?.nextElementSibling ?? row?.previousElementSibling;
    (next?.querySelector<HTMLElement>("button") ?? document.querySelector<HTMLElement>("[data-testid=view-saved]"))?.focus();
    toggleSaved(app, conversation, seq, false);
  };
  return (
    <li class="saved-row" data-testid="saved-row" data-conversation={conversation} data-seq={seq}>
      {message ? (
        <button type="button" class="find-hit" tabIndex={tabbable ? 0 : -1} onClick={() => void app.showMessage(conversation, seq)} data-testid="saved-hit">
          <Said app={app} title={title} message={message} />
        </button>
      ) : (
        <div class="find-hit saved-gone" data-testid="saved-gone">
          <span class="find-hit-head">
            <bdi class="clip">{title}</bdi>
          </span>
          <i class="quiet">{unavailable ? t.savedMessages.unavailable : t.savedMessages.gone}</i>
        </div>
      )}
      <button
        type="button"
        class="saved-out icon-button"
        tabIndex={tabbable ? 0 : -1}
        aria-label={t.savedMessages.unsave}
        title={t.savedMessages.unsave}
        onClick={(event) => takeOut(event.currentTarget.closest<HTMLElement>(".saved-row"))}
        data-testid="saved-out"
      >
        <Icon name="bookmark" />
      </button>
    </li>
  );
}

function Said({ app, title, message }: { app: App; title: string; message: NonNullable<Saved["message"]> }) {
  const author = message.author === app.session.user ? t.yourself : app.people.name(message.author);
  const { content } = message;
  return (
    <>
      <span class="find-hit-head">
        <bdi class="clip">{title}</bdi>
        <time dateTime={new Date(message.at).toISOString()}>{foundTime(message.at)}</time>
      </span>
      {author !== title && (
        <span class="found-author clip">
          <bdi>{author}</bdi>
        </span>
      )}
      {content?.kind === "text" || content?.kind === "poll" ? (
        <span class="find-hit-text" dir="auto">
          {content.kind === "poll" ? content.question : content.text}
        </span>
      ) : (
        <i class="quiet">{t.encryptedMessage}</i>
      )}
    </>
  );
}
