import { useSignal, useSignalEffect } from "@preact/signals";
import type { Event, Message, Role } from "@quipu/client";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { addressedIn } from "../state/people.ts";
import { exact } from "../text/dates.ts";
import { said } from "../text/said.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { MessageText } from "./MessageText.tsx";

interface Props {
  app: App;
  model: ConversationModel;
  message: Message;
}

/** A message as first sent, and each edit of it. */
export function VersionsDialog({ app, model, message }: Props) {
  const versions = useSignal<Event[] | null>(null);
  const failure = useSignal("");
  const load = (): void => {
    failure.value = "";
    model.conversation.versions(message.seq ?? 0).then(
      (loaded) => (versions.value = loaded),
      (error: unknown) => (failure.value = `${t.versionsFailed} ${sentence(error)}`),
    );
  };
  useSignalEffect(load);
  return (
    <Dialog title={t.versionsTitle} onClose={() => (app.dialog.value = null)} testid="versions-dialog">
      {failure.value !== "" && (
        <p class="form-error" role="alert">
          {failure.value}{" "}
          <button type="button" class="link-button" onClick={load}>
            {t.retry}
          </button>
        </p>
      )}
      {versions.value === null && failure.value === "" && <p class="hint">{t.loading}</p>}
      <ol class="versions">
        {versions.value?.map((event, index) => {
          const content = event.content as { text?: string; mentions?: string[]; mention_everyone?: boolean; mention_roles?: Role[] } | null | undefined;
          return (
            <li key={event.envelope.seq} data-testid="version">
              <div class="version-head">
                <b>{t.versionLabel(index + 1)}</b> <time dateTime={new Date(event.envelope.at).toISOString()}>{exact(event.envelope.at)}</time>
              </div>
              {content?.text !== undefined ? <MessageText text={content.text} model={model} whom={addressedIn(content)} /> : <p class="text placeholder">{t.deletedMessage}</p>}
            </li>
          );
        })}
      </ol>
    </Dialog>
  );
}

/** Asks before a message is deleted, and for whom. */
export function DeleteDialog({ app, model, message, forAll }: Props & { forAll: boolean }) {
  const close = (): void => {
    app.dialog.value = null;
  };
  const hide = (): void => {
    close();
    if (message.seq !== null) model.hide(message.seq).then(() => app.say(t.deleting.done), (error: unknown) => app.say(sentence(error)));
  };
  return (
    <Dialog title={t.confirmDelete} onClose={close} testid="delete-dialog" small>
      {said(message) !== null && (
        <div class="quoted">
          <MessageText text={said(message) ?? ""} model={model} whom={message} />
        </div>
      )}
      <div class="choices">
        <button type="button" class="choice" onClick={hide} data-testid="confirm-hide">
          <b>{t.deleting.forMe}</b>
          <span class="quiet">{t.deleting.forMeHint}</span>
        </button>
        {forAll && (
          <button
            type="button"
            class="choice danger"
            onClick={() => {
              if (message.seq !== null) model.conversation.delete(message.seq);
              close();
            }}
            data-testid="confirm-delete"
          >
            <b>{t.deleting.forAll}</b>
            <span class="quiet">{t.confirmDeleteHint}</span>
          </button>
        )}
      </div>
      <div class="dialog-actions">
        <button type="button" class="button" autofocus onClick={close}>
          {t.cancel}
        </button>
      </div>
    </Dialog>
  );
}
