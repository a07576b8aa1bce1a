import { useSignal } from "@preact/signals";
import type { Member, Role } from "@quipu/client";
import { Moderation } from "@quipu/client/moderation";
import { useEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { mayModerate, mayUnmute } from "../state/permissions.ts";
import { FOREVER_MS } from "../state/writing.ts";
import { duration, timeOf } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";

/** For how long one can be muted, in seconds; 0: until it is lifted. */
const SPANS = [600, 3_600, 86_400, 604_800, 0];

/** Until when a member is muted, where they are. */
export function MuteMark({ model, member }: { model: ConversationModel; member: Member }) {
  const until = muteOf(model, member);
  if (until === null) return null;
  return (
    <span class="quiet mute-mark" data-testid="muted">
      {until === FOREVER_MS ? t.moderation.now : t.moderation.until(timeOf(until))}
    </span>
  );
}

function muteOf(model: ConversationModel, { muted_until: until = 0 }: Member): number | null {
  return until > model.conversation.serverNow() ? until : null;
}

/** Muting and banning a member of a lower role: a button, and below the member what it offers. */
export function MemberActions({ app, model, member, role }: { app: App; model: ConversationModel; member: Member; role: Role }) {
  const open = useSignal(false);
  const banning = useSignal(false);
  const failure = useSignal("");
  const span = useSignal("3600");
  const busy = useSignal(false);
  const panel = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const name = app.people.name(member.user);
  const muted = muteOf(model, member) !== null;
  const moderates = mayModerate(role, member.role);

  useEffect(() => {
    if (open.value) panel.current?.querySelector<HTMLElement>("select, button")?.focus();
  }, [open.value, banning.value]);

  if (!moderates && !(muted && mayUnmute(role, member.role))) return null;

  const shut = (): void => {
    open.value = false;
    banning.value = false;
    button.current?.focus();
  };
  const act = async (what: (moderation: Moderation) => Promise<unknown>): Promise<void> => {
    failure.value = "";
    busy.value = true;
    try {
      await what(new Moderation(app.session.client, model.id));
      shut();
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  const seconds = Number(span.value);
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button"
        aria-label={t.moderation.actions(name)}
        title={t.moderation.actions(name)}
        aria-expanded={open.value}
        onClick={() => (open.value ? shut() : (open.value = true))}
        data-testid="member-actions"
      >
        <Icon name="shield" />
      </button>
      {open.value && (
        <div ref={panel} class="ask member-actions" role="group" aria-label={t.moderation.actions(name)} data-testid="member-actions-panel">
          <FormError text={failure.value} />
          {banning.value ? (
            <>
              <p>{t.moderation.confirmBan(name)}</p>
              <button type="button" class="button button-danger" disabled={busy.value} onClick={() => void act((moderation) => moderation.ban(member.user))} data-testid="confirm-ban">
                {t.moderation.ban}
              </button>
              <button type="button" class="button" onClick={shut}>
                {t.cancel}
              </button>
            </>
          ) : (
            <>
              {moderates && (
                <>
                  <label class="mute-for">
                    <span>{t.moderation.muteFor(name)}</span>
                    <select value={span.value} onChange={(event) => (span.value = event.currentTarget.value)} data-testid="mute-for">
                      {SPANS.map((choice) => (
                        <option key={choice} value={String(choice)}>
                          {choice === 0 ? t.moderation.untilLifted : duration(choice)}
                        </option>
                      ))}
                    </select>
                  </label>
                  <button
                    type="button"
                    class="button button-primary"
                    disabled={busy.value}
                    onClick={() => void act((moderation) => moderation.mute(member.user, seconds === 0 ? undefined : seconds))}
                    data-testid="mute-member"
                  >
                    {t.moderation.mute}
                  </button>
                </>
              )}
              {muted && (
                <button type="button" class="button" disabled={busy.value} onClick={() => void act((moderation) => moderation.unmute(member.user))} data-testid="unmute-member">
                  {t.moderation.unmute}
                </button>
              )}
              {moderates && (
                <button type="button" class="button button-quiet-danger" onClick={() => (banning.value = true)} data-testid="ban-member">
                  {t.moderation.ban}
                </button>
              )}
            </>
          )}
        </div>
      )}
    </>
  );
}
