import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { Message } from "@quipu/client";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { type Row, UNREAD_ROW } from "../state/rows.ts";
import { dayName } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";
import { ListScroll } from "./list-scroll.ts";
import { MessageRow } from "./MessageRow.tsx";
import { SystemEvent } from "./SystemEvent.tsx";

/** Within this distance of the top, older messages are loaded. */
const NEAR_TOP = 1200;
/** So far from the foot, a way back to it is offered. */
const FAR = 240;

/** The messages of the open conversation. */
export function MessageList({ app, model }: { app: App; model: ConversationModel }) {
  const keep = useRef<{ list: ListScroll; placed: boolean }>(undefined);
  keep.current ??= { list: new ListScroll(), placed: false };
  const held = keep.current;
  const { list } = held;
  const away = useSignal(false);
  const seen = useSignal(0);
  const marked = useSignal<string | null>(null);
  const focused = useSignal<string | null>(null);
  /** Whether the focus is in the list: then the row that has it stays drawn. */
  const inside = useSignal(false);

  const rows = model.rows.value;
  const parts = list.draw(rows, inside.value ? focused.value : null);
  const state = model.state.value;
  const group = state.kind === "group";

  const lastOther = useComputed(() => model.state.value.messages.findLast((m) => !m.mine && m.seq !== null)?.seq ?? 0);
  const fresh = useComputed(() => (away.value && seen.value > 0 ? countAfter(model.state.value.messages, seen.value) : 0));

  /** What follows from where the list stands now. */
  const follow = (): void => {
    const { scroller } = list;
    if (!scroller || list.aiming) return;
    away.value = !list.stick && (list.fromFoot > FAR || !list.atEnd);
    if (list.stick) seen.value = lastOther.peek();
    if (scroller.scrollTop < NEAR_TOP && model.state.peek().ready && !model.loadFailed.peek()) void model.loadOlder();
    if (app.watching.peek()) read();
  };

  /** What is before the person's eyes counts as read. */
  const read = (): void => {
    const { scroller } = list;
    // A thread may cover the list.
    if (!scroller || list.aiming || !scroller.checkVisibility({ visibilityProperty: true })) return;
    if (list.stick) {
      if (model.state.peek().last > 0) model.conversation.markRead();
      return;
    }
    const foot = scroller.getBoundingClientRect().bottom;
    for (const row of [...scroller.querySelectorAll<HTMLElement>("[data-row][data-seq]")].reverse()) {
      if (row.getBoundingClientRect().bottom <= foot) {
        model.conversation.markRead(Number(row.dataset["seq"]));
        return;
      }
    }
  };

  useLayoutEffect(() => {
    if (!held.placed && rows.length > 0 && state.ready) {
      held.placed = true;
      seen.value = lastOther.peek();
      const line = list.heights.indexOf(UNREAD_ROW);
      const below = list.heights.top(rows.length) - list.heights.top(line);
      if (line >= 0 && below > list.viewHeight()) list.bring({ id: UNREAD_ROW, to: list.viewHeight() / 4 });
    }
    list.settle();
    follow();
  });

  useEffect(() => {
    const observer = new ResizeObserver(() => {
      list.resized();
      follow();
    });
    for (const element of [list.scroller, list.content]) if (element) observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useSignalEffect(() => {
    if (app.watching.value && model.state.value.last > 0 && held.placed) read();
  });

  useSignalEffect(() => {
    const seq = model.target.value;
    if (seq === null) return;
    const row = model.rows.peek().find((candidate) => candidate.kind === "message" && candidate.message.seq === seq);
    if (!row) return;
    list.bring({ id: row.id, to: "centre", focus: true });
    marked.value = row.id;
    focused.value = row.id;
    model.target.value = null;
    setTimeout(() => (marked.value = null), 2400);
  });

  const toLatest = (): void => {
    list.toFoot();
    away.value = false;
  };

  useSignalEffect(() => {
    // One's own new message is always shown.
    const last = model.state.value.messages.at(-1);
    if (last?.mine && last.seq === null && !list.stick && last.status !== "failed" && Date.now() - last.at < 1000) toLatest();
  });

  const onKey = (event: KeyboardEvent): void => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-testid=message]");
    if (!row) return;
    const next = keyTarget(event.key, model.rows.peek(), list, row.dataset["id"] ?? "");
    if (next !== undefined) {
      event.preventDefault();
      focused.value = next;
      const element = list.row(next);
      if (!element) {
        list.bring({ id: next, to: "nearest", focus: true });
        return;
      }
      element.focus();
      element.scrollIntoView({ block: "nearest" });
    } else if (event.target === row && (event.key === "Enter" || event.key === " " || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
      event.preventDefault();
      row.querySelector<HTMLElement>("[data-testid=message-menu]")?.click();
    }
  };

  const { from, to } = list.near;
  const near = rows.slice(from, to);
  const lastMessage = near.findLast((row) => row.kind === "message")?.id;
  const tabbable = inside.value || near.some((row) => row.id === focused.value) ? (focused.value ?? lastMessage) : lastMessage;
  const failed = model.loadFailed.value;

  return (
    <div class="messages-frame">
      <div
        ref={(element) => {
          list.scroller = element;
        }}
        class="messages"
        role="log"
        aria-live="off"
        aria-label={t.messagesIn(app.title(model))}
        aria-busy={model.loadingOlder.value || !state.ready}
        id="messages"
        tabIndex={rows.length === 0 ? 0 : -1}
        onScroll={() => {
          list.look();
          follow();
        }}
        onKeyDown={onKey}
        onFocusIn={(event) => {
          const row = (event.target as HTMLElement).closest<HTMLElement>("[data-testid=message]");
          inside.value = row !== null;
          if (row) focused.value = row.dataset["id"] ?? null;
        }}
        onFocusOut={(event) => {
          if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) inside.value = false;
        }}
        data-testid="messages"
        data-caught-up={state.caughtUp}
      >
        <div
          ref={(element) => {
            list.content = element;
          }}
          class="messages-content"
        >
          <div class="messages-head">
            {failed ? (
              <>
                {t.loadOlderFailed}{" "}
                <button type="button" class="link-button" onClick={() => void model.loadOlder()} data-testid="load-older">
                  {t.retry}
                </button>
              </>
            ) : state.hasMore ? (
              t.loadingOlder
            ) : state.ready ? (
              rows.length === 0 ? t.emptyConversation : t.beginning
            ) : (
              t.loading
            )}
          </div>
          {parts.flatMap((part) =>
            part.kind === "room" ? (
              <div key={part.from === 0 ? "room" : `room-${rows[part.from - 1]?.id}`} class="room" style={{ height: `${part.height}px` }} />
            ) : (
              rows
                .slice(part.from, part.to)
                .map((row) => <RowView key={row.id} row={row} app={app} model={model} group={group} tabbable={row.id === tabbable} marked={row.id === marked.value} />)
            ),
          )}
        </div>
      </div>
      <div class="going" role="status">
        {model.going.value && <span>{t.find.going}</span>}
      </div>
      {(away.value || fresh.value > 0) && (
        <button type="button" class={fresh.value > 0 ? "pill pill-new" : "pill"} onClick={toLatest} aria-label={fresh.value > 0 ? undefined : t.toLatest} data-testid="to-latest">
          {fresh.value > 0 && <span data-testid="new-messages">{t.newMessages(fresh.value)}</span>}
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

/** How many messages of others came after `seq`. */
function countAfter(messages: readonly Message[], seq: number): number {
  let count = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message && message.seq !== null && message.seq <= seq) break;
    if (message && !message.mine && message.seq !== null) count += 1;
  }
  return count;
}

/** The message that a key leads to from one. */
function keyTarget(key: string, rows: readonly Row[], list: ListScroll, id: string): string | undefined {
  const at = list.heights.indexOf(id);
  const page = list.viewHeight() * 0.8;
  const towards = (start: number, step: 1 | -1): string | undefined => {
    for (let index = start; index >= 0 && index < rows.length; index += step) if (rows[index]?.kind === "message") return rows[index]?.id;
    return undefined;
  };
  const here = list.heights.top(at);
  switch (key) {
    case "ArrowUp":
      return towards(at - 1, -1) ?? id;
    case "ArrowDown":
      return towards(at + 1, 1) ?? id;
    case "PageUp":
      return towards(Math.min(at - 1, list.heights.at(here - page)), -1) ?? towards(0, 1);
    case "PageDown":
      return towards(Math.max(at + 1, list.heights.at(here + page)), 1) ?? towards(rows.length - 1, -1);
    case "Home":
      return towards(0, 1);
    case "End":
      return towards(rows.length - 1, -1);
    default:
      return undefined;
  }
}

function RowView({ row, app, model, group, tabbable, marked }: { row: Row; app: App; model: ConversationModel; group: boolean; tabbable: boolean; marked: boolean }) {
  switch (row.kind) {
    case "day":
      return (
        <div class="row day" data-id={row.id} data-testid="day">
          <span>{dayName(row.at)}</span>
        </div>
      );
    case "unread":
      return (
        <div class="row unread-line" data-id={row.id} data-testid="unread-line">
          <span>{t.unreadLine}</span>
        </div>
      );
    case "withheld":
      return (
        <div class="row system" role="note" data-id={row.id} data-row data-anchor data-testid="withheld">
          <span>{row.messages ? t.withheld(row.messages) : t.withheldEvents}</span>
        </div>
      );
    case "event":
      return <SystemEvent model={model} id={row.id} event={row.event} more={row.more} />;
    case "message":
      return (
        <MessageRow app={app} model={model} message={row.message} first={row.first} last={row.last} group={group} tabbable={tabbable} marked={marked} />
      );
  }
}
