// Recipients are chosen and taken out here, without asking: quick hands on a slow line
// lose none. Who is pasted by code needs no script.
"use strict";

const chosen = document.getElementById("chosen");

if (chosen) {
  const list = chosen.querySelector("ul");
  const nobody = chosen.querySelector(".hint");

  const is_chosen = (code) => [...list.querySelectorAll("input")].some((one) => one.value === code);

  const changed = () => {
    nobody.hidden = list.childElementCount > 0;
    // What is against the letter may be another thing now.
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };

  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    const leave_out = event.target.closest("[data-leave-out]");
    if (add && !is_chosen(add.value)) {
      list.append(add.nextElementSibling.content.cloneNode(true));
      changed();
    }
    if (leave_out) {
      leave_out.closest("li").remove();
      document.querySelector("[name=search]").focus();
      changed();
    }
  });
}
