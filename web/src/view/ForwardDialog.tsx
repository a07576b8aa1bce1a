import { useComputed, useSignal } from "@preact/signals";
import type { InboxEntry, Message } from "@quipu/client";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { fold } from "../text/fold.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Dialog } from "./Dialog.tsx";
import { MessageText } from "./MessageText.tsx";

/** As many conversations as one message is forwarded to at once. */
const TARGETS = 5;

/** Chooses the conversations that a message is forwarded to. */
export function ForwardDialog({ app, model, message }: { app: App; model: ConversationModel; message: Message }) {
  const query = useSignal("");
  const chosen = useSignal<readonly string[]>([]);
  const shown = useComputed(() => {
    const wanted = fold(query.value.trim());
    return app.inbox.value.entries.filter((entry) => entry.kind !== "space" && (chosen.value.includes(entry.id) || fold(app.titleOf(entry)).includes(wanted)));
  });
  const full = chosen.value.length >= TARGETS;
  const close = (): void => {
    app.dialog.value = null;
  };
  const toggle = (id: string): void => {
    chosen.value = chosen.value.includes(id) ? chosen.value.filter((other) => other !== id) : [...chosen.value, id];
  };
  return (
    <Dialog title={t.forwarding.title} onClose={close} testid="forward-dialog">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (message.seq === null || chosen.value.length === 0) return;
          close();
          void forward(app, model.id, message.seq, chosen.value);
        }}
      >
        <div class="quoted">{message.text !== null && <MessageText text={message.text} model={model} whom={message} />}</div>
        <div class="field">
          <input
            type="search"
            autofocus
            aria-label={t.forwarding.find}
            placeholder={t.forwarding.find}
            value={query.value}
            onInput={(event) => (query.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
            data-testid="forward-search"
          />
        </div>
        <fieldset class="targets">
          <legend class="sr">{t.forwarding.title}</legend>
          {shown.value.length === 0 && <p class="quiet">{t.forwarding.nothing}</p>}
          {shown.value.map((entry) => (
            <Target key={entry.id} app={app} entry={entry} chosen={chosen.value.includes(entry.id)} full={full} toggle={() => toggle(entry.id)} />
          ))}
        </fieldset>
        <div class="dialog-actions targets-foot">
          <span class="quiet" role="status" data-testid="forward-count">
            {t.forwarding.chosen(chosen.value.length, TARGETS)}
          </span>
          <button type="button" class="button" onClick={close}>
            {t.cancel}
          </button>
          <button type="submit" class="button button-primary" disabled={chosen.value.length === 0} data-testid="forward-go">
            {t.forwarding.act}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Target({ app, entry, chosen, full, toggle }: { app: App; entry: InboxEntry; chosen: boolean; full: boolean; toggle: () => void }) {
  const title = app.titleOf(entry);
  const picture = entry.kind === "group" ? safePicture(entry.avatar) : app.people.get(entry.peer?.user).picture;
  return (
    <label class="target" data-testid="forward-target" data-id={entry.id}>
      <input type="checkbox" checked={chosen} disabled={full && !chosen} onChange={toggle} />
      <Avatar id={entry.peer?.user ?? entry.id} name={title} picture={picture} size="s" />
      <bdi class="clip">{title}</bdi>
    </label>
  );
}

/** Each goes through the outbox of its own conversation: what cannot be sent now is sent later. */
async function forward(app: App, from: string, seq: number, to: readonly string[]): Promise<void> {
  const titles = new Map(app.inbox.peek().entries.map((entry) => [entry.id, app.titleOf(entry)]));
  const sent = await Promise.all(
    to.map(async (id) => {
      const conversation = app.session.client.conversation(id);
      const pending = conversation.forward(from, seq);
      try {
        await pending.settled;
        return true;
      } catch (error) {
        void conversation.discard(pending.key);
        app.say(t.forwarding.failed(titles.get(id) ?? "", sentence(error)));
        return false;
      }
    }),
  );
  // A failure has been told, and stays to be read.
  if (sent.every(Boolean)) app.say(t.forwarding.done(sent.length));
}
