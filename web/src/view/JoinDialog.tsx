import { useSignal } from "@preact/signals";
import { QuipuError } from "@quipu/client";
import { type InvitePreview, joinByInvite, previewInvite } from "@quipu/client/invites";
import { useEffect, useMemo } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { forgetInvite } from "../state/invite.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";

/** Where an invite link leads, and whether to go there. Whoever is in already is led there at once. */
export function JoinDialog({ app, token }: { app: App; token: string }) {
  const { client } = app.session;
  const preview = useSignal<InvitePreview | null>(null);
  const failure = useSignal("");
  /** Whether another try may go better: a link that lets nobody in does not come to do so. */
  const again = useSignal(false);
  const busy = useSignal(false);
  // The same for every try, so that one joins once.
  const key = useMemo(() => crypto.randomUUID(), [token]);

  const close = (): void => {
    forgetInvite();
    app.dialog.value = null;
  };
  const enter = (conversation: string): void => {
    close();
    app.show(conversation);
  };
  const look = (): void => {
    failure.value = "";
    again.value = false;
    previewInvite(client, token).then(
      (found) => {
        if (found.member) return enter(found.conversation);
        preview.value = found;
        requestAnimationFrame(() => document.querySelector<HTMLElement>("dialog[open] [data-testid=join]")?.focus());
      },
      (error: unknown) => {
        again.value = !(error instanceof QuipuError) || error.retry;
        failure.value = sentence(error);
      },
    );
  };
  useEffect(look, [token]);

  const join = async (found: InvitePreview): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    failure.value = "";
    try {
      await joinByInvite(client, token, { key });
      enter(found.conversation);
    } catch (error) {
      // On another device, perhaps: in is in.
      if ((error as { code?: string }).code === "already_member") return enter(found.conversation);
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };

  const found = preview.value;
  const name = found?.info.name || t.untitledGroup;
  const given = found?.role === "guest" ? "guest" : "member";
  return (
    <Dialog title={t.invites.invitation} onClose={close} testid="join-dialog" small>
      {found && (
        <div class="details-top">
          <Avatar id={found.conversation} name={name} picture={safePicture(found.info.avatar)} size="l" />
          <div>
            <p class="details-name" data-testid="join-name">
              <bdi>{name}</bdi>
            </p>
            <p class="quiet">{t.members(found.member_count)}</p>
            {found.info.topic && (
              <p class="details-topic" dir="auto">
                {found.info.topic}
              </p>
            )}
          </div>
        </div>
      )}
      {found && <p>{t.invites.youJoinAs(t.rolesGiven[given])}</p>}
      {!found && failure.value === "" && <p role="status">{t.loading}</p>}
      <FormError text={failure.value} testid="form-error" />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close} data-testid="join-not">
          {found || again.value || failure.value === "" ? t.invites.notNow : t.close}
        </button>
        {found ? (
          <button type="button" class="button button-primary" aria-disabled={busy.value} onClick={() => void join(found)} data-testid="join">
            {t.invites.join}
          </button>
        ) : (
          again.value && (
            <button type="button" class="button" onClick={look} data-testid="join-retry">
              {t.retry}
            </button>
          )
        )}
      </div>
    </Dialog>
  );
}
