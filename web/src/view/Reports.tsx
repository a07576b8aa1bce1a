import { useSignal, useSignalEffect } from "@preact/signals";
import type { Message, Reason, Report } from "@quipu/client";
import { Moderation } from "@quipu/client/moderation";
import { useId } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { addressedIn } from "../state/people.ts";
import { timeOf } from "../text/dates.ts";
import { number } from "../text/locale.ts";
import { said, words } from "../text/said.ts";
import { t } from "../text/strings.ts";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";
import { MessageText } from "./MessageText.tsx";

const REASONS = ["spam", "harassment", "hate", "violence", "sexual", "illegal", "other"] as const satisfies readonly Reason[];
const NOTE_CHARS = 300;
/** Reports read at once. */
const PAGE = 20;

interface Props {
  app: App;
  model: ConversationModel;
}

/** Asks why a message is reported, and tells the moderators. */
export function ReportDialog({ app, model, message }: Props & { message: Message }) {
  const reason = useSignal<Reason | null>(null);
  const note = useSignal("");
  const failure = useSignal("");
  const busy = useSignal(false);
  const id = useId();
  const close = (): void => {
    app.dialog.value = null;
  };
  const send = async (): Promise<void> => {
    if (reason.value === null || message.seq === null) return;
    busy.value = true;
    failure.value = "";
    const text = note.value.trim();
    try {
      await new Moderation(app.session.client, model.id).report(message.seq, { reason: reason.value, ...(text !== "" && { note: text }) });
      close();
      app.say(t.reports.sent);
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={t.reports.report} onClose={close} testid="report-dialog" small>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <div class="quoted">{said(message) !== null && <MessageText text={said(message) ?? ""} model={model} whom={message} />}</div>
        <p class="quiet">{t.reports.hint}</p>
        <fieldset class="radios reasons">
          <legend>{t.reports.why}</legend>
          {REASONS.map((choice) => (
            <label key={choice}>
              <input type="radio" name={`${id}-reason`} checked={reason.value === choice} onChange={() => (reason.value = choice)} data-testid={`reason-${choice}`} />
              {t.reports.reasons[choice]}
            </label>
          ))}
        </fieldset>
        <div class="field">
          <label for={`${id}-note`}>{t.reports.note}</label>
          <textarea id={`${id}-note`} class="note" rows={2} dir="auto" maxLength={NOTE_CHARS} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} data-testid="report-note" />
        </div>
        <FormError text={failure.value} testid="form-error" />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={close}>
            {t.cancel}
          </button>
          <button type="submit" class="button button-danger" disabled={reason.value === null || busy.value} data-testid="confirm-report">
            {t.reports.send}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Opens the moderators' queue; there only while something waits in it. */
export function ReportsButton({ app, model }: Props) {
  const open = model.state.value.reports;
  if (open === 0) return null;
  return (
    <button type="button" class="icon-button reports-button" aria-label={t.reports.open(open)} title={t.reports.open(open)} onClick={() => (app.dialog.value = { kind: "reports" })} data-testid="reports">
      <Icon name="flag" />
      <span class="badge" aria-hidden="true" data-testid="reports-count">
        {number(open)}
      </span>
    </button>
  );
}

/** The moderators' queue, and what was done before. */
export function ReportsDialog({ app, model }: Props) {
  const status = useSignal<"open" | "resolved">("open");
  const list = useSignal<readonly Report[] | null>(null);
  const next = useSignal<number | undefined>(undefined);
  const failure = useSignal("");
  const id = useId();
  const moderation = new Moderation(app.session.client, model.id);

  const load = async (more = false): Promise<void> => {
    const shown = status.peek();
    failure.value = "";
    try {
      const page = await moderation.reports({ status: shown, limit: PAGE, ...(more && next.peek() !== undefined && { cursor: next.peek() }) });
      if (shown !== status.peek()) return;
      list.value = more ? [...(list.peek() ?? []), ...page.reports] : page.reports;
      next.value = page.next;
    } catch (error) {
      failure.value = `${t.reports.loadFailed} ${sentence(error)}`;
    }
  };
  // What comes in, and what another moderator resolves, is shown at once.
  useSignalEffect(() => {
    void status.value;
    void model.state.value.reports;
    void load();
  });

  return (
    <Dialog title={t.reports.title} onClose={() => (app.dialog.value = null)} testid="reports-dialog" steady>
      <div class="segments" role="radiogroup" aria-label={t.reports.title}>
        {(["open", "resolved"] as const).map((choice) => (
          <label key={choice}>
            <input
              type="radio"
              name={`${id}-status`}
              checked={status.value === choice}
              onChange={() => {
                list.value = null;
                status.value = choice;
              }}
              data-testid={`reports-${choice}`}
            />
            <span>{choice === "open" ? t.reports.waiting : t.reports.done}</span>
          </label>
        ))}
      </div>
      {failure.value !== "" && (
        <p class="form-error" role="alert">
          {failure.value}{" "}
          <button type="button" class="link-button" onClick={() => void load()}>
            {t.retry}
          </button>
        </p>
      )}
      {list.value === null && failure.value === "" && <p class="hint">{t.loading}</p>}
      {list.value?.length === 0 && <p class="hint">{status.value === "open" ? t.reports.nothing : t.reports.nothingDone}</p>}
      <ol class="reports" role="list">
        {list.value?.map((report) => (
          <ReportRow key={report.id} app={app} model={model} report={report} moderation={moderation} />
        ))}
      </ol>
      {next.value !== undefined && (
        <button type="button" class="button" onClick={() => void load(true)} data-testid="reports-more">
          {t.reports.more}
        </button>
      )}
    </Dialog>
  );
}

function ReportRow({ app, model, report, moderation }: Props & { report: Report; moderation: Moderation }) {
  const failure = useSignal("");
  const busy = useSignal(false);
  const note = useSignal("");
  const { content, resolution } = report;
  const author = model.nameOf(report.author);
  const act = async (action: "dismissed" | "removed"): Promise<void> => {
    busy.value = true;
    failure.value = "";
    const text = note.value.trim();
    try {
      await moderation.resolve(report.id, { action, ...(text !== "" && { note: text }) });
      document.querySelector<HTMLElement>("dialog[open] [data-testid=dialog-close]")?.focus();
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <li data-testid="report" data-id={report.id} data-seq={report.seq}>
      <p class="report-head">
        <b>{t.reports.reasons[report.reason]}</b> <span class="quiet">{report.reason === "words" ? timeOf(report.at) : t.reports.by(app.people.name(report.by), timeOf(report.at))}</span>
      </p>
      {report.note && (
        <p class="report-note" dir="auto">
          {report.note}
        </p>
      )}
      <div class="quoted">
        <p class="quoted-author">
          <bdi>{author}</bdi>
        </p>
        {content?.kind === "text" ? (
          <MessageText text={content.text} model={model} whom={addressedIn(content)} />
        ) : content?.kind === "poll" ? (
          <MessageText text={words(content) ?? ""} />
        ) : (
          <p class="text placeholder">{content ? t.reports.encrypted : t.deletedMessage}</p>
        )}
      </div>
      <FormError text={failure.value} />
      {resolution ? (
        <p class="quiet report-done" data-testid="resolution">
          {t.reports.outcome[resolution.action](app.people.name(resolution.by), timeOf(resolution.at))}
          {resolution.note && (
            <span class="report-why" dir="auto">
              {resolution.note}
            </span>
          )}
        </p>
      ) : (
        <>
          <input type="text" dir="auto" maxLength={NOTE_CHARS} aria-label={t.reports.whyDone} placeholder={t.reports.whyDone} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} data-testid="resolve-note" />
          <div class="dialog-actions">
            {content && (
              <button
                type="button"
                class="button button-flat"
                onClick={() => {
                  app.dialog.value = null;
                  void model.jump(report.seq);
                }}
                data-testid="report-show"
              >
                {t.reports.show}
              </button>
            )}
            <button type="button" class="button" disabled={busy.value} onClick={() => void act("dismissed")} data-testid="report-dismiss">
              {t.reports.dismiss}
            </button>
            {content && (
              <button type="button" class="button button-danger" disabled={busy.value} onClick={() => void act("removed")} data-testid="report-remove">
                {t.reports.remove}
              </button>
            )}
          </div>
        </>
      )}
    </li>
  );
}
