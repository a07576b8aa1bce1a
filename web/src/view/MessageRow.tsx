import type { Message } from "@quipu/client";
import type { App } from "../state/app.ts";
import { storedSentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { clock, exact } from "../text/dates.ts";
import { number } from "../text/locale.ts";
import { said } from "../text/said.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon } from "./Icon.tsx";
import { LinkPreview } from "./LinkPreview.tsx";
import { MessageText } from "./MessageText.tsx";
import { PollCard } from "./Poll.tsx";
import { Reactions } from "./Reactions.tsx";
import { StatusMark } from "./Status.tsx";
import { ThreadLine } from "./ThreadLine.tsx";

/** One message: who, what, when, and how far it has come. */
export function MessageRow(props: {
  app: App;
  model: ConversationModel;
  message: Message;
  first: boolean;
  last: boolean;
  group: boolean;
  tabbable: boolean;
  marked: boolean;
  /** It stands in the pane of a thread. */
  inThread?: boolean;
}) {
  const { app, model, message, first, last, group, tabbable, marked, inThread } = props;
  const person = app.people.get(message.author);
  const name = message.mine ? t.yourself : person.name;
  const gone = message.deleted !== null || message.content === null;
  const toMe = !gone && model.addressesMe(message);
  const classes = [
    "row",
    "message",
    message.mine ? "mine" : "theirs",
    first && "first",
    last && "last",
    group && !message.mine && "with-avatar",
    gone && "gone",
    toMe && "to-me",
    marked && "marked",
    message.status !== "sent" && message.status,
  ];
  const openMenu = (anchor: HTMLElement, point?: { x: number; y: number }): void => {
    app.menu.value = point ? { message, anchor, point } : { message, anchor };
  };
  const openProfile = (): void => {
    if (message.author) app.dialog.value = { kind: "profile", user: message.author };
  };
  return (
    <div
      class={classes.filter(Boolean).join(" ")}
      role="article"
      aria-label={(toMe ? t.messageToYou : t.messageFrom)(name, clock(message.at))}
      tabIndex={tabbable ? 0 : -1}
      data-testid="message"
      data-row
      data-id={message.id}
      data-key={message.key}
      data-seq={message.seq ?? undefined}
      data-status={message.status}
      data-version={message.version}
      data-mine={message.mine}
      data-mentions-me={toMe || undefined}
      onContextMenu={(event) => {
        const target = event.target as HTMLElement;
        if (target.closest("a") || !getSelection()?.isCollapsed) return;
        event.preventDefault();
        openMenu(event.currentTarget, { x: event.clientX, y: event.clientY });
      }}
    >
      {group && !message.mine && (first ? (
          <button type="button" class="avatar-button" tabIndex={-1} aria-hidden="true" onClick={openProfile}>
            <Avatar id={message.author ?? ""} name={name} picture={person.picture} size="s" />
          </button>
        ) : (
          <span class="avatar-gap" />
        ))}
      <div class="stack">
        {group && !message.mine && first && (
          <span class="author">
            <button type="button" class="person-button" tabIndex={tabbable ? 0 : -1} title={t.profile.of(name)} aria-haspopup="dialog" onClick={openProfile} data-testid="author">
              <bdi>{name}</bdi>
            </button>
            <StatusMark app={app} user={message.author} />
          </span>
        )}
        <div class="bubble" data-anchor>
          {message.forwarded && !gone && (
            <span class="forwarded-mark" data-testid="forwarded">
              <Icon name="forward" />
              {t.forwarding.mark}
            </span>
          )}
          {message.replyTo && <Quote app={app} model={model} tabbable={tabbable} seq={message.replyTo.seq} version={message.replyTo.version} />}
          <div class="flow">
            <Body app={app} model={model} message={message} tabbable={tabbable} />
            <span class="meta">
              {toMe && (
                <span class="mention-mark" title={t.mentionsYou} aria-hidden="true">
                  @
                </span>
              )}
              {message.seq !== null && model.pins.value.includes(message.seq) && (
                <span class="pin-mark" title={t.pinnedMessage} data-testid="pinned">
                  <Icon name="pin" />
                  <span class="sr">{t.pinnedMessage}</span>
                </span>
              )}
              {message.seq !== null && app.saved.has(model.id, message.seq) && (
                <span class="saved-mark" title={t.savedMessages.mark} data-testid="saved">
                  <Icon name="bookmark" />
                  <span class="sr">{t.savedMessages.mark}</span>
                </span>
              )}
              {message.version > 1 && !gone && (
                <button
                  type="button"
                  class="edited"
                  tabIndex={tabbable ? 0 : -1}
                  title={t.editedShowVersions}
                  onClick={() => (app.dialog.value = { kind: "versions", message })}
                  data-testid="edited"
                >
                  {t.edited}
                  <span class="sr">, {t.versions}</span>
                </button>
              )}
              <time dateTime={new Date(message.at).toISOString()} title={exact(message.at)}>
                {clock(message.at)}
              </time>
              {message.mine && !gone && <Progress app={app} model={model} message={message} group={group} tabbable={tabbable} />}
            </span>
          </div>
          <LinkPreview model={model} message={message} tabbable={tabbable} />
        </div>
        <Reactions app={app} model={model} message={message} tabbable={tabbable} />
        {!inThread && <ThreadLine app={app} model={model} message={message} tabbable={tabbable} />}
        <Trouble model={model} message={message} />
      </div>
      {message.seq !== null && (
        <button
          type="button"
          class="row-menu icon-button"
          aria-label={t.messageMenu}
          aria-haspopup="menu"
          tabIndex={tabbable ? 0 : -1}
          onClick={(event) => openMenu(event.currentTarget)}
          data-testid="message-menu"
        />
      )}
    </div>
  );
}

function Body({ app, model, message, tabbable }: { app: App; model: ConversationModel; message: Message; tabbable: boolean }) {
  if (message.text !== null) {
    return <MessageText text={message.text} tabbable={tabbable} model={model} whom={message} />;
  }
  if (message.content?.kind === "poll") return <PollCard app={app} model={model} message={message} content={message.content} tabbable={tabbable} />;
  const gone = message.deleted !== null || message.content === null;
  return (
    <p class="text placeholder" data-testid={gone ? "deleted" : "encrypted"}>
      {gone ? t.deletedMessage : t.encryptedMessage}
    </p>
  );
}

/** The message replied to, as this client holds it now: quotes carry no text of their own. */
function Quote({ app, model, seq, version, tabbable }: { app: App; model: ConversationModel; seq: number; version: number; tabbable: boolean }) {
  void model.timeline.value;
  const quoted = model.bySeq(seq);
  const name = quoted ? (quoted.mine ? t.yourself : app.people.name(quoted.author)) : t.quotedElsewhere;
  return (
    <button type="button" class="quote" tabIndex={tabbable ? 0 : -1} title={t.jumpToQuoted} onClick={() => void model.jump(seq)} data-testid="quote" data-seq={seq} data-version={version}>
      <span class="sr">{t.jumpToQuoted}: </span>
      <span class="quote-author">
        <bdi>{name}</bdi>
        {quoted && quoted.version > version && quoted.text !== null && <span class="quiet"> · {t.quotedNewer}</span>}
      </span>
      <span class="quote-text" dir="auto">
        {quoted ? (said(quoted) ?? <i>{t.quotedDeleted}</i>) : model.state.value.hidden.has(seq) ? <i>{t.quotedDeleted}</i> : "…"}
      </span>
    </button>
  );
}

/** Waiting, sent, delivered, read: one mark with its word. */
function Progress({ app, model, message, group, tabbable }: { app: App; model: ConversationModel; message: Message; group: boolean; tabbable: boolean }) {
  if (message.status === "failed") return <Mark icon="alert" state="failed" word={t.failed} />;
  if (message.status === "saving") return <Mark icon="clock" state="saving" word={t.saving} />;
  if (message.seq === null) {
    const connected = model.state.value.connection === "online";
    return <Mark icon="clock" state="waiting" word={connected ? t.sending : t.waiting} />;
  }
  // How far others have read a thread is theirs to know.
  if (message.thread !== null) return <Mark icon="check" state="sent" word={t.sent} />;
  // What each of a crowd has read is not told; the dialog asks for the numbers.
  const { others, read, delivered } = model.isCrowd() ? { others: 0, read: 0, delivered: 0 } : model.receipts.value.counts(message.seq);
  const state = others > 0 && read === others ? "read" : others > 0 && delivered === others ? "delivered" : "sent";
  if (!group) return <Mark icon={state === "sent" ? "check" : "checks"} state={state} word={t[state]} />;
  const word = read > 0 ? t.readBy(read) : delivered > 0 ? t.deliveredTo(delivered) : t.sent;
  return (
    <button
      type="button"
      class={`progress progress-${state}`}
      tabIndex={tabbable ? 0 : -1}
      title={`${word}. ${t.showReaders}`}
      onClick={() => (app.dialog.value = { kind: "readers", message })}
      data-testid="progress"
      data-state={state}
      data-read={read}
    >
      {read > 0 && <span aria-hidden="true">{number(read)}</span>}
      <Icon name={state === "sent" ? "check" : "checks"} />
      <span class="sr">
        {word}. {t.showReaders}
      </span>
    </button>
  );
}

function Mark({ icon, state, word }: { icon: "alert" | "clock" | "check" | "checks"; state: string; word: string }) {
  return (
    <span class={`progress progress-${state}`} role="img" aria-label={word} title={word} data-testid="progress" data-state={state}>
      <Icon name={icon} />
    </span>
  );
}

/** What went wrong with sending, editing or deleting, and what can be done about it. */
function Trouble({ model, message }: { model: ConversationModel; message: Message }) {
  const { change } = message;
  if (change?.status === "waiting") return <p class="trouble quiet">{t.savingEdit}</p>;
  const failed = change?.status === "failed" ? { key: change.key, error: change.error } : message.status === "failed" ? { key: message.key, error: message.error } : null;
  if (!failed) return null;
  return (
    <p class="trouble" role="alert" data-testid="send-failed">
      <span>{failed.error ? t.failedBecause(storedSentence(failed.error)) : t.failed}</span>
      <button type="button" class="link-button" onClick={() => model.conversation.retry(failed.key)} data-testid="retry">
        {t.retry}
      </button>
      <button type="button" class="link-button" onClick={() => void model.conversation.discard(failed.key)} data-testid="discard">
        {t.discard}
      </button>
    </p>
  );
}
