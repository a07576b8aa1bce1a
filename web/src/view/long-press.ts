/** How long a finger rests before it means "more", and how far it may tremble. */
const PRESS_MS = 500;
const TREMBLE_PX = 10;

interface Handlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerUp: () => void;
  onPointerCancel: () => void;
  onClickCapture: (event: MouseEvent) => void;
}

let timer: ReturnType<typeof setTimeout> | undefined;
let start: PointerEvent | null = null;
/** The press had its effect; the click that follows it means nothing. */
let pressed = false;

function end(): void {
  clearTimeout(timer);
  start = null;
}

/** Handlers for a finger that rests on an element. Not every browser makes a context menu of that. One finger presses at a time, so what is pressed is kept once. */
export function longPress(act: (event: PointerEvent) => void): Handlers {
  return {
    onPointerDown: (event) => {
      end();
      pressed = false;
      if (event.pointerType === "mouse" || !event.isPrimary) return;
      start = event;
      timer = setTimeout(() => {
        pressed = true;
        act(event);
      }, PRESS_MS);
    },
    onPointerMove: (event) => {
      if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > TREMBLE_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    onClickCapture: (event) => {
      if (!pressed) return;
      pressed = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
