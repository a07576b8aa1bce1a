import { useSignal, useSignalEffect } from "@preact/signals";
import type { Member, Pending, Role } from "@quipu/client";
import { addMembers } from "@quipu/client/members";
import { useEffect, useId, useRef } from "preact/hooks";
import { type App, sentence, storedSentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { addableRoles, allows, grantableRoles, mayRemove, rank } from "../state/permissions.ts";
import { useInView, usePresence } from "../state/presence.ts";
import { safePicture } from "../text/linkify.ts";
import { locale } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { BansSection } from "./BansSection.tsx";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";
import { InviteLinks } from "./InviteLinks.tsx";
import { MemberActions, MuteMark } from "./MemberActions.tsx";
import { isNamed, namedRefs, PeopleField, toggleId, useNamed } from "./PeopleField.tsx";
import { Present, presenceText } from "./Presence.tsx";
import { SettingsSection } from "./SettingsSection.tsx";
import { StatusMark } from "./Status.tsx";
import { WordsSection } from "./WordsSection.tsx";

/** What a conversation is called, who is in it, and what one's role lets one change. */
export function DetailsDialog({ app, model }: { app: App; model: ConversationModel }) {
  const failure = useSignal("");
  const state = model.state.value;
  const title = app.title(model);
  const role = state.you?.role ?? "guest";
  const group = state.kind !== "direct";
  const space = state.kind === "space";
  const members = [...model.members.value.values()].sort(
    (a, b) => rank(b.role) - rank(a.role) || app.people.name(a.user).localeCompare(app.people.name(b.user), locale.value),
  );

  /** Waits for the server's word on a change and shows a refusal. */
  const watch = (pending: Pending, done?: () => void): void => {
    failure.value = "";
    pending.settled.then(done, (error: unknown) => {
      failure.value = sentence(error);
      // The refusal has been told here; nothing is left to retry later.
      void model.conversation.discard(pending.key);
    });
  };

  return (
    <Dialog title={t.details} onClose={() => (app.dialog.value = null)} testid="details-dialog" steady>
      <div class="details-top">
        <Avatar id={model.peer() ?? model.id} name={title} picture={model.peer() ? app.people.get(model.peer()).picture : safePicture(state.info.avatar)} size="l" />
        <div>
          <p class="details-name">
            <bdi>{title}</bdi>
          </p>
          <p class="quiet">{group ? t.members(state.memberCount) : t.direct}</p>
          {state.info.topic && (
            <p class="details-topic" dir="auto">
              {state.info.topic}
            </p>
          )}
          {group && !space && state.history && <p class="quiet">{t.historyIs[state.history]}</p>}
        </div>
      </div>
      <FormError text={failure.value} testid="form-error" />
      {group && allows(role, "update") && <InfoForm app={app} model={model} watch={watch} />}
      <section>
        <h3>{t.membersTitle}</h3>
        <ul class="members" role="list" data-testid="members">
          {members.map((member) => (
            <MemberRow key={member.user} app={app} model={model} member={member} role={role} group={group} watch={watch} />
          ))}
        </ul>
      </section>
      {group && allows(role, "moderate") && <BansSection app={app} model={model} />}
      {group && addableRoles(role, state.settings).length > 0 && <AddForm app={app} model={model} role={role} watch={watch} />}
      {group && allows(role, "invite", state.settings) && <InviteLinks app={app} model={model} />}
      {group && <SettingsSection model={model} role={role} within={app.inbox.value.entries.find(({ id }) => id === model.id)?.space} change={(change) => watch(model.conversation.setSettings(change))} />}
      {group && !space && state.encryption === "none" && allows(role, "settings") && <WordsSection app={app} model={model} />}
      {group && <Leave app={app} model={model} watch={watch} />}
    </Dialog>
  );
}

type Watch = (pending: Pending, done?: () => void) => void;

function InfoForm({ app, model, watch }: { app: App; model: ConversationModel; watch: Watch }) {
  const { info } = model.state.peek();
  const name = useSignal(info.name ?? "");
  const topic = useSignal(info.topic ?? "");
  const avatar = useSignal(info.avatar ?? "");
  const invalid = avatar.value !== "" && safePicture(avatar.value) === undefined;
  const fields = [
    { label: t.name, value: name, testid: "details-name", type: "text", placeholder: "" },
    { label: t.topic, value: topic, testid: "details-topic", type: "text", placeholder: "" },
    { label: t.avatar, value: avatar, testid: "details-avatar", type: "url", placeholder: t.avatarHint },
  ] as const;
  const id = useId();
  return (
    <form
      class="form form-framed"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (invalid) return;
        const now = model.state.peek().info;
        const change = {
          ...(name.value !== (now.name ?? "") ? { name: name.value.trim() } : {}),
          ...(topic.value !== (now.topic ?? "") ? { topic: topic.value.trim() } : {}),
          ...(avatar.value !== (now.avatar ?? "") ? { avatar: avatar.value.trim() } : {}),
        };
        if (Object.keys(change).length > 0) watch(model.conversation.update(change), () => app.say(t.saved));
      }}
    >
      {fields.map((field) => (
        <div key={field.testid} class="field">
          <label for={`${id}-${field.testid}`}>{field.label}</label>
          <input
            id={`${id}-${field.testid}`}
            type="text"
            inputMode={field.type}
            dir={field.type === "url" ? "ltr" : "auto"}
            autocomplete="off"
            placeholder={field.placeholder}
            value={field.value.value}
            aria-invalid={field.type === "url" && invalid}
            onInput={(event) => (field.value.value = event.currentTarget.value)}
            data-testid={field.testid}
          />
        </div>
      ))}
      {invalid && (
        <p class="form-error" role="alert">
          {t.avatarInvalid}
        </p>
      )}
      <div class="dialog-actions">
        <button type="submit" class="button" data-testid="details-save">
          {t.save}
        </button>
      </div>
    </form>
  );
}

