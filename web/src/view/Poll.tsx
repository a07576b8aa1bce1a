import { useSignal } from "@preact/signals";
import type { Content, Message } from "@quipu/client";
import type { Poll } from "@quipu/client/polls";
import { useEffect, useId } from "preact/hooks";
import type { App } from "../state/app.ts";
import { sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { timeOf } from "../text/dates.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

type PollContent = Extract<Content, { kind: "poll" }>;

/** A poll in its message: pressing an option votes for it, or takes that back. */
export function PollCard({ app, model, message, content, tabbable }: { app: App; model: ConversationModel; message: Message; content: PollContent; tabbable: boolean }) {
  const { seq } = message;
  const title = useId();
  useEffect(() => (seq === null ? undefined : model.polls.watch(seq)), [model, seq]);
  const poll = seq === null ? null : model.polls.of(seq);
  const may = poll !== null && !poll.closed && (model.mayReact.value || poll.own.length > 0);
  return (
    <div class={poll?.closed ? "poll closed" : "poll"} role="group" aria-labelledby={title} data-testid="poll" data-voters={poll?.voters} data-closed={poll?.closed}>
      {/* Whichever way it reads, it begins where the poll does. */}
      <p id={title} class="poll-question">
        <bdi>{content.question}</bdi>
      </p>
      <p class="poll-terms">
        <Icon name="poll" />
        {poll ? terms(poll) : t.polls.act}
      </p>
      <ul class="poll-options" role="list">
        {content.options.map((text, index) => (
          <li key={index}>
            <Option model={model} poll={poll} option={index + 1} text={text} may={may} tabbable={tabbable} />
          </li>
        ))}
      </ul>
      {poll && (
        <p class="poll-foot">
          <span data-testid="poll-voters">{t.polls.voters(poll.voters)}</span>
          {!poll.terms.anonymous && poll.voters > 0 && (
            <button type="button" class="link-button" tabIndex={tabbable ? 0 : -1} aria-haspopup="dialog" onClick={() => (app.dialog.value = { kind: "votes", message })} data-testid="poll-who">
              {t.polls.who}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** What holds of it, in a few words. */
function terms({ terms: { anonymous, multiple, closes_at }, closed }: Poll): string {
  const ends = closed ? t.polls.closed : closes_at ? t.polls.closesAt(timeOf(closes_at)) : null;
  return [anonymous ? t.polls.anonymous : null, multiple && !closed ? t.polls.multiple : null, ends].filter((part) => part !== null).join(" · ") || t.polls.act;
}

function Option(props: { model: ConversationModel; poll: Poll | null; option: number; text: string; may: boolean; tabbable: boolean }) {
  const { model, poll, option, text, may, tabbable } = props;
  const count = poll?.counts[option - 1] ?? 0;
  const chosen = poll?.own.includes(option) ?? false;
  const share = poll && poll.voters > 0 ? Math.round((count / poll.voters) * 100) : 0;
  const leads = poll?.closed === true && count > 0 && count === Math.max(...poll.counts);
  return (
    <button
      type="button"
      class={["poll-option", chosen && "own", poll?.terms.multiple && "multiple", leads && "leads"].filter(Boolean).join(" ")}
      aria-pressed={chosen}
      aria-disabled={!may}
      tabIndex={tabbable ? 0 : -1}
      onClick={() => poll && may && model.polls.toggle(poll, option)}
      data-testid="poll-option"
      data-option={option}
      data-count={count}
    >
      <span class="poll-mark" aria-hidden="true">
        {chosen && <Icon name="check" />}
      </span>
      <span class="poll-text">
        <bdi>{text}</bdi>
      </span>
      <span class="poll-count">
        <span class="sr">, </span>
        <span aria-hidden="true">{number(count)}</span>
        <span class="sr">{t.polls.votes(count)}</span>
      </span>
      <span class="poll-bar" aria-hidden="true">
        <i style={{ inlineSize: `${share}%` }} />
      </span>
    </button>
  );
}

/** Whether the person may close a poll for good. */
export function mayEnd(model: ConversationModel, message: Message): boolean {
  if (message.content?.kind !== "poll" || message.seq === null) return false;
  const poll = model.polls.of(message.seq);
  return poll !== null && !poll.closed && (message.mine || allows(model.state.value.you?.role ?? "guest", "moderate"));
}

/** Who voted for what. */
export function VotesDialog({ app, model, message }: { app: App; model: ConversationModel; message: Message }) {
  const close = (): void => {
    app.dialog.value = null;
  };
  const poll = message.seq === null ? null : model.polls.of(message.seq);
  const { content } = message;
  return (
    <Dialog title={t.polls.who} onClose={close} testid="votes-dialog" small>
      {content?.kind === "poll" && poll && (
        <>
          <p class="poll-question">
            <bdi>{content.question}</bdi>
          </p>
          {content.options.map((text, index) => (
            <Voters key={`${index}-${poll.counts[index] ?? 0}`} app={app} model={model} seq={poll.seq} option={index + 1} text={text} count={poll.counts[index] ?? 0} />
          ))}
        </>
      )}
    </Dialog>
  );
}

function Voters({ app, model, seq, option, text, count }: { app: App; model: ConversationModel; seq: number; option: number; text: string; count: number }) {
  const users = useSignal<readonly string[]>([]);
  const next = useSignal<string | undefined>(undefined);
  const failure = useSignal("");
  const load = (after?: string): void => {
    failure.value = "";
    model.polls.votes(seq, option, after).then(
      (page) => {
        users.value = [...(after === undefined ? [] : users.peek()), ...page.votes.map(({ user }) => user)];
        next.value = page.next ?? undefined;
      },
      (error: unknown) => (failure.value = sentence(error)),
    );
  };
  useEffect(() => {
    if (count > 0) load();
  }, []);
  return (
    <section class="readers" data-testid="voters" data-option={option}>
      <h3>
        <bdi>{text}</bdi> <span class="quiet">{t.polls.votes(count)}</span>
      </h3>
      <ul role="list">
        {users.value.map((user) => {
          const person = app.people.get(user);
          return (
            <li key={user} class="person" data-testid="voter">
              <Avatar id={user} name={person.name} picture={person.picture} size="s" />
              <bdi class="clip">{person.name}</bdi>
            </li>
          );
        })}
      </ul>
      {failure.value !== "" && (
        <p class="form-error" role="alert">
          {failure.value}{" "}
          <button type="button" class="link-button" onClick={() => load(next.peek())}>
            {t.retry}
          </button>
        </p>
      )}
      {next.value !== undefined && (
        <button type="button" class="link-button" onClick={() => load(next.peek())}>
          {t.polls.more}
        </button>
      )}
    </section>
  );
}
