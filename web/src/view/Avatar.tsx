import { useSignal } from "@preact/signals";
import { dataSaver } from "../state/preferences.ts";
import { dye, initials } from "../text/emoji.ts";

/** A picture, or the initials on a dye that always stays the same for the same id: these too where data is to be saved. Decoration: the name stands beside it. */
export function Avatar({ id, name, picture, size = "m" }: { id: string; name: string; picture?: string | undefined; size?: "s" | "m" | "l" }) {
  const broken = useSignal<string | null>(null);
  return (
    <span class={`avatar avatar-${size} dye-${dye(id)}`} aria-hidden="true">
      {picture && broken.value !== picture && dataSaver.value === "off" ? (
        <img src={picture} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" onError={() => (broken.value = picture)} />
      ) : (
        <bdi>{initials(name)}</bdi>
      )}
    </span>
  );
}