/** Gives the focus to what is about to be drawn. */
function focusSoon(find: () => Element | null | undefined): void {
  requestAnimationFrame(() => (find() as HTMLElement | null | undefined)?.focus());
}

/** When the row that had the focus goes, the focus stays in the dialog. */
function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>("dialog[open] [data-testid=dialog-close]")?.focus();
  });
}

function MemberRow({ app, model, member, role, group, watch }: { app: App; model: ConversationModel; member: Member; role: Role; group: boolean; watch: Watch }) {
  const asking = useSignal(false);
  /** Chosen and not confirmed: a keyboard passes over roles on its way to one. */
  const chosen = useSignal<Role | null>(null);
  const row = useRef<HTMLLIElement>(null);
  const presence = usePresence(app, member.user, model.id, useInView(row));
  const there = presenceText(presence);
  const me = member.user === app.session.user;
  const person = app.people.get(member.user);
  const grants = grantableRoles(role, member.role, me);
  useEffect(() => keepFocus, []);
  const ask = (on: boolean): void => {
    asking.value = on;
    focusSoon(() => row.current?.querySelector(on ? "[data-testid=confirm-remove]" : "[data-testid=remove-member]"));
  };
  const change = (to: Role | null): void => {
    chosen.value = null;
    if (to !== null) watch(model.conversation.setRole(member.user, to));
    focusSoon(() => row.current?.querySelector("[data-testid=role]"));
  };
  const given = chosen.value !== member.role ? chosen.value : null;
  return (
    <li ref={row} class="person" data-testid="member" data-user={member.user} data-subject={member.subject ?? undefined}>
      <Present presence={presence}>
        <Avatar id={member.user} name={person.name} picture={person.picture} size="s" />
      </Present>
      <span class="person-names">
        <button type="button" class="person-button" title={t.profile.of(person.name)} aria-haspopup="dialog" onClick={() => (app.dialog.value = { kind: "profile", user: member.user })} data-testid="member-profile">
          <bdi>{person.name}</bdi>
        </button>
        <StatusMark app={app} user={member.user} />
        {me && <span class="quiet"> ({t.youMark})</span>}
        {there && (
          <span class={`presence-word presence-word-${presence?.state}`} data-testid="member-presence">
            {there}
          </span>
        )}
        <MuteMark model={model} member={member} />
        {member.subject && (
          <span class="person-id clip">
            <bdi>{member.subject}</bdi>
          </span>
        )}
      </span>
      {asking.value ? (
        <span class="ask">
          <span>{t.confirmRemove(person.name)}</span>
          <button type="button" class="button button-danger" onClick={() => watch(model.conversation.removeMember(member.user))} data-testid="confirm-remove">
            {t.removeShort}
          </button>
          <button type="button" class="button" onClick={() => ask(false)}>
            {t.cancel}
          </button>
        </span>
      ) : (
        <>
          {group &&
            (grants.length > 1 ? (
              <select
                aria-label={t.roleOf(person.name)}
                value={given ?? member.role}
                onChange={(event) => (chosen.value = event.currentTarget.value as Role)}
                data-testid="role"
              >
                {grants.map((grant) => (
                  <option key={grant} value={grant}>
                    {t.roles[grant]}
                  </option>
                ))}
              </select>
            ) : (
              <span class="role" data-testid="role">
                {t.roles[member.role]}
              </span>
            ))}
          {group && !me && <MemberActions app={app} model={model} member={member} role={role} />}
          {group && !me && mayRemove(role, member.role) && (
            <button type="button" class="icon-button" aria-label={t.removeMember(person.name)} title={t.removeMember(person.name)} onClick={() => ask(true)} data-testid="remove-member">
              <Icon name="close" />
            </button>
          )}
          {given && (
            <span class="ask">
              <span>{t.confirmRole(person.name, t.rolesGiven[given])}</span>
              <button type="button" class="button button-primary" onClick={() => change(given)} data-testid="confirm-role">
                {t.changeRole}
              </button>
              <button type="button" class="button" onClick={() => change(null)} data-testid="cancel-role">
                {t.cancel}
              </button>
            </span>
          )}
        </>
      )}
    </li>
  );
}

