import { useSignal } from "@preact/signals";
import type { Message, MessageReaction } from "@quipu/client";
import { useId } from "preact/hooks";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { oneCharacter, REACTIONS } from "../text/emoji.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

/** Names told before the rest is counted. */
const NAMED = 8;

/** Who reacted, as far as there is room to say it; oneself first. */
function who(model: ConversationModel, { users, mine }: MessageReaction): string {
  const others = users.filter((user) => user !== model.me);
  const names = others.slice(0, NAMED).map((user) => model.nameOf(user));
  return t.people(mine ? [model.nameOf(model.me), ...names] : names, Math.max(0, others.length - NAMED));
}

/** The reactions under a message. Pressing one joins in, or takes one's own back. */
export function Reactions({ app, model, message, tabbable }: { app: App; model: ConversationModel; message: Message; tabbable: boolean }) {
  if (message.reactions.length === 0) return null;
  const may = model.mayReact.value;
  const tabIndex = tabbable ? 0 : -1;
  return (
    <ul class="reactions" role="list" aria-label={t.reactions} data-testid="reactions">
      {message.reactions.map((reaction) => {
        const names = who(model, reaction);
        return (
          <li key={reaction.emoji}>
            <button
              type="button"
              class={reaction.mine ? "reaction own" : "reaction"}
              aria-pressed={reaction.mine}
              aria-disabled={!may}
              tabIndex={tabIndex}
              onClick={() => model.toggleReaction(message, reaction.emoji)}
              data-testid="reaction"
              data-emoji={reaction.emoji}
              data-count={reaction.count}
            >
              <span class="reaction-emoji">{reaction.emoji}</span>
              <span>{number(reaction.count)}</span>
              <span class="sr">{names}</span>
              <span class="reaction-who" aria-hidden="true">
                {names}
              </span>
            </button>
          </li>
        );
      })}
      {may && (
        <li>
          <button type="button" class="reaction reaction-add" aria-label={t.addReaction} title={t.addReaction} tabIndex={tabIndex} onClick={() => (app.dialog.value = { kind: "react", message })} data-testid="add-reaction">
            <Icon name="smile" />
          </button>
        </li>
      )}
    </ul>
  );
}

/** Emoji to react with: the usual ones, or any other that the person types. */
export function ReactDialog({ app, model, message }: { app: App; model: ConversationModel; message: Message }) {
  const field = useId();
  const hint = useId();
  const typed = useSignal("");
  const wrong = useSignal(false);
  const close = (): void => {
    app.dialog.value = null;
  };
  // The message may have changed since the dialog opened.
  const now = (message.seq !== null && model.bySeq(message.seq)) || message;
  const choose = (emoji: string): void => {
    model.toggleReaction(now, emoji);
    close();
  };
  void model.timeline.value;
  return (
    <Dialog title={t.react} onClose={close} testid="react-dialog" small>
      <div class="emoji-grid" role="group" aria-label={t.usualEmoji}>
        {REACTIONS.map((emoji, index) => {
          const mine = now.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine);
          return (
            <button key={emoji} type="button" class="emoji-button" autofocus={index === 0} aria-pressed={mine} aria-label={t.reactWith(emoji)} onClick={() => choose(emoji)} data-testid="emoji" data-emoji={emoji}>
              {emoji}
            </button>
          );
        })}
      </div>
      <form
        class="own-emoji"
        onSubmit={(event) => {
          event.preventDefault();
          const emoji = oneCharacter(typed.value);
          if (emoji === null) wrong.value = true;
          else choose(emoji);
        }}
      >
        <div class="field">
          <label for={field}>{t.otherEmoji}</label>
          <div class="own-emoji-line">
            <input
              id={field}
              type="text"
              autocomplete="off"
              value={typed.value}
              aria-invalid={wrong.value}
              aria-describedby={hint}
              onInput={(event) => {
                typed.value = event.currentTarget.value;
                wrong.value = false;
              }}
              data-testid="other-emoji"
            />
            <button type="submit" class="button button-primary" data-testid="react-submit">
              {t.react}
            </button>
          </div>
          <p id={hint} class={wrong.value ? "form-error" : "field-hint"} role={wrong.value ? "alert" : undefined}>
            {wrong.value ? t.otherEmojiWrong : t.otherEmojiHint}
          </p>
        </div>
      </form>
    </Dialog>
  );
}
