import { useSignal } from "@preact/signals";
import { createSpaceChannel } from "@quipu/client/spaces";
import { useId, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";

/** Makes a channel in a space. */
export function NewChannelDialog({ app, space }: { app: App; space: string }) {
  const name = useSignal("");
  const topic = useSignal("");
  const open = useSignal(true);
  const failure = useSignal("");
  const busy = useSignal(false);
  const keys = useRef([crypto.randomUUID(), crypto.randomUUID()]);
  const ids = { name: useId(), topic: useId() };
  const close = (): void => {
    app.dialog.value = null;
  };
  // Another channel is made under other keys.
  const changed = (): void => {
    failure.value = "";
    keys.current = [crypto.randomUUID(), crypto.randomUUID()];
  };
  const make = async (): Promise<void> => {
    if (name.value.trim() === "") {
      failure.value = t.spaces.needName;
      return;
    }
    if (busy.peek()) return;
    busy.value = true;
    failure.value = "";
    try {
      const about = topic.value.trim();
      const id = await createSpaceChannel(app.session.client, space, { name: name.value.trim(), open: open.value, ...(about !== "" && { topic: about }) }, { keys: keys.current });
      close();
      app.show(id);
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={t.spaces.newChannelIn(app.titleById(space))} onClose={close} testid="new-channel-dialog">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <div class="field">
          <label for={ids.name}>{t.name}</label>
          <input
            id={ids.name}
            type="text"
            dir="auto"
            autofocus
            autocomplete="off"
            maxLength={120}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
              changed();
            }}
            data-testid="channel-name"
          />
        </div>
        <div class="field">
          <label for={ids.topic}>{t.topic}</label>
          <input
            id={ids.topic}
            type="text"
            dir="auto"
            autocomplete="off"
            maxLength={500}
            value={topic.value}
            onInput={(event) => {
              topic.value = event.currentTarget.value;
              changed();
            }}
            data-testid="channel-topic"
          />
        </div>
        <fieldset class="radios">
          <legend>{t.channels.whoJoins}</legend>
          {([true, false] as const).map((value) => (
            <label key={String(value)}>
              <input
                type="radio"
                name="open"
                checked={open.value === value}
                onChange={() => {
                  open.value = value;
                  changed();
                }}
                data-testid={value ? "channel-open-to-all" : "channel-private"}
              />
              {value ? t.channels.visibilities.space : t.channels.visibilities.private}
            </label>
          ))}
        </fieldset>
        <FormError text={failure.value} testid="form-error" />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={close}>
            {t.cancel}
          </button>
          <button type="submit" class="button button-primary" aria-disabled={busy.value} data-testid="make-channel">
            {t.spaces.make}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
