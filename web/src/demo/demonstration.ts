import { batch, computed, type Signal, signal } from "@preact/signals";
import { type Ack, type Message, QuipuError } from "@quipu/client";
import { storedSentence } from "../state/app.ts";
import type { DemoPerson } from "../state/session.ts";
import { t } from "../text/strings.ts";
import { checkSide, compareSides, type SideReport } from "./checks.ts";
import type { Pane } from "./pane.ts";
import { type ProofReport, Prover } from "./proof.ts";

/** Everything the strip shows, kept by `Demonstration`. */
export interface Findings {
  readonly sides: readonly [SideReport, SideReport];
  readonly order: "equal" | "behind" | "different";
}

/** The left pane or the right. */
export type Slot = 0 | 1;

/** Two panes, the conversation both have open, and what the page finds out about it. */
export class Demonstration {
  readonly chosen: readonly [Signal<DemoPerson>, Signal<DemoPerson>];
  readonly panes: readonly [Signal<Pane | null>, Signal<Pane | null>] = [signal(null), signal(null)];
  readonly shared = signal<{ id: string; title: string } | null>(null);
  readonly cut: readonly [Signal<boolean>, Signal<boolean>] = [signal(false), signal(false)];
  readonly findings = signal<Findings | null>(null);
  readonly proof = signal<ProofReport | "checking" | "waiting">("waiting");
  /** What came of the last button pressed: said in the language in use when it is shown. */
  readonly word = signal<() => string>(() => "");
  readonly ready = computed(() => this.shared.value !== null);

  private readonly stops: [(() => void) | undefined, (() => void) | undefined] = [undefined, undefined];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private prover: { id: string; prover: Prover } | undefined;
  private proving = false;
  private provedTo = "";

  constructor(readonly people: readonly DemoPerson[]) {
    const [first, second] = people;
    if (!first || !second) throw new Error("The seeded world has fewer than two people.");
    this.chosen = [signal(first), signal(second)];
  }

  /** Takes a pane that has started, and opens the 1:1 of both people in both once both are there. */
  attach(slot: Slot, pane: Pane): void {
    this.detach(slot);
    this.panes[slot].value = pane;
    this.stops[slot] = pane.watch(() => this.soon());
    const [left, right] = this.both();
    if (!left || !right) return;
    left.client.direct(`sub:${right.subject}`).then(
      ({ id }) => {
        left.open(id);
        right.open(id);
      },
      (error: unknown) => this.tell(error),
    );
  }

  /** Lets go of a pane that is being replaced. */
  detach(slot: Slot): void {
    this.stops[slot]?.();
    this.stops[slot] = undefined;
    batch(() => {
      this.panes[slot].value = null;
      this.cut[slot].value = false;
      this.word.value = () => "";
      this.shared.value = null;
      this.findings.value = null;
      this.proof.value = "waiting";
    });
  }

