import { useSignal } from "@preact/signals";
import { type Device, type DeviceLink, Devices } from "@quipu/client/devices";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { encode } from "uqr";
import { type App, sentence } from "../state/app.ts";
import { deviceLinkAddress } from "../state/device.ts";
import { exact, foundTime } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { CopyAddress } from "./CopyAddress.tsx";
import { FormError } from "./FormError.tsx";
import { Icon, Mark } from "./Icon.tsx";
import { SettingsButton } from "./Settings.tsx";

/** Where the person is signed in: to name, to sign out, and to add to. */
export function DevicesSection({ app }: { app: App }) {
  const devices = useMemo(() => new Devices(app.session.client), [app]);
  const list = useSignal<readonly Device[] | null>(null);
  const link = useSignal<DeviceLink | null>(null);
  const failure = useSignal("");
  /** The device that a link made here has just signed in. */
  const added = useSignal<string | null>(null);
  const section = useRef<HTMLElement>(null);
  const title = useId();

  useEffect(() => {
    let wanted = true;
    let asked = 0;
    const load = async (): Promise<void> => {
      const mine = ++asked;
      try {
        const now = await devices.list();
        // Of several answers the last that was asked for counts.
        if (!wanted || mine !== asked) return;
        const known = new Set(list.peek()?.map(({ id }) => id));
        const fresh = list.peek() && now.find(({ id }) => !known.has(id));
        if (fresh && link.peek()) {
          link.value = null;
          added.value = fresh.name;
        }
        list.value = now;
      } catch (error) {
        if (wanted) failure.value = sentence(error);
      }
    };
    void load();
    const deaf = devices.onChange(() => void load());
    return () => {
      wanted = false;
      deaf();
    };
  }, [devices]);

  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    failure.value = "";
    try {
      await work();
      return true;
    } catch (error) {
      failure.value = sentence(error);
      return false;
    }
  };
  const make = (): void => void act(async () => {
      added.value = null;
      link.value = await devices.link();
    });
  const end = (): void => {
    link.value = null;
    requestAnimationFrame(() => section.current?.querySelector<HTMLElement>("[data-testid=device-link]")?.focus());
  };

  return (
    <section ref={section} class="devices" aria-labelledby={title} aria-busy={list.value === null} data-testid="devices">
      <h3 id={title}>{t.devices.title}</h3>
      <FormError text={failure.value} testid="devices-error" />
      <p class="device-added" role="status" data-testid="device-added">
        {added.value !== null && t.devices.added(added.value)}
      </p>
      <ul class="device-list" role="list">
        {list.value?.map((device) => (
          <Row
            key={device.id}
            device={device}
            rename={(name) => act(async () => void (await devices.rename(device.id, name)))}
            revoke={() =>
              act(async () => {
                await devices.revoke(device.id);
                list.value = (list.peek() ?? []).filter(({ id }) => id !== device.id);
                requestAnimationFrame(() => section.current?.querySelector<HTMLElement>("[data-testid=device-link]")?.focus());
              })
            }
          />
        ))}
      </ul>
      {link.value ? (
        <LinkCard key={link.value.link} app={app} link={link.value} again={make} end={end} />
      ) : (
        <button type="button" class="button" onClick={make} data-testid="device-link">
          {t.devices.add}
        </button>
      )}
    </section>
  );
}

