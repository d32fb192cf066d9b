// Sends chosen files ahead of the form, piece by piece (tus 1.0.0), and goes on where
// the line broke. Without this file they travel with the form.
"use strict";

const chooser = document.querySelector("[data-ahead]");

if (chooser) {
  const PIECE = 1 << 20;
  const LONGEST_PAUSE = 8000;
  const list = document.getElementById("uploads");
  const send = document.getElementById("send");
  const words = chooser.dataset;
  // The page has another token after one signed in again.
  const headers = () => ({
    ...JSON.parse(document.body.getAttribute("hx-headers")),
    "HX-Request": "true",
    "Tus-Resumable": "1.0.0",
  });
  let under_way = 0;

  // Nothing is sent without a file that was meant to go with it.
  const settle = () => {
    send.disabled = under_way > 0 || list.querySelector(".refused") !== null;
  };

  const key_of = (file) => `upload ${file.name} ${file.size} ${file.lastModified}`;

  const pause = (milliseconds) => new Promise((over) => {
    window.setTimeout(over, milliseconds);
    window.addEventListener("online", over, { once: true });
  });

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const row_of = (file) => {
    const bar = element("progress", { max: file.size, value: 0, ariaLabel: file.name });
    const state = element("span", { className: "hint" });
    const remove = element("button", { type: "button", className: "second small", textContent: "✕", ariaLabel: `${words.remove}: ${file.name}` });
    const row = { file, bar, state, gone: false, line: element("li", {}, element("span", { textContent: file.name }), bar, state, remove) };
    remove.addEventListener("click", () => {
      row.gone = true;
      row.line.remove();
      settle();
      if (row.address) {
        fetch(row.address, { method: "DELETE", headers: headers() }).catch(() => {});
        sessionStorage.removeItem(key_of(file));
      }
    });
    list.append(row.line);
    return row;
  };

  class Refused extends Error {}

  const asked = async (address, options) => {
    const answer = await fetch(address, { ...options, headers: { ...headers(), ...options.headers } });
    if (answer.ok) {
      return answer;
    }
    const again = [404, 408, 409, 429].includes(answer.status) || answer.status >= 500;
    if (again && options.method !== "POST") {
      throw Object.assign(new Error("again"), { status: answer.status });
    }
    const card = new DOMParser().parseFromString(await answer.text(), "text/html");
    throw new Refused(card.querySelector("h2")?.textContent ?? words.refused);
  };

  const begin = async (row) => {
    const length = String(row.file.size);
    const answer = await asked("/v1/uploads", { method: "POST", headers: { "Upload-Length": length } });
    row.address = answer.headers.get("Location");
    sessionStorage.setItem(key_of(row.file), row.address);
    return 0;
  };

  const resume = async (row) => {
    try {
      const answer = await asked(row.address, { method: "HEAD" });
      return Number(answer.headers.get("Upload-Offset"));
    } catch (error) {
      if (error.status !== 404) {
        throw error;
      }
      return begin(row);
    }
  };

  const sent = async (row) => {
    let offset = row.address ? await resume(row) : await begin(row);
    while (offset < row.file.size && !row.gone) {
      row.bar.value = offset;
      row.state.textContent = `${words.sending} ${Math.floor((100 * offset) / row.file.size)} %`;
      const answer = await asked(row.address, {
        method: "PATCH",
        headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) },
        body: row.file.slice(offset, offset + PIECE),
      });
      offset = Number(answer.headers.get("Upload-Offset"));
    }
  };

  const finish = (row) => {
    const type = row.file.type || "application/octet-stream";
    const value = `${row.address.split("/").pop()} ${type} ${row.file.name}`;
    row.bar.value = row.file.size;
    row.state.textContent = words.done;
    row.line.append(element("input", { type: "hidden", name: "uploaded", value }));
  };

  const carry = async (row) => {
    for (let wait = 500; !row.gone; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      try {
        await sent(row);
        if (!row.gone) {
          finish(row);
        }
        return;
      } catch (error) {
        if (error instanceof Refused) {
          row.state.textContent = error.message;
          row.line.className = "refused";
          return;
        }
        row.state.textContent = words.waiting;
        await pause(wait);
      }
    }
  };

  const total = () => [...list.querySelectorAll("progress")].reduce((sum, one) => sum + one.max, 0);

  chooser.addEventListener("change", async () => {
    const files = [...chooser.files];
    chooser.value = "";
    under_way += 1;
    settle();
    for (const file of files) {
      const row = row_of(file);
      row.address = sessionStorage.getItem(key_of(file));
      if (!file.size || total() > Number(words.limit)) {
        row.state.textContent = words.refused;
        row.line.className = "refused";
        row.bar.remove();
      } else {
        await carry(row);
      }
    }
    under_way -= 1;
    settle();
  });
}
