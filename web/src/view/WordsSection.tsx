import { useSignal } from "@preact/signals";
import type { WordAction } from "@quipu/client";
import { Moderation } from "@quipu/client/moderation";
import { useEffect, useId } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { t } from "../text/strings.ts";
import { FormError } from "./FormError.tsx";

const ACTIONS: readonly WordAction[] = ["refuse", "report"];

/** The word list, for those who write it: one word or phrase on each line. */
export function WordsSection({ app, model }: { app: App; model: ConversationModel }) {
  const text = useSignal<string | null>(null);
  const action = useSignal<WordAction>("refuse");
  const failure = useSignal("");
  const busy = useSignal(false);
  const id = useId();
  const moderation = new Moderation(app.session.client, model.id);

  useEffect(() => {
    moderation.words().then(
      (list) => {
        text.value = list.words.join("\n");
        action.value = list.action ?? "refuse";
      },
      (error: unknown) => (failure.value = `${t.words.loadFailed} ${sentence(error)}`),
    );
  }, [model.id]);

  const save = async (): Promise<void> => {
    const words = [...new Set((text.value ?? "").split("\n").map((line) => line.trim()))].filter((line) => line !== "");
    failure.value = "";
    busy.value = true;
    try {
      text.value = (await moderation.setWords(words, action.value)).words.join("\n");
      app.say(t.saved);
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <section data-testid="words">
      <h3>{t.words.title}</h3>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="field">
          <label for={`${id}-words`}>{t.words.label}</label>
          <textarea
            id={`${id}-words`}
            class="note"
            rows={3}
            dir="auto"
            spellcheck={false}
            disabled={text.value === null}
            aria-describedby={`${id}-hint`}
            value={text.value ?? ""}
            onInput={(event) => (text.value = event.currentTarget.value)}
            data-testid="words-text"
          />
          <p class="field-hint" id={`${id}-hint`}>
            {t.words.hint}
          </p>
        </div>
        <div class="setting">
          <label for={`${id}-action`}>{t.words.action}</label>
          <select id={`${id}-action`} value={action.value} onChange={(event) => (action.value = event.currentTarget.value as WordAction)} data-testid="words-action">
            {ACTIONS.map((choice) => (
              <option key={choice} value={choice}>
                {t.words.actions[choice]}
              </option>
            ))}
          </select>
        </div>
        <FormError text={failure.value} testid="words-error" />
        <div class="dialog-actions">
          <button type="submit" class="button" disabled={text.value === null || busy.value} data-testid="words-save">
            {t.save}
          </button>
        </div>
      </form>
    </section>
  );
}
