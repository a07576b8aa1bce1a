/** Line drawings on a 24 × 24 grid, drawn with the colour of the text around them. */
const PATHS = {
  add: "M12 5v14M5 12h14",
  alert: "M12 8v5M12 16.5v.01M12 3.5 21 19.5H3z",
  bookmark: "M7 4h10v16l-5-4-5 4z",
  back: "M14.5 5 8 12l6.5 7",
  check: "M5 12.5 10 17.5 19.5 7",
  checks: "M2.5 12.5 7.5 17.5 17 7M12.5 16.5l1 1L23 7",
  clock: "M12 7v5.2l3.2 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v13M6 12.5l6 6 6-6",
  forward: "M14.500 6 20 11.500 14.500 17M19.500 11.500H10a6 6 0 0 0-6 6v1",
  edit: "M4.5 19.5v-4L16 4l4 4L8.500 19.500zM13.500 6.500l4 4",
  info: "M12 11v5.500M12 7.600v.01M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17z",
  leave: "M14 4.500h4.500v15H14M4 12h10M7.500 8 3.500 12l4 4",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  poll: "M5.500 19.500v-7M12 19.500v-15M18.500 19.500v-10",
  pin: "M9 4h6l-.800 6.500 3.300 3v1.500h-11v-1.500l3.300-3zM12 15v6",
  muted: "M6.500 16.500V11a5.500 5.500 0 0 1 8.500-4.600M17.500 10.500v6M4.500 16.500h13M10 19.500h4M4 4l16 16",
  bell: "M6.500 16.500V11a5.500 5.500 0 0 1 11 0v5.500M4.500 16.500h15M10 19.500h4",
  archive: "M4 4.500h16v4H4zM5.500 8.500v11h13v-11M10 12.500h4",
  unread: "M4 6.500h16v12H4zM4 7.500l8 6 8-6",
  hide: "M3 12s3.500-6.500 9-6.500 9 6.500 9 6.500-3.500 6.500-9 6.500S3 12 3 12zM4.500 4.500l15 15",
  reply: "M9.500 6 4 11.500 9.500 17M4.500 11.500H14a6 6 0 0 1 6 6v1",
  fold: "M6.500 9.500 12 15l5.500-5.500",
  flag: "M6 20.500V4.500M6 5.500h11.500l-2.500 4 2.500 4H6",
  shield: "M12 3.500l7 2.500v5.500c0 4.300-3 7.600-7 9-4-1.400-7-4.700-7-9V6z",
  settings: "M4 7.500h8M16.500 7.500H20M4 16.500h3.500M12 16.500h8M14.250 5.250a2.250 2.250 0 1 0 0 4.500 2.250 2.250 0 0 0 0-4.500zM9.750 14.250a2.250 2.250 0 1 0 0 4.500 2.250 2.250 0 0 0 0-4.500z",
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500 20.500 20.500",
  smile: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM9 9.500v.6M15 9.500v.6M8.500 14c1.800 2.300 5.200 2.300 7 0",
  send: "M4 12 20 4l-5 16-3.500-6.500zM11.500 13.500 20 4",
  trash: "M4.500 7h15M9.500 7V4.500h5V7M6.500 7l1 12.500h9l1-12.500M10.500 10.500v5.500M13.500 10.500v5.500",
  copy: "M8.500 8.500h11v11h-11zM15.500 8.500v-4h-11v11h4",
  history: "M4 12a8 8 0 1 0 2.500-5.800L4 8.500M4 4v4.500h4.500M12 8v4.500l3 1.800",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  signOut: "M14 4.500h4.500v15H14M4 12h10M7.500 8 3.500 12l4 4",
  cut: "M4 12h5M15 12h5M10 8l-1.500-3M14 16l1.500 3M9 12l1.500 2M15 12l-1.500-2",
  thread: "M4 5.500h16v10H10l-4.500 4v-4H4zM8 9.500h8M8 12.500h5",
  twice: "M4.500 9.500h11l-3-3M19.500 14.500h-11l3 3",
  sleep: "M6 6h6l-6 7h6M14.500 12h4.500l-4.500 5.500H19",
  kill: "M12 3v8M7 6.500a7.500 7.500 0 1 0 10 0",
} as const;

export type IconName = keyof typeof PATHS;

/** Those that point along the line of writing: where that runs from the right, they point the other way. */
const POINTING: readonly IconName[] = ["back", "forward", "reply", "send", "leave", "signOut"];

export function Icon({ name, class: className }: { name: IconName; class?: string }) {
  return (
    <svg class={["icon", POINTING.includes(name) && "pointing", className].filter(Boolean).join(" ")} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: three cords hung from a main cord, with knots. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="mark-cord" d="M4 9c7-3.500 17-3.500 24 0M9.500 7.200v14.300M16 6.400V26M22.500 7.200v10.800" />
      <g class="mark-knots">
        <circle cx="9.500" cy="14.500" r="2.700" />
        <circle cx="16" cy="12.500" r="2.700" />
        <circle cx="16" cy="20" r="2.700" />
        <circle cx="22.500" cy="13.500" r="2.700" />
      </g>
    </svg>
  );
}
