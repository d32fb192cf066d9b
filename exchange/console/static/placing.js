// Moves the frame of a signature; the number fields say the same without this file.
"use strict";

const sheet = document.querySelector("[data-placing]");
const form = document.getElementById("placing-form");

if (sheet && form) {
  const frame = sheet.querySelector(".frame");
  const { width: across, height: up } = sheet.viewBox.baseVal;
  const field = (name) => form.elements.namedItem(name);
  const number = (name) => Number(field(name).value) || 0;

  const draw = () => {
    frame.setAttribute("x", number("x"));
    frame.setAttribute("y", up - number("y") - number("height"));
    frame.setAttribute("width", number("width"));
    frame.setAttribute("height", number("height"));
  };
  const move = (x, y) => {
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
    field("x").value = within(x, across - number("width"));
    field("y").value = within(y, up - number("height"));
    draw();
  };

  form.addEventListener("input", draw);

  frame.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 20 : 2;
    const way = {
      ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step],
    }[event.key];
    if (way) {
      event.preventDefault();
      move(number("x") + way[0], number("y") + way[1]);
    }
  });

  let held = null;
  frame.addEventListener("pointerdown", (event) => {
    held = { x: event.clientX, y: event.clientY, left: number("x"), low: number("y") };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (held) {
      const scale = across / sheet.getBoundingClientRect().width;
      move(held.left + (event.clientX - held.x) * scale, held.low - (event.clientY - held.y) * scale);
    }
  });
  frame.addEventListener("pointerup", () => { held = null; });
  frame.addEventListener("pointercancel", () => { held = null; });
}
