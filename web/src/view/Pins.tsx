import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { exact } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

/** The pin that came last, above the messages; all of them are one press away. */
export function PinBar({ app, model }: { app: App; model: ConversationModel }) {
  const pins = model.pins.value;
  const last = pins.at(-1);
  if (last === undefined) return null;
  return (
    <aside class="pin-bar" aria-label={t.pins} data-testid="pin-bar">
      <button type="button" class="pin-main" onClick={() => void model.jump(last)} data-testid="pin-jump" data-seq={last}>
        <Icon name="pin" />
        <span class="sr">{t.goToPinned}: </span>
        <PinText model={model} seq={last} />
      </button>
      {(pins.length > 1 || model.mayPin.value) && (
        <button type="button" class="pin-all" aria-haspopup="dialog" onClick={() => (app.dialog.value = { kind: "pins" })} data-testid="pins-all">
          {t.allPins(pins.length)}
        </button>
      )}
    </aside>
  );
}

function PinText({ model, seq }: { model: ConversationModel; seq: number }) {
  const message = model.pinned(seq);
  return (
    <span class="pin-text clip" dir="auto">
      {message && <b>{model.nameOf(message.author)}: </b>}
      {message ? (message.text ?? t.noTextPreview) : t.loading}
    </span>
  );
}

/** All pins, the newest first: each leads to its message. */
export function PinsDialog({ app, model }: { app: App; model: ConversationModel }) {
  const close = (): void => {
    app.dialog.value = null;
  };
  const pins = [...model.pins.value].reverse();
  return (
    <Dialog title={t.pins} onClose={close} testid="pins-dialog">
      {pins.length === 0 && <p class="quiet">{t.noPins}</p>}
      <ul class="pin-list" role="list">
        {pins.map((seq) => {
          const message = model.pinned(seq);
          return (
            <li key={seq} class="pin-item" data-testid="pin-item" data-seq={seq}>
              <button
                type="button"
                class="pin-entry"
                onClick={() => {
                  close();
                  void model.jump(seq);
                }}
                data-testid="pin-go"
              >
                <span class="pin-head">
                  <b>
                    <bdi>{message ? model.nameOf(message.author) : "…"}</bdi>
                  </b>
                  {message && <time dateTime={new Date(message.at).toISOString()}>{exact(message.at)}</time>}
                </span>
                <span class="pin-words" dir="auto">
                  {message ? (message.text ?? t.noTextPreview) : t.loading}
                </span>
              </button>
              {model.mayPin.value && (
                <button type="button" class="link-button" onClick={() => model.togglePin(seq)} data-testid="pin-remove">
                  {t.unpinMessage}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
