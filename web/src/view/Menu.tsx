import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./Icon.tsx";

/** One thing that a menu offers. */
export interface MenuItem {
  readonly id: string;
  readonly icon: IconName;
  readonly label: ComponentChildren;
  readonly danger?: boolean;
  /** One of several choices that exclude each other, or one that stands by itself; then `checked` says whether it holds. */
  readonly choice?: "radio" | "checkbox";
  readonly checked?: boolean;
  /** Goes on to other items, instead of closing the menu. */
  readonly more?: boolean;
  readonly act: () => void;
}

/** What a menu hangs on. Without a point it hangs below its anchor. */
export interface MenuPlace {
  readonly anchor: HTMLElement;
  readonly point?: { readonly x: number; readonly y: number };
}

/** A menu over the page: arrow keys move in it, Escape and Tab close it, and so does everything outside. `atEnd`: what it hangs on stands at the end of the line, so both end together. `line`: a `.menu-line` above the items. */
export function Menu(props: { label: string; place: MenuPlace; atEnd: boolean; line?: ComponentChildren; items: readonly MenuItem[]; close: (refocus: boolean) => void }) {
  const { label, place, atEnd, line, items, close } = props;
  const menu = useRef<HTMLDivElement>(null);
  const offered = items.map(({ id }) => id).join();

  useLayoutEffect(() => {
    const element = menu.current;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    const anchor = place.anchor.getBoundingClientRect();
    const right = atEnd !== (getComputedStyle(element).direction === "rtl");
    const at = place.point ?? { x: right ? anchor.right - width : anchor.left, y: anchor.bottom + 4 };
    const x = Math.max(8, Math.min(at.x, innerWidth - width - 8));
    const y = at.y + height > innerHeight - 8 ? Math.max(8, (place.point ? at.y : anchor.top) - height - 4) : at.y;
    element.style.left = `${x}px`;
    element.style.top = `${y}px`;
    element.querySelector<HTMLElement>(".menu-item")?.focus({ preventScroll: true });
  }, [place, offered]);

  useEffect(() => {
    const outside = (event: Event): void => {
      if (!(event.target instanceof Node && menu.current?.contains(event.target))) close(false);
    };
    addEventListener("pointerdown", outside, true);
    addEventListener("wheel", outside, true);
    addEventListener("resize", outside);
    return () => {
      removeEventListener("pointerdown", outside, true);
      removeEventListener("wheel", outside, true);
      removeEventListener("resize", outside);
    };
  }, [place]);

  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close(true);
      return;
    }
    const to = target(event.key, menu.current);
    if (!to) return;
    event.preventDefault();
    to.focus();
  };

  return (
    <div ref={menu} class="menu" role="menu" aria-label={label} onKeyDown={onKey} onContextMenu={(event) => event.preventDefault()} data-testid="menu">
      {line}
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          role={item.choice ? `menuitem${item.choice}` : "menuitem"}
          aria-checked={item.choice && item.checked}
          tabIndex={-1}
          class={item.danger ? "menu-item danger" : "menu-item"}
          onClick={() => {
            if (!item.more) close(true);
            item.act();
          }}
          data-testid={`menu-${item.id}`}
        >
          {item.choice && !item.checked ? <span class="icon" /> : <Icon name={item.icon} />}
          {item.label}
        </button>
      ))}
    </div>
  );
}

/** Where a key leads: the items are a column, and what stands in the line above them is its first place. */
function target(key: string, menu: HTMLElement | null): HTMLElement | undefined {
  const line = [...(menu?.querySelectorAll<HTMLElement>(".menu-line [role^=menuitem]") ?? [])];
  const items = [...(menu?.querySelectorAll<HTMLElement>(".menu-item") ?? [])];
  const inLine = line.indexOf(document.activeElement as HTMLElement);
  if (inLine >= 0) {
    const step = menu && getComputedStyle(menu).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: inLine + step, ArrowLeft: inLine - step, Home: 0, End: line.length - 1 }[key];
    if (to !== undefined) return line[(to + line.length) % line.length];
  }
  const column = [...line.slice(0, 1), ...items];
  const at = inLine >= 0 ? 0 : column.indexOf(document.activeElement as HTMLElement);
  const first = line.length > 0 ? 1 : 0;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: first, End: column.length - 1 }[key];
  return to === undefined ? undefined : column[(to + column.length) % column.length];
}