function AddForm({ app, model, role, watch }: { app: App; model: ConversationModel; role: Role; watch: Watch }) {
  const named = useNamed();
  const failure = useSignal("");
  const roles = addableRoles(role, model.state.value.settings);
  const given = useSignal<Role>(roles.includes("member") ? "member" : (roles[0] ?? "guest"));
  // What was said of the form as it stood no longer holds once it changes.
  useSignalEffect(() => {
    void [named.picks.value, named.text.value];
    failure.value = "";
  });
  const members = model.members.value;
  const held = new Set([...members.values()].map((member) => member.subject));
  const offered = app.session.people.filter((candidate) => !held.has(candidate.subject));
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        const { refs, failure: why } = namedRefs(app, named, true);
        failure.value = why;
        const [ref] = refs;
        if (ref === undefined) return;
        if (refs.length === 1) return watch(model.conversation.addMember(ref, given.value), () => named.clear());
        const picks = refs.map((each) => named.picks.value.find((pick) => pick.ref === each) ?? { ref: each, name: each.replace(/^sub:/u, "") });
        // Each for themselves: those who were not added stay in the field, with the reason.
        addMembers(app.session.client, model.id, refs, { role: given.value }).then(
          (results) => {
            const refused = picks.filter((_, at) => results[at]?.code !== undefined);
            if (app.directory.available) [named.picks.value, named.text.value] = [refused, ""];
            else named.text.value = refused.map(({ name }) => name).join(", ");
            failure.value = results.flatMap(({ code, message = "" }, at) => (code === undefined ? [] : [t.notAdded(picks[at]?.name ?? "", storedSentence({ code, message }))])).join("\n");
          },
          (error: unknown) => (failure.value = sentence(error)),
        );
      }}
    >
      <h3>{t.addMember}</h3>
      <div class="add-line">
        <PeopleField app={app} named={named} several exclude={(user) => members.has(user)} testid="add-person" />
        <select aria-label={t.roleOf(t.personId)} value={given.value} onChange={(event) => (given.value = event.currentTarget.value as Role)} data-testid="add-role">
          {roles.map((grant) => (
            <option key={grant} value={grant}>
              {t.roles[grant]}
            </option>
          ))}
        </select>
        <button type="submit" class="button button-primary" data-testid="add-member">
          {t.add}
        </button>
      </div>
      <FormError text={failure.value} testid="add-error" />
      {offered.length > 0 && (
        <div class="suggestions" role="group" aria-label={t.suggestions}>
          {offered.map((candidate) => (
            <button key={candidate.subject} type="button" class="chip" aria-pressed={isNamed(app, named, true, candidate.subject)} onClick={() => toggleId(app, named, true, candidate)}>
              <bdi>{candidate.name}</bdi>
            </button>
          ))}
        </div>
      )}
    </form>
  );
}

function Leave({ app, model, watch }: { app: App; model: ConversationModel; watch: Watch }) {
  const asking = useSignal(false);
  const ask = (on: boolean): void => {
    asking.value = on;
    focusSoon(() => document.querySelector(`dialog[open] [data-testid=${on ? "confirm-leave" : "leave"}]`));
  };
  if (!asking.value) {
    return (
      <button type="button" class="button button-quiet-danger" onClick={() => ask(true)} data-testid="leave">
        <Icon name="leave" />
        {t.leave}
      </button>
    );
  }
  return (
    <div class="ask" role="group" aria-label={t.confirmLeave}>
      <p>
        <b>{t.confirmLeave}</b> {t.confirmLeaveHint}
      </p>
      <button
        type="button"
        class="button button-danger"
        onClick={() =>
          watch(model.conversation.leave(), () => {
            app.dialog.value = null;
            app.hide();
          })
        }
        data-testid="confirm-leave"
      >
        {t.leave}
      </button>
      <button type="button" class="button" onClick={() => ask(false)}>
        {t.cancel}
      </button>
    </div>
  );
}
