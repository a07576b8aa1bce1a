import { effect, type ReadonlySignal } from "@preact/signals";

/** A phone, where what stands beside a conversation covers it, as styles/beside.css says. */
const PHONE = "(max-width: 760px)";

/** What this page notes in an entry of the browser's history. */
interface Noted {
  /** Below it is the list. */
  readonly fromList?: boolean;
  /** Below it is the same conversation, uncovered. */
  readonly covered?: boolean;
}

function noted(): Noted {
  return (history.state as Noted | null) ?? {};
}

/** On a phone Back uncovers the conversation first, then closes it: what covers it has an entry of its own in the browser's history. */
export class Cover {
  /** A step back is under way whose end asks for nothing more. */
  private leaving: (() => void) | null = null;

  constructor(
    private readonly covered: ReadonlySignal<boolean>,
    private readonly uncover: () => void,
  ) {
    effect(() => {
      const covers = covered.value;
      if (this.leaving) return;
      if (covers && !noted().covered && matchMedia(PHONE).matches) history.pushState({ ...noted(), covered: true }, "", location.href);
      else if (!covers && noted().covered) history.back();
    });
  }

  /** Another conversation takes the place of the one that is open, in the same entry. */
  static get state(): object | null {
    const { covered: _, ...rest } = noted();
    return history.state === null ? null : rest;
  }

  /** Leaves the conversation and what covers it by `close`; true where that goes back in history, whose end `arrived` hears of. */
  leave(close: () => void, arrived: () => void): boolean {
    const steps = (noted().fromList ? 1 : 0) + (noted().covered ? 1 : 0);
    if (steps === 0) return false;
    this.leaving = arrived;
    // It takes effect later; the list is wanted now.
    close();
    history.go(-steps);
    return true;
  }

  /** After a step in history: whether that was all there is to do. */
  stepped(): boolean {
    const { leaving } = this;
    this.leaving = null;
    leaving?.();
    if (leaving) return true;
    if (this.covered.peek() && !noted().covered) this.uncover();
    return false;
  }
}
