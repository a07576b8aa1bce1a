import type { Message } from "@quipu/client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import type { Writer } from "../state/writer.ts";
import { obstacle } from "../state/writing.ts";
import { duration } from "../text/dates.ts";
import { said } from "../text/said.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";
import { comboboxOf, MentionList, useMentionPicker } from "./MentionList.tsx";

/** The server's bound on a text until it says its own. */
const TEXT_BYTES = 8192;
/** The count of bytes appears when this many or fewer are left. */
const WARN_BYTES = 500;
const encoder = new TextEncoder();

/** Where messages are written, answered and edited. */
export function Composer({ app, model, writer, id, label, hint }: { app: App; model: ConversationModel; writer: Writer; id: string; label: string; hint: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useMentionPicker(model, writer.draft, field);
  const text = writer.draft.text.value;
  const editing = writer.editing.value;
  const reply = writer.replyTo.value;
  const limit = model.state.value.limits?.text_bytes ?? TEXT_BYTES;
  // Three bytes a character at most, so short texts need no counting.
  const left = text.length * 3 < limit - WARN_BYTES ? limit : limit - encoder.encode(text).length;
  const wait = useWait(model, writer.inThread);
  const ready = text.trim() !== "" && left >= 0 && (wait === 0 || editing !== null);

  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches || !matchMedia("(pointer: coarse)").matches) field.current?.focus({ preventScroll: true });
  }, [writer]);

  // Before anything typed next can arrive: it goes to the end.
  useLayoutEffect(() => {
    if (!editing && !reply) return;
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, [editing, reply]);

  useLayoutEffect(() => {
    // Browsers without `field-sizing` get the height by hand.
    const element = field.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  const submit = (): void => {
    if (!ready) return;
    writer.submit();
    field.current?.focus();
  };

  const onKey = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229 || picker.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && text === "" && !event.shiftKey) {
      const last = writer.lastOwn();
      if (last) {
        event.preventDefault();
        writer.startEdit(last);
      }
    } else if (event.key === "Escape" && (editing || reply)) {
      event.preventDefault();
      event.stopPropagation();
      if (editing) writer.cancelEdit();
      else writer.replyTo.value = null;
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {(editing ?? reply) && (
        <div class="composer-context" data-testid="composer-context">
          <Icon name={editing ? "edit" : "reply"} />
          <span class="composer-what">
            <b>{editing ? t.editing : t.replyingTo(model.nameOf(reply?.author))}</b>
            <span class="clip" dir="auto">
              {said((editing ?? reply) as Message)}
            </span>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={editing ? t.cancelEdit : t.cancelReply}
            onClick={() => {
              if (editing) writer.cancelEdit();
              else writer.replyTo.value = null;
              field.current?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      <div class="composer-line">
        {model.state.value.encryption === "none" && !editing && (
          <button
            type="button"
            class="icon-button composer-poll"
            aria-label={t.polls.title}
            title={t.polls.title}
            aria-haspopup="dialog"
            aria-disabled={wait > 0}
            onClick={() => wait === 0 && (app.dialog.value = { kind: "poll", thread: writer.thread })}
            data-testid={id === "composer" ? "poll-new" : "thread-poll-new"}
          >
            <Icon name="poll" />
          </button>
        )}
        <textarea
          ref={field}
          id={id}
          rows={1}
          dir="auto"
          aria-label={label}
          aria-describedby={left < WARN_BYTES ? `${id}-left` : undefined}
          aria-invalid={left < 0}
          placeholder={hint}
          enterkeyhint="send"
          autocomplete="off"
          {...comboboxOf(picker)}
          value={text}
          onInput={(event) => {
            const { value, selectionEnd } = event.currentTarget;
            writer.draft.edit(value, selectionEnd);
            picker.look();
            if (!writer.editing.peek()) model.conversation.typing(value !== "");
          }}
          onBlur={() => {
            picker.hide();
            model.conversation.typing(false);
          }}
          onKeyDown={onKey}
          data-testid={id}
        />
        <MentionList picker={picker} />
        <button type="submit" class="send" aria-label={editing ? t.saveEdit : t.send} title={editing ? t.saveEdit : t.send} disabled={!ready} data-testid={id === "composer" ? "send" : "thread-send"}>
          <Icon name={editing ? "check" : "send"} />
        </button>
      </div>
      {wait > 0 && !editing && (
        <p class="composer-left" data-testid="slow-wait">
          <span role="status" class="sr">
            {t.slowModeOn}
          </span>
          <span>{t.slowWait(duration(wait))}</span>
        </p>
      )}
      {left < WARN_BYTES && (
        <p id={`${id}-left`} class={left < 0 ? "composer-left over" : "composer-left"} role="status" data-testid="bytes-left">
          {left >= 0 ? t.bytesLeft(left) : t.bytesOver(-left)}
        </p>
      )}
    </form>
  );
}

/** Seconds until slow mode lets you send the next message; counts down while they pass. */
function useWait(model: ConversationModel, inThread: boolean): number {
  const [, tick] = useState(0);
  const now = model.conversation.serverNow();
  const stopped = obstacle(model.state.value, now, inThread);
  const wait = stopped?.why === "slow" ? Math.ceil((stopped.until - now) / 1000) : 0;
  useEffect(() => {
    if (wait === 0) return;
    const timer = setTimeout(() => tick((count) => count + 1), 250);
    return () => clearTimeout(timer);
  });
  return wait;
}