  private both(): [Pane | null, Pane | null] {
    return [this.panes[0].peek(), this.panes[1].peek()];
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.look();
    }, 120);
  }

  /** Looks at what both sides hold now. */
  private look(): void {
    const [left, right] = this.both();
    if (!left || !right) return;
    const a = left.conversation();
    const b = right.conversation();
    batch(() => {
      this.cut[0].value = left.isCut();
      this.cut[1].value = right.isCut();
      if (!a || !b || a.id !== b.id) {
        this.shared.value = null;
        this.findings.value = null;
        this.proof.value = "waiting";
        return;
      }
      const before = this.shared.peek();
      const title = a.state.kind === "group" ? left.title() : `${left.name} & ${right.name}`;
      if (before?.id !== a.id || before.title !== title) this.shared.value = { id: a.id, title };
      const sides = [
        { items: a.events(), messages: a.state.messages },
        { items: b.events(), messages: b.state.messages },
      ] as const;
      const withAudit = (report: SideReport, audit: { lost: number; repeated: number }): SideReport => ({
        ...report,
        lost: Math.max(report.lost, audit.lost),
        repeated: Math.max(report.repeated, audit.repeated),
      });
      this.findings.value = {
        sides: [withAudit(checkSide(sides[0]), a.audit), withAudit(checkSide(sides[1]), b.audit)],
        order: compareSides(sides[0], sides[1]),
      };
    });
    if (a && b && a.id === b.id) void this.prove(a.id);
  }

  private async prove(id: string): Promise<void> {
    const pane = this.both().find((candidate) => candidate !== null && !candidate.isCut() && candidate.conversation()?.state.caughtUp);
    const state = pane?.conversation()?.state;
    if (!pane || !state) return;
    const mark = `${id} ${state.epoch} ${state.last}`;
    if (this.proving || mark === this.provedTo) return;
    this.proving = true;
    if (this.proof.peek() === "waiting") this.proof.value = "checking";
    if (this.prover?.id !== id) this.prover = { id, prover: new Prover(id) };
    try {
      const report = await this.prover.prover.prove(pane);
      if (this.shared.peek()?.id === id) this.proof.value = report;
      this.provedTo = mark;
    } catch (error) {
      // A cut or a restart in the middle: the next change tries again.
      if (!(error instanceof QuipuError) && !(error instanceof TypeError)) this.tell(error);
      setTimeout(() => this.soon(), 1000);
    } finally {
      this.proving = false;
      if (this.provedTo === mark && pane.conversation()?.state.last !== state.last) this.soon();
    }
  }

  toggleCut(slot: Slot): void {
    const pane = this.panes[slot].peek();
    if (!pane) return;
    pane.setCut(!pane.isCut());
    this.cut[slot].value = pane.isCut();
  }

  /** Sends the last message of either side twice more under its own key. */
  async resend(): Promise<void> {
    let last: { pane: Pane; message: Message; seq: number } | undefined;
    for (const pane of this.both()) {
      const message = pane?.conversation()?.state.messages.findLast((m) => m.mine && m.seq !== null && m.text !== null);
      if (pane && message?.seq != null && (!last || message.seq > last.seq)) last = { pane, message, seq: message.seq };
    }
    const id = this.shared.peek()?.id;
    if (!last || !id) {
      this.word.value = () => t.demoTwiceNone;
      return;
    }
    const { pane, message, seq } = last;
    await this.attempt(async () => {
      const original = message.version > 1 ? (await pane.conversation()?.versions(seq))?.[0]?.content : message.content;
      const { text, mentions, mention_everyone, mention_roles } = (original ?? {}) as { text?: string; mentions?: string[]; mention_everyone?: boolean; mention_roles?: string[] };
      const body = {
        content: { kind: "text", text, ...(mentions?.length ? { mentions } : {}), ...(mention_everyone ? { mention_everyone } : {}), ...(mention_roles?.length ? { mention_roles } : {}) },
        ...(message.replyTo ? { reply_to: message.replyTo } : {}),
      };
      const send = (): Promise<Ack> => pane.client.request<Ack>("POST", `/v1/conversations/${id}/messages`, { key: message.key, body });
      const answers = await Promise.all([send(), send()]);
      const wrong = answers.find((answer) => answer.seq !== seq);
      if (wrong) throw new Error(t.demoStoredAgain(wrong.seq));
      return () => t.demoTwiceDone(seq);
    });
  }

  sleep(): Promise<void> {
    return this.disturb("sleep", () => t.demoSleepDone);
  }

  kill(): Promise<void> {
    return this.disturb("kill", () => t.demoKillDone);
  }

  private disturb(what: "sleep" | "kill", done: () => string): Promise<void> {
    return this.attempt(async () => {
      const pane = this.both().find((candidate) => candidate && !candidate.isCut()) ?? this.panes[0].peek();
      const id = this.shared.peek()?.id;
      if (!pane || !id) throw new Error(t.demoNoShared);
      await pane.client.request("POST", `/v1/dev/conversations/${id}/${what}`, { as: "response" });
      return done;
    });
  }

  private async attempt(act: () => Promise<() => string>): Promise<void> {
    this.word.value = () => "";
    try {
      this.word.value = await act();
    } catch (error) {
      this.tell(error);
    }
  }

  private tell(error: unknown): void {
    // Errors of a pane's client are made in the pane, where `QuipuError` is another object of the same name.
    const { code, message } = error as { code?: unknown; message?: string };
    this.word.value = () => t.demoFailed(typeof code === "string" ? storedSentence({ code, message: message ?? "" }) : (message ?? t.failedPlain));
  }
}
