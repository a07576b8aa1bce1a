import { useSignal, useSignalEffect } from "@preact/signals";
import { useId } from "preact/hooks";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";

/** The server's bounds. */
const OPTIONS = 10;
const QUESTION_BYTES = 1024;
const OPTION_BYTES = 256;

/** When a poll closes by itself, in seconds from now. */
const ENDS = { never: null, hour: 3_600, day: 86_400, week: 604_800 } as const;

const encoder = new TextEncoder();
const tooLong = (text: string, bytes: number): boolean => encoder.encode(text).length > bytes;

/** Writes a poll. A further option appears as soon as all have something in them. */
export function PollDialog({ app, model, thread }: { app: App; model: ConversationModel; thread: number | undefined }) {
  const question = useSignal("");
  const options = useSignal<readonly string[]>(["", ""]);
  const multiple = useSignal(false);
  const anonymous = useSignal(false);
  const ends = useSignal<keyof typeof ENDS>("never");
  const failure = useSignal("");
  // What was said of the form as it stood no longer holds once it changes.
  useSignalEffect(() => {
    void [question.value, options.value];
    failure.value = "";
  });
  const ids = { question: useId(), ends: useId(), anonymous: useId(), list: useId() };
  const close = (): void => {
    app.dialog.value = null;
  };

  const write = (index: number, text: string): void => {
    const next = options.peek().map((option, at) => (at === index ? text : option));
    options.value = next.length < OPTIONS && next.every((option) => option.trim() !== "") ? [...next, ""] : next;
  };
  const takeOut = (index: number): void => {
    const next = options.peek().filter((_, at) => at !== index);
    options.value = next.every((option) => option.trim() !== "") ? [...next, ""] : next;
    document.getElementById(`${ids.list}-${Math.max(0, index - 1)}`)?.focus();
  };

  const send = (): void => {
    const asked = question.peek().trim();
    const chosen = options.peek().map((option) => option.trim()).filter((option) => option !== "");
    failure.value =
      asked === ""
        ? t.polls.needQuestion
        : chosen.length < 2
          ? t.polls.needOptions
          : new Set(chosen).size < chosen.length
            ? t.polls.needDifferent
            : tooLong(asked, QUESTION_BYTES) || chosen.some((option) => tooLong(option, OPTION_BYTES))
              ? t.polls.tooLong
              : "";
    if (failure.peek() !== "") return;
    const closes = ENDS[ends.peek()];
    const terms = { ...(multiple.peek() && { multiple: true }), ...(anonymous.peek() && { anonymous: true }), ...(closes !== null && { closes_in_s: closes }) };
    model.polls.send({ question: asked, options: chosen, ...terms }, thread);
    close();
  };

  return (
    <Dialog title={t.polls.title} onClose={close} testid="poll-dialog">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div class="field">
          <label for={ids.question}>{t.polls.question}</label>
          <input id={ids.question} type="text" dir="auto" autofocus autocomplete="off" value={question.value} onInput={(event) => (question.value = event.currentTarget.value)} data-testid="poll-question" />
        </div>
        <fieldset class="poll-writing">
          <legend>{t.polls.options}</legend>
          {options.value.map((option, index) => (
            <div key={index} class="poll-line">
              <input
                id={`${ids.list}-${index}`}
                type="text"
                dir="auto"
                autocomplete="off"
                aria-label={t.polls.option(number(index + 1))}
                placeholder={t.polls.option(number(index + 1))}
                value={option}
                onInput={(event) => write(index, event.currentTarget.value)}
                onKeyDown={(event) => {
                  const below = document.getElementById(`${ids.list}-${index + 1}`);
                  if (event.key !== "Enter" || event.isComposing || !below || option.trim() === "") return;
                  event.preventDefault();
                  below.focus();
                }}
                data-testid="poll-option-field"
              />
              {options.value.length > 2 && option !== "" && (
                <button type="button" class="icon-button" aria-label={t.polls.takeOut(option)} title={t.polls.takeOut(option)} onClick={() => takeOut(index)} data-testid="poll-option-out">
                  <Icon name="close" />
                </button>
              )}
            </div>
          ))}
        </fieldset>
        <div class="radios">
          <label>
            <input type="checkbox" checked={multiple.value} onChange={(event) => (multiple.value = event.currentTarget.checked)} data-testid="poll-multiple" />
            {t.polls.multiple}
          </label>
          <label>
            <input type="checkbox" checked={anonymous.value} aria-describedby={ids.anonymous} onChange={(event) => (anonymous.value = event.currentTarget.checked)} data-testid="poll-anonymous" />
            {t.polls.anonymous}
          </label>
          <p id={ids.anonymous} class="field-hint">
            {t.polls.anonymousHint}
          </p>
        </div>
        <div class="field">
          <label for={ids.ends}>{t.polls.closes}</label>
          <select id={ids.ends} value={ends.value} onChange={(event) => (ends.value = event.currentTarget.value as keyof typeof ENDS)} data-testid="poll-ends">
            {(Object.keys(ENDS) as (keyof typeof ENDS)[]).map((each) => (
              <option key={each} value={each}>
                {t.polls.ends[each]}
              </option>
            ))}
          </select>
        </div>
        <FormError text={failure.value} testid="form-error" />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={close}>
            {t.cancel}
          </button>
          <button type="submit" class="button button-primary" data-testid="poll-send">
            {t.polls.send}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