function Row({ device, rename, revoke }: { device: Device; rename: (name: string) => Promise<boolean>; revoke: () => Promise<boolean> }) {
  const mode = useSignal<"plain" | "naming" | "asking">("plain");
  const row = useRef<HTMLLIElement>(null);
  const id = useId();
  const turn = (to: "plain" | "naming" | "asking", focus: string): void => {
    mode.value = to;
    requestAnimationFrame(() => row.current?.querySelector<HTMLElement>(`[data-testid=${focus}]`)?.focus());
  };
  const { name, current, connected, active_at: active, signed_in_until: until } = device;
  return (
    <li ref={row} class="device" data-testid="device" data-id={device.id} data-current={current === true}>
      {mode.value === "naming" ? (
        <form
          class="device-naming"
          onSubmit={async (event) => {
            event.preventDefault();
            const field = event.currentTarget.elements.namedItem("name") as HTMLInputElement;
            if (field.value.trim() === name || (await rename(field.value))) turn("plain", "device-rename");
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            // The dialog stays.
            event.preventDefault();
            event.stopPropagation();
            turn("plain", "device-rename");
          }}
        >
          <label class="sr" for={id}>
            {t.devices.name}
          </label>
          <input id={id} name="name" type="text" maxLength={64} required defaultValue={name} dir="auto" data-testid="device-name-field" />
          <button type="submit" class="button button-primary" data-testid="device-name-save">
            {t.save}
          </button>
        </form>
      ) : (
        <>
          <div class="device-who">
            <b data-testid="device-name">
              <bdi>{name}</bdi>
            </b>
            <span class="device-facts">
              {current && <span class="device-current">{t.devices.current}</span>}
              <span title={exact(active)}>{connected || current ? t.devices.activeNow : t.devices.activeAt(foundTime(active))}</span>
              {until !== undefined && <span>{t.devices.until(foundTime(until))}</span>}
            </span>
          </div>
          <button type="button" class="icon-button" aria-label={t.devices.rename(name)} title={t.devices.rename(name)} onClick={() => turn("naming", "device-name-field")} data-testid="device-rename">
            <Icon name="edit" />
          </button>
          <button
            type="button"
            class="button button-quiet-danger"
            aria-label={t.devices.signOutOf(name)}
            aria-expanded={mode.value === "asking"}
            onClick={() => turn("asking", "device-confirm")}
            data-testid="device-revoke"
          >
            {t.signOut}
          </button>
        </>
      )}
      {mode.value === "asking" && (
        <span class="ask">
          <span>{current ? t.devices.confirmOwn : t.devices.confirm}</span>
          <button type="button" class="button button-danger" onClick={() => void revoke()} data-testid="device-confirm">
            {t.signOut}
          </button>
          <button type="button" class="button" onClick={() => turn("plain", "device-revoke")}>
            {t.cancel}
          </button>
        </span>
      )}
    </li>
  );
}

/** A link as a QR code and as text, while it works. */
function LinkCard({ app, link, again, end }: { app: App; link: DeviceLink; again: () => void; end: () => void }) {
  const address = deviceLinkAddress(link.link);
  const over = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => (over.value = true), Math.max(0, link.expires_at_ms - Date.now()));
    requestAnimationFrame(() => field.current?.focus());
    return () => clearTimeout(timer);
  }, [link]);
  if (over.value) {
    return (
      <div class="device-card" data-testid="device-link-over">
        <p role="status">{t.devices.over}</p>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={end}>
            {t.close}
          </button>
          <button type="button" class="button button-primary" onClick={again} data-testid="device-link-again">
            {t.devices.again}
          </button>
        </div>
      </div>
    );
  }
  return (
    <div class="device-card" data-testid="device-link-card">
      <p>{t.devices.scan}</p>
      <Qr text={address} label={t.devices.qr} />
      <CopyAddress app={app} address={address} label={t.devices.address} testid="device" field={field} />
      <p class="field-hint">{t.devices.warning}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={end} data-testid="device-link-end">
          {t.close}
        </button>
      </div>
    </div>
  );
}

/** Dark on light in both themes: many readers take nothing else. */
function Qr({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const { size, data } = encode(text, { border: 4 });
    const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
    return { size, path };
  }, [text]);
  return (
    <svg class="device-qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges" data-testid="device-qr">
      <path class="device-qr-ground" d={`M0 0h${size}v${size}H0z`} />
      <path d={path} />
    </svg>
  );
}

/** Before a link that was opened signs this browser in: it may come from somebody who wants to be written to as themselves. */
export function SignInHere({ failure, busy, onYes, onNo }: { failure: string; busy: boolean; onYes: () => void; onNo: () => void }) {
  return (
    <main class="start" data-testid="sign-in-here">
      <SettingsButton />
      <Mark />
      <h1>{t.devices.here}</h1>
      <p class="quiet">{t.devices.hereHint}</p>
      <FormError text={failure} testid="sign-in-here-error" />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onNo} data-testid="sign-in-here-no">
          {t.invites.notNow}
        </button>
        {failure === "" && (
          <button type="button" class="button button-primary" aria-disabled={busy} onClick={() => !busy && onYes()} data-testid="sign-in-here-yes">
            {t.signIn}
          </button>
        )}
      </div>
    </main>
  );
}
