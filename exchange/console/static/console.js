// Nothing works only with this file: it makes pages a little quicker to use.
"use strict";

// A form is sent once; a second press while it travels does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  window.setTimeout(() => delete form.dataset.sent, 4000);
});

// Pages with a print button.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    window.print();
  }
});

// What looks a form over by itself gives way to the form that is sent, whose answer says
// all of it and is not to be overwritten by a look that began before.
document.addEventListener("htmx:beforeRequest", (event) => {
  const asking = event.detail.elt;
  if (asking.matches("[data-gives-way]") && asking.closest("form.htmx-request")) {
    event.preventDefault();
  }
  if (asking.matches("form")) {
    asking.querySelectorAll("[data-gives-way]").forEach((one) => htmx.trigger(one, "htmx:abort"));
  }
});

// A page that follows something is told when there is news, and asks for its part anew.
const followed = document.querySelector("[data-live]");
if (followed) {
  let stream = null;
  const news = () => document.body.dispatchEvent(new Event("news"));
  const close = () => {
    stream?.close();
    stream = null;
  };
  const open = () => {
    if (stream || document.hidden) {
      return;
    }
    stream = new EventSource(followed.dataset.live);
    stream.addEventListener("news", news);
    stream.addEventListener("end", () => {
      close();
      news();
    });
  };
  // A browser has few connections to a host: pages nobody sees give theirs back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
}

// Browsers write the dates of fields by their own language; this is how they are read here.
for (const field of document.querySelectorAll("input[type=date]")) {
  const said = document.createElement("span");
  const say = () => {
    said.textContent = field.value.split("-").reverse().join("/");
    said.hidden = !field.value;
  };
  said.className = "hint";
  field.before(said);
  field.addEventListener("input", say);
  say();
}

// A page outlives its session: whoever signs in again beside it, in the same role, goes on
// with what is written on it.
let has_ended = false;
const renewed = async () => {
  const found = await fetch("/").catch(() => null);
  const page = new DOMParser().parseFromString((await found?.text()) ?? "", "text/html").body;
  if (has_ended && page.dataset.acting === document.body.dataset.acting) {
    document.body.setAttribute("hx-headers", page.getAttribute("hx-headers"));
    has_ended = false;
  }
};
document.addEventListener("htmx:afterRequest", (event) => {
  if ([401, 403].includes(event.detail.xhr.status)) {
    has_ended = true;
    renewed();
  }
});
window.addEventListener("focus", () => has_ended && renewed());

// Where the line is cut, the page says so and keeps what it shows. A page that looks by
// itself keeps it too where the hub cannot answer just now, for it asks again. What some
// proxy says in place of the hub is never shown as part of a page.
const cut = document.getElementById("cut");
const between = document.getElementById("between");
const FOR_NOW = [408, 429, 500, 502, 503, 504];
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, () => {
    cut.hidden = false;
    between.hidden = true;
  });
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail.xhr;
  const is_foreign = answer.getResponseHeader("Lienthong-Console") === null;
  cut.hidden = true;
  between.hidden = !is_foreign;
  between.querySelector("b").textContent = answer.status;
  const looks = event.detail.target.matches("[hx-trigger*='every']");
  if (is_foreign || (looks && FOR_NOW.includes(answer.status))) {
    event.detail.shouldSwap = false;
  }
});
