import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
const KEY = "quipu.theme";

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto";
  }
}

/** The theme chosen by the person; `auto` follows the system. */
export const theme = signal<Theme>(stored());

/** Applies the theme now and whenever it changes, here or in another tab or pane. */
export function startTheme(): void {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.value;
  });
  addEventListener("storage", (event) => {
    if (event.key === KEY) theme.value = stored();
  });
}

/** auto → light → dark → auto */
export function nextTheme(): void {
  theme.value = theme.value === "auto" ? "light" : theme.value === "light" ? "dark" : "auto";
  try {
    if (theme.value === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme.value);
  } catch {
    // A browser that keeps nothing still shows the theme chosen.
  }
}
