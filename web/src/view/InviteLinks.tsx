import { useSignal } from "@preact/signals";
import { type Invite, Invites } from "@quipu/client/invites";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { inviteLink } from "../state/invite.ts";
import type { ConversationModel } from "../state/model.ts";
import { exact, foundTime } from "../text/dates.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { CopyAddress } from "./CopyAddress.tsx";
import { FormError } from "./FormError.tsx";

/** How long a new link may work, in seconds, and how often; 0: without end. */
const EXPIRIES = { never: 0, hour: 3_600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400 } as const;
const USES = [0, 1, 5, 25, 100] as const;
const ROLES = ["member", "guest"] as const;

type Expiry = keyof typeof EXPIRIES;

/** A group's invite links: to make, copy and revoke. */
export function InviteLinks({ app, model }: { app: App; model: ConversationModel }) {
  const invites = useMemo(() => new Invites(app.session.client, model.id), [model.id]);
  const links = useSignal<readonly Invite[] | null>(null);
  const failure = useSignal("");
  const { memberCount } = model.state.value;

  /** Changes made here: a list that was asked for before one of them may lack it. */
  const changes = useRef(0);

  // Whoever joins may have used one.
  useEffect(() => {
    let wanted = true;
    const load = async (): Promise<void> => {
      const before = changes.current;
      try {
        const list = await invites.list();
        if (!wanted) return;
        if (changes.current !== before) return await load();
        links.value = list;
      } catch (error) {
        if (wanted) failure.value = sentence(error);
      }
    };
    void load();
    return () => {
      wanted = false;
    };
  }, [invites, memberCount]);

  return (
    <section data-testid="invite-links" aria-busy={links.value === null}>
      <h3>{t.invites.title}</h3>
      <p class="field-hint">{t.invites.hint}</p>
      <FormError text={failure.value} testid="invite-error" />
      <NewLink
        make={async (made) => {
          failure.value = "";
          try {
            const invite = await invites.create(made);
            changes.current += 1;
            links.value = [invite, ...(links.peek() ?? []).filter(({ id }) => id !== invite.id)];
            app.say(t.invites.made);
          } catch (error) {
            failure.value = sentence(error);
          }
        }}
      />
      <ul class="invites" role="list">
        {links.value?.map((invite) => (
          <Link
            key={invite.id}
            app={app}
            invite={invite}
            revoke={async () => {
              failure.value = "";
              try {
                await invites.revoke(invite.id);
                changes.current += 1;
                links.value = (links.peek() ?? []).filter(({ id }) => id !== invite.id);
                app.say(t.invites.revoked);
              } catch (error) {
                failure.value = sentence(error);
              }
            }}
          />
        ))}
      </ul>
    </section>
  );
}

function NewLink({ make }: { make: (made: { role: (typeof ROLES)[number]; expiresInS?: number; maxUses?: number }) => Promise<void> }) {
  const role = useSignal<(typeof ROLES)[number]>("member");
  const expiry = useSignal<Expiry>("week");
  const uses = useSignal(0);
  const busy = useSignal(false);
  const id = useId();
  return (
    <form
      class="invite-new"
      onSubmit={async (event) => {
        event.preventDefault();
        if (busy.value) return;
        busy.value = true;
        const expiresInS = EXPIRIES[expiry.value];
        await make({ role: role.value, ...(expiresInS > 0 && { expiresInS }), ...(uses.value > 0 && { maxUses: uses.value }) });
        busy.value = false;
      }}
    >
      <div class="field">
        <label for={`${id}-expiry`}>{t.invites.expiry}</label>
        <select id={`${id}-expiry`} value={expiry.value} onChange={(event) => (expiry.value = event.currentTarget.value as Expiry)} data-testid="invite-expiry">
          {(Object.keys(EXPIRIES) as Expiry[]).map((name) => (
            <option key={name} value={name}>
              {t.invites.expiries[name]}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`${id}-uses`}>{t.invites.limit}</label>
        <select id={`${id}-uses`} value={String(uses.value)} onChange={(event) => (uses.value = Number(event.currentTarget.value))} data-testid="invite-uses">
          {USES.map((most) => (
            <option key={most} value={String(most)}>
              {most === 0 ? t.invites.noLimit : t.invites.times(most)}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`${id}-role`}>{t.invites.role}</label>
        <select id={`${id}-role`} value={role.value} onChange={(event) => (role.value = event.currentTarget.value as (typeof ROLES)[number])} data-testid="invite-role">
          {ROLES.map((name) => (
            <option key={name} value={name}>
              {t.roles[name]}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" class="button button-primary" aria-disabled={busy.value} data-testid="invite-make">
        {t.invites.make}
      </button>
    </form>
  );
}

function Link({ app, invite, revoke }: { app: App; invite: Invite; revoke: () => Promise<void> }) {
  const asking = useSignal(false);
  const row = useRef<HTMLLIElement>(null);
  const address = inviteLink(invite.token);
  const { role, uses, max_uses: most, expires_at: expires } = invite;
  const given = role === "guest" ? "guest" : "member";
  // When the row that had the focus goes, the focus stays in the dialog.
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) document.querySelector<HTMLElement>("dialog[open] [data-testid=invite-make]")?.focus();
      });
    },
    [],
  );
  const ask = (on: boolean): void => {
    asking.value = on;
    requestAnimationFrame(() => row.current?.querySelector<HTMLElement>(`[data-testid=${on ? "invite-confirm" : "invite-revoke"}]`)?.focus());
  };
  return (
    <li ref={row} class="invite" data-testid="invite" data-id={invite.id}>
      <CopyAddress app={app} address={address} label={t.invites.address} testid="invite" />
      {asking.value ? (
        <span class="ask">
          <span>{t.invites.confirmRevoke}</span>
          <button type="button" class="button button-danger" onClick={() => void revoke()} data-testid="invite-confirm">
            {t.invites.revoke}
          </button>
          <button type="button" class="button" onClick={() => ask(false)}>
            {t.cancel}
          </button>
        </span>
      ) : (
        <>
          <ul class="invite-facts" role="list">
            <li>{t.invites.joinsAs(t.rolesGiven[given])}</li>
            <li data-testid="invite-used">{most === undefined ? t.invites.used(uses) : t.invites.usedOf(number(uses), number(most))}</li>
            <li title={expires === undefined ? undefined : exact(expires)}>{expires === undefined ? t.invites.forEver : t.invites.until(foundTime(expires))}</li>
          </ul>
          <button type="button" class="button button-quiet-danger" onClick={() => ask(true)} data-testid="invite-revoke">
            {t.invites.revoke}
          </button>
        </>
      )}
    </li>
  );
}
