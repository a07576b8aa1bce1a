import { useSignal, useSignalEffect } from "@preact/signals";
import type { Message, MessageReceipts } from "@quipu/client";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Dialog } from "./Dialog.tsx";

interface Props {
  app: App;
  model: ConversationModel;
  message: Message;
}

/** Who has read and who has received a message; how many, where they are too many to be told of each. */
export function ReadersDialog({ app, model, message }: Props) {
  return (
    <Dialog title={t.readersTitle} onClose={() => (app.dialog.value = null)} testid="readers-dialog" small>
      {model.isCrowd() ? <Counts model={model} seq={message.seq ?? 0} /> : <Names app={app} model={model} seq={message.seq ?? 0} />}
    </Dialog>
  );
}

function Names({ app, model, seq }: { app: App; model: ConversationModel; seq: number }) {
  const groups = model.receipts.value.who(seq);
  const sections = [
    [t.readersRead, groups.read],
    [t.readersDelivered, groups.delivered],
    [t.readersNone, groups.none],
  ] as const;
  return sections.map(([title, users], index) =>
    users.length === 0 && index > 0 ? null : (
      <section key={title} class="readers">
        <h3>{title}</h3>
        {users.length === 0 && <p class="quiet">{t.nobody}</p>}
        <ul role="list">
          {users.map((user) => {
            const person = app.people.get(user);
            return (
              <li key={user} class="person">
                <Avatar id={user} name={person.name} picture={person.picture} size="s" />
                <bdi class="clip">{person.name}</bdi>
              </li>
            );
          })}
        </ul>
      </section>
    ),
  );
}

function Counts({ model, seq }: { model: ConversationModel; seq: number }) {
  const counted = useSignal<MessageReceipts | null>(null);
  const failure = useSignal("");
  const load = (): void => {
    failure.value = "";
    model.conversation.receipts(seq).then(
      (receipts) => (counted.value = receipts),
      (error: unknown) => (failure.value = sentence(error)),
    );
  };
  useSignalEffect(load);
  if (failure.value !== "")
    return (
      <p class="form-error" role="alert">
        {failure.value}{" "}
        <button type="button" class="link-button" onClick={load}>
          {t.retry}
        </button>
      </p>
    );
  if (!counted.value) return <p class="hint">{t.loading}</p>;
  const { members, delivered, read } = counted.value;
  const parts = [
    [t.readersRead, read],
    [t.readersDelivered, delivered - read],
    [t.readersNone, members - delivered],
  ] as const;
  return (
    <dl class="reader-counts" data-testid="reader-counts">
      {parts.map(([title, count]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{number(count)}</dd>
          <span class="share" aria-hidden="true">
            <span style={{ inlineSize: `${(100 * count) / Math.max(1, members)}%` }} />
          </span>
        </div>
      ))}
    </dl>
  );
}
