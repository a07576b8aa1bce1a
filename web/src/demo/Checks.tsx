import { useId } from "preact/hooks";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import type { Demonstration } from "./demonstration.ts";

type Verdict = "good" | "bad" | "open";

/** The strip of what the page found out by itself. */
export function Checks({ demo }: { demo: Demonstration }) {
  const findings = demo.findings.value;
  const proof = demo.proof.value;
  const [a, b] = findings?.sides ?? [];
  const lost = a && b ? a.lost + b.lost : null;
  const repeated = a && b ? a.repeated + b.repeated : null;
  const order = findings?.order;
  const orderWord = { equal: t.demoOrderEqual, behind: t.demoOrderBehind, different: t.demoOrderDifferent };
  const proofVerdict: Verdict = typeof proof === "string" ? "open" : proof.valid ? "good" : "bad";
  const proofWord =
    proof === "waiting" ? t.demoProofWaiting : proof === "checking" ? t.demoProofChecking : proof.valid ? t.demoProofValid : t.demoProofInvalid;
  const count = (n: number | null): Verdict => (n === null ? "open" : n === 0 ? "good" : "bad");
  const good = lost === 0 && repeated === 0 && order === "equal" && proofVerdict === "good";
  return (
    <div class="checks" role="group" aria-label={t.demoChecks} data-testid="demo-checks" data-good={good}>
      <Check name={t.demoLost} value={shown(lost)} code={String(lost)} verdict={count(lost)} hint={t.demoLostHint} testid="check-lost" />
      <Check name={t.demoRepeated} value={shown(repeated)} code={String(repeated)} verdict={count(repeated)} hint={t.demoRepeatedHint} testid="check-repeated" />
      <Check
        name={t.demoOrder}
        value={order ? orderWord[order] : NONE}
        code={order ?? "none"}
        verdict={order === "equal" ? "good" : order === "different" ? "bad" : "open"}
        hint={t.demoOrderHint}
        testid="check-order"
      />
      <Check
        name={t.demoProof}
        value={proofWord}
        code={typeof proof === "string" ? proof : proof.valid ? "valid" : "invalid"}
        note={typeof proof === "string" ? undefined : t.demoProofSize(proof.size)}
        verdict={proofVerdict}
        hint={t.demoProofHint}
        testid="check-proof"
      />
    </div>
  );
}

/** Shown while there is nothing to show. */
const NONE = "–";

function shown(n: number | null): string {
  return n === null ? NONE : number(n);
}

/** `code` says the same as `value`, in every language alike. */
function Check(props: { name: string; value: string; code: string; note?: string | undefined; verdict: Verdict; hint: string; testid: string }) {
  const id = useId();
  return (
    <div class={`check check-${props.verdict} tipped`} role="note" tabIndex={0} aria-describedby={id} data-testid={props.testid} data-verdict={props.verdict} data-value={props.code}>
      <span class="check-name">{props.name}</span>{" "}
      <b class="check-value">
        {props.value}
        {props.note && <small> {props.note}</small>}
      </b>
      <span role="tooltip" id={id} class="tip">
        {props.hint}
      </span>
    </div>
  );
}
