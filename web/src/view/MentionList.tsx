import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { AriaAttributes, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Draft } from "../state/draft.ts";
import type { ConversationModel } from "../state/model.ts";
import { choices, EVERYONE, insertion, mentionName, ofRole, type Query, queryAt, ROLES } from "../text/mentions.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";

/** More are found by typing on. */
const MOST = 30;
/** The list is never lower than two of its rows nor higher than this. */
const LOWEST = 100;
const HIGHEST = 300;
const LIST_ID = "mention-list";
const optionId = (user: string): string => `mention-${user}`;

/** Somebody who can be mentioned. */
interface Choice {
  readonly user: string;
  readonly name: string;
  readonly picture: string | undefined;
  /** The team's own id, where another member has the same name; what a role is called here, and how many everybody is. */
  readonly subject: string | undefined;
  /** Whether it stands for more than one. */
  readonly many?: true;
}

/** The choice of whom to mention, while it is open. */
export interface MentionPicker {
  readonly shown: Signal<readonly Choice[]>;
  readonly active: Signal<number>;
  take(choice: Choice | undefined): void;
  /** Looks at what stands before the caret now. */
  look(): void;
  hide(): void;
  /** Whether the key was for the list. */
  onKey(event: KeyboardEvent): boolean;
}

/** Offers the members whose name begins with what is typed after an `@` in the message field. */
export function useMentionPicker(model: ConversationModel, draft: Draft, field: RefObject<HTMLTextAreaElement | null>): MentionPicker {
  const query = useSignal<Query | null>(null);
  const active = useSignal(0);
  /** Where the `@` stands whose list was sent away. */
  const dismissed = useSignal<number | null>(null);

  const people = useComputed<Choice[]>(() => {
    const members = [...model.members.value.values()].filter(({ user }) => user !== model.me);
    const named = members.map((member) => {
      const { name, picture } = model.people.get(member.user);
      return { user: member.user, name: mentionName(name), picture, subject: member.subject ?? undefined };
    });
    const often = new Map<string, number>();
    for (const { name } of named) often.set(name, (often.get(name) ?? 0) + 1);
    const choices = named.filter(({ name }) => name !== "").map((one) => ((often.get(one.name) ?? 0) > 1 ? one : { ...one, subject: undefined }));
    if (!model.mayMentionEveryone()) return choices;
    const roles = model.mentionableRoles().map(([role, count]) => ({ user: ofRole(role), name: ROLES[role], picture: undefined, subject: t.roleHint(t.roles[role], count), many: true as const }));
    return [...choices, ...roles, { user: EVERYONE, name: EVERYONE, picture: undefined, subject: t.everyoneHint(model.state.value.memberCount), many: true }];
  });
  const shown = useComputed<readonly Choice[]>(() => {
    const now = query.value;
    if (now === null || now.at === dismissed.value) return [];
    const found = choices(people.value, now.text);
    // Roles, and everybody, stand last: nobody should reach many members by a slip of the key.
    const many = people.value.filter((choice) => choice.many && found.includes(choice));
    return [...found.filter((choice) => !choice.many).slice(0, MOST - many.length), ...many];
  });

  const look = (): void => {
    const element = field.current;
    if (!element || document.activeElement !== element) return;
    const { selectionStart, selectionEnd, value } = element;
    const next = selectionStart === selectionEnd ? queryAt(value, selectionEnd, draft.standing()) : null;
    const before = query.peek();
    if (next?.at !== before?.at || next?.text !== before?.text) active.value = 0;
    if (next?.at !== dismissed.peek()) dismissed.value = null;
    query.value = next;
  };

  useEffect(() => {
    document.addEventListener("selectionchange", look);
    return () => document.removeEventListener("selectionchange", look);
  }, [model]);

  const take = (choice: Choice | undefined): void => {
    const element = field.current;
    const now = query.peek();
    if (!element || !now || !choice) return;
    const { insert, caret } = insertion(element.value, now, choice.name);
    element.focus();
    element.setSelectionRange(now.at, now.end);
    // Typed as if by hand, so that it can be undone; where the browser does not do that, it is set.
    if (!document.execCommand("insertText", false, insert)) {
      element.setRangeText(insert, now.at, now.end, "end");
      element.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    draft.take({ user: choice.user, name: choice.name, at: now.at });
    element.setSelectionRange(caret, caret);
    query.value = null;
  };

  const onKey = (event: KeyboardEvent): boolean => {
    const all = shown.peek();
    if (all.length === 0 || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) active.value = (active.peek() + step + all.length) % all.length;
    else if (event.key === "Enter" || event.key === "Tab") take(all[active.peek()]);
    else if (event.key === "Escape") dismissed.value = query.peek()?.at ?? null;
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return { shown, active, take, look, hide: () => (query.value = null), onKey };
}

/**
 * What makes the message field the head of the list: only while that is open is it more than a text field. HTML has no
 * field of several lines that is a combobox, so checkers object to the role; screen readers need it to tell that a
 * list has opened.
 */
export function comboboxOf({ shown, active }: MentionPicker): AriaAttributes {
  const choice = shown.value[active.value];
  if (!choice) return { "aria-autocomplete": "list" };
  const open = {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    "aria-expanded": true,
    "aria-controls": LIST_ID,
    "aria-activedescendant": optionId(choice.user),
  } as const;
  return open;
}

/** The list itself, above the message field. */
export function MentionList({ picker }: { picker: MentionPicker }) {
  const list = useRef<HTMLUListElement>(null);
  const { shown, active } = picker;
  const all = shown.value;
  const open = all.length > 0;

  useLayoutEffect(() => {
    if (!open) return;
    // A keyboard on the screen leaves less room than the window has.
    const fit = (): void => {
      const element = list.current;
      if (!element) return;
      const room = element.getBoundingClientRect().bottom - (visualViewport?.offsetTop ?? 0) - 8;
      element.style.maxHeight = `${Math.max(LOWEST, Math.min(HIGHEST, room))}px`;
    };
    fit();
    visualViewport?.addEventListener("resize", fit);
    return () => visualViewport?.removeEventListener("resize", fit);
  }, [open]);

  useLayoutEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [all, active.value]);

  return (
    <>
      {open && (
        <ul
          ref={list}
          id={LIST_ID}
          class="mention-list"
          role="listbox"
          aria-label={t.mentionList}
          // The caret stays in the message field, and the keyboard on the screen.
          onMouseDown={(event) => event.preventDefault()}
          data-testid="mention-list"
        >
          {all.map((choice, index) => (
            <li
              key={choice.user}
              id={optionId(choice.user)}
              class="mention-choice"
              role="option"
              aria-selected={index === active.value}
              onPointerMove={() => (active.value = index)}
              onClick={() => picker.take(choice)}
              data-testid="mention-choice"
              data-user={choice.user}
            >
              <Avatar id={choice.user} name={choice.name} picture={choice.picture} size="s" />
              <bdi class="clip">{choice.name}</bdi>
              {choice.subject && <bdi class="clip quiet">{choice.subject}</bdi>}
            </li>
          ))}
        </ul>
      )}
      <span class="sr" role="status">
        {open && t.mentionChoices(all.length)}
      </span>
    </>
  );
}
