import { useEffect, useId, useMemo } from "preact/hooks";
import type { DemoPerson } from "../state/session.ts";
import { t } from "../text/strings.ts";
import { Icon, type IconName, Mark } from "../view/Icon.tsx";
import { SettingsButton } from "../view/Settings.tsx";
import { Checks } from "./Checks.tsx";
import { Demonstration, type Slot } from "./demonstration.ts";

/** The page a newcomer sees on a development server. */
export function Demo({ people }: { people: readonly DemoPerson[] }) {
  const demo = useMemo(() => new Demonstration(people), [people]);
  const [left, right] = [demo.chosen[0].value, demo.chosen[1].value];
  const ready = demo.ready.value;
  return (
    <div class="demo" data-testid="demo">
      <header class="strip" data-testid="demo-strip">
        <div class="strip-title">
          <Mark />
          <div>
            <h1>{t.demoTitle}</h1>
            <p>{t.demoIntro}</p>
          </div>
          <SettingsButton />
        </div>
        <div class="strip-line">
          <Checks demo={demo} />
          <p class="strip-word" role="status" data-testid="demo-word">
            {demo.word.value() || (ready ? t.demoConversation(demo.shared.value?.title ?? "") : t.demoNoShared)}
          </p>
        </div>
        <div class="strip-line">
          <div class="faults" role="group" aria-label={t.demoFaults}>
            {([left, right] as const).map((person, index) => {
              const slot = index as Slot;
              const cut = demo.cut[slot].value;
              return (
                <Fault
                  key={slot}
                  icon="cut"
                  label={cut ? t.demoMend(person.name) : t.demoCut(person.name)}
                  hint={t.demoCutHint(person.name)}
                  pressed={cut}
                  disabled={demo.panes[slot].value === null}
                  onClick={() => demo.toggleCut(slot)}
                  testid={slot === 0 ? "demo-cut-left" : "demo-cut-right"}
                />
              );
            })}
            <Fault icon="twice" label={t.demoTwice} hint={t.demoTwiceHint} disabled={!ready} onClick={() => void demo.resend()} testid="demo-resend" />
            <Fault icon="sleep" label={t.demoSleep} hint={t.demoSleepHint} disabled={!ready} onClick={() => void demo.sleep()} testid="demo-sleep" />
            <Fault icon="kill" label={t.demoKill} hint={t.demoKillHint} disabled={!ready} onClick={() => void demo.kill()} testid="demo-kill" />
          </div>
        </div>
      </header>
      <main class="panes" aria-label={t.demoPanes}>
        <PaneFrame demo={demo} slot={0} />
        <PaneFrame demo={demo} slot={1} />
      </main>
    </div>
  );
}

function Fault(props: { icon: IconName; label: string; hint: string; pressed?: boolean; disabled: boolean; onClick: () => void; testid: string }) {
  const id = useId();
  return (
    <span class="tipped">
      <button
        type="button"
        class="button fault"
        aria-pressed={props.pressed}
        aria-describedby={id}
        disabled={props.disabled}
        onClick={props.onClick}
        data-testid={props.testid}
      >
        <Icon name={props.icon} />
        <span>{props.label}</span>
      </button>
      <span role="tooltip" id={id} class="tip">
        {props.hint}
      </span>
    </span>
  );
}

function PaneFrame({ demo, slot }: { demo: Demonstration; slot: Slot }) {
  const person = demo.chosen[slot].value;
  const other = demo.chosen[slot === 0 ? 1 : 0].value;
  const id = useId();
  useEffect(() => () => demo.detach(slot), [demo, slot, person.subject]);
  const source = `/?${new URLSearchParams({ as: person.subject, pane: "1" }).toString()}`;
  return (
    <section class={demo.cut[slot].value ? "pane pane-cut" : "pane"} aria-label={t.demoPane(person.name)} data-testid={slot === 0 ? "pane-left" : "pane-right"}>
      <div class="pane-head">
        <label for={id} class="sr">
          {slot === 0 ? t.demoPersonLeft : t.demoPersonRight}
        </label>
        <select
          id={id}
          value={person.subject}
          onChange={(event) => {
            const chosen = demo.people.find((candidate) => candidate.subject === event.currentTarget.value);
            if (chosen) demo.chosen[slot].value = chosen;
          }}
          data-testid={slot === 0 ? "demo-person-left" : "demo-person-right"}
        >
          {demo.people
            .filter((candidate) => candidate.subject !== other.subject)
            .map((candidate) => (
              <option key={candidate.subject} value={candidate.subject}>
                {candidate.name}
              </option>
            ))}
        </select>
        <a href={`/?as=${encodeURIComponent(person.subject)}`} target="_blank" rel="noopener">
          {t.demoAlone(person.name)}
        </a>
      </div>
      <iframe
        key={person.subject}
        title={t.demoPane(person.name)}
        src={source}
        onLoad={(event) => {
          const frame = event.currentTarget.contentWindow;
          if (!frame) return;
          const take = (): void => {
            if (frame.quipuPane) demo.attach(slot, frame.quipuPane);
          };
          if (frame.quipuPane) take();
          else frame.addEventListener("quipu-pane", take, { once: true });
        }}
      />
    </section>
  );
}
