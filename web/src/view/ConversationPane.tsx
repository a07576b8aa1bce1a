import { useSignal, useSignalEffect } from "@preact/signals";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { usePresence } from "../state/presence.ts";
import { isSpace } from "../state/spaces.ts";
import { safePicture } from "../text/linkify.ts";
import { words } from "../text/said.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { FindButton } from "./FindPanel.tsx";
import { Icon } from "./Icon.tsx";
import { MessageList } from "./MessageList.tsx";
import { PinBar } from "./Pins.tsx";
import { Present, presenceText } from "./Presence.tsx";
import { ReportsButton } from "./Reports.tsx";
import { SpaceChannels } from "./SpacePane.tsx";
import { statusWords } from "./Status.tsx";
import { ThreadsButton } from "./ThreadsButton.tsx";
import { Writing } from "./Writing.tsx";

/** The open conversation: its head, messages and composer. */
export function ConversationPane({ app, model }: { app: App; model: ConversationModel }) {
  const state = model.state.value;
  const title = app.title(model);
  const peer = model.peer();
  const presence = usePresence(app, peer, model.id);
  const gone = state.connection === "stopped" && state.error !== null;
  const space = isSpace(model.id);
  const picture = peer ? app.people.get(peer).picture : safePicture(state.info.avatar);
  return (
    <section
      class="conversation"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        const target = event.target as HTMLElement;
        if (target.closest("[data-testid=message]")) document.getElementById("composer")?.focus();
        else app.hide();
      }}
      data-testid="conversation-pane"
      data-id={model.id}
    >
      <header class="conversation-head">
        <button type="button" class="icon-button back" aria-label={t.back} onClick={() => app.hide()} data-testid="back">
          <Icon name="back" />
        </button>
        <div class="conversation-title">
          <Present presence={presence}>
            {peer ? (
              <span class="avatar-place">
                <Avatar id={peer} name={title} picture={picture} />
                <button type="button" aria-label={t.profile.of(title)} title={t.profile.of(title)} aria-haspopup="dialog" onClick={() => (app.dialog.value = { kind: "profile", user: peer })} data-testid="peer-profile" />
              </span>
            ) : (
              <Avatar id={model.id} name={title} picture={picture} />
            )}
          </Present>
          <div class="conversation-names">
            <h1 class="clip" dir="auto" data-testid="conversation-title">
              {title}
            </h1>
            <p class="conversation-sub">
              {gone ? state.error?.code === "not_a_member" && t.formerMember : <Subtitle app={app} model={model} presence={presenceText(presence)} />}
            </p>
          </div>
          {!gone && !space && <ThreadsButton app={app} model={model} />}
          {!gone && (
            <button type="button" class="icon-button details" aria-label={t.detailsOf(title)} onClick={() => (app.dialog.value = { kind: "details" })} data-testid="details">
              <Icon name="info" />
            </button>
          )}
        </div>
        {!gone && <ReportsButton app={app} model={model} />}
        {!gone && !space && state.encryption === "none" && <FindButton model={model} />}
      </header>
      {space ? (
        <SpaceChannels app={app} model={model} />
      ) : (
        <>
          <PinBar app={app} model={model} />
          <MessageList key={model.id} app={app} model={model} />
          <Typing model={model} />
          <Writing key={`composer-${model.id}`} app={app} model={model} writer={model.writer} id="composer" label={t.composerLabel(title)} hint={t.composerHint} />
          <Incoming app={app} model={model} />
        </>
      )}
    </section>
  );
}

function Subtitle({ app, model, presence }: { app: App; model: ConversationModel; presence: string | null }) {
  const state = model.state.value;
  if (!state.ready) return <>{t.loading}</>;
  if (state.kind === "direct") {
    const status = app.people.status(model.peer());
    return (
      <>
        {(presence || !status) && <span data-testid="conversation-presence">{presence ?? t.direct}</span>}
        {presence && status && <span aria-hidden="true">·</span>}
        {status && (
          <span class="clip" dir="auto" data-testid="peer-status">
            {statusWords(status)}
          </span>
        )}
      </>
    );
  }
  return (
    <>
      <span data-testid="conversation-members">{t.members(state.memberCount)}</span>
      {state.info.topic && (
        <>
          <span aria-hidden="true">·</span>
          <span class="clip" dir="auto">
            {state.info.topic}
          </span>
        </>
      )}
    </>
  );
}

/** Who is typing. The line keeps its place when nobody is, so that nothing jumps. */
function Typing({ model }: { model: ConversationModel }) {
  const { typing } = model.state.value;
  return (
    <div class="typing" role="status" data-testid="typing">
      {typing.length > 0 && (
        <>
          <span class="typing-knots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span class="clip">{t.typing(typing.map((user) => model.nameOf(user)))}</span>
        </>
      )}
    </div>
  );
}

/** Reads new messages of others out to a screen reader: only what comes, never what scrolls or loads. */
function Incoming({ app, model }: { app: App; model: ConversationModel }) {
  const spoken = useSignal("");
  useSignalEffect(() => {
    void app;
    return model.conversation.subscribe((event) => {
      if (event.type !== "event" || event.event.envelope.type !== "message.created") return;
      const { actor, thread } = event.event.envelope;
      const beside = model.threads.beside.peek();
      if (thread !== undefined && !(beside?.kind === "thread" && beside.root === thread)) return;
      const text = words(event.event.content);
      // What is caught up on is not read out line by line.
      if (actor === model.me || text === null || !model.state.peek().caughtUp) return;
      spoken.value = `${model.nameOf(actor)}: ${text}`;
    });
  });
  return (
    <div class="sr" aria-live="polite" aria-atomic="true" data-testid="announcer">
      {spoken.value}
    </div>
  );
}
