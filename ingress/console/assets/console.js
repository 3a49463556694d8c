// Keeps pages fresh, and hands in pictures while a form is filled in. Pages work without it.
"use strict";

// fresh reads the page again and takes its content where that has changed. It leaves a page alone that
// somebody is busy with, and one that nobody sees.
async function fresh(main) {
  const busy = document.activeElement && document.activeElement.matches("input, textarea, select");
  const open = main.querySelector("details[open] form");
  if (document.hidden || busy || open) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html", "Miniflow-Live": "1" }, redirect: "manual" });
  if (response.type === "opaqueredirect") return location.reload(); // logged out meanwhile
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.getElementById("main");
  if (!next || !next.dataset.live) delete main.dataset.live;
  const opened = [...main.querySelectorAll("details")].map((d) => d.open);
  if (next && next.innerHTML !== main.innerHTML) {
    const focused = document.activeElement && document.activeElement.getAttribute("href");
    main.replaceChildren(...next.childNodes);
    main.querySelectorAll("details").forEach((d, i) => { d.open = opened[i] || false; });
    if (focused) main.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

function live() {
  const main = document.querySelector("main[data-live]");
  if (!main) return;
  const turn = async () => {
    try { await fresh(main); } catch { /* the next turn may reach it */ }
    if (main.dataset.live) setTimeout(turn, Number(main.dataset.live) * 1000);
  };
  setTimeout(turn, Number(main.dataset.live) * 1000);
}

// hand sends a picture as soon as it is chosen and says what is wrong with it, or that it is right.
async function hand(input) {
  const form = input.closest("form"), drop = input.closest(".drop");
  const result = drop.querySelector(".result"), sum = drop.querySelector("input[type=hidden]");
  const file = input.files[0];
  sum.value = "";
  drop.classList.remove("good", "bad");
  drop.querySelector("img")?.remove();
  result.textContent = file ? file.name + " …" : "";
  if (!file) return;
  const query = new URLSearchParams({ app_id: form.dataset.app, field: input.dataset.field });
  const response = await fetch("/console/files?" + query, { method: "POST", body: file });
  const answer = await response.json();
  drop.classList.add(response.ok ? "good" : "bad");
  if (!response.ok) {
    result.textContent = (answer.errors || []).map((e) => e.message).join("; ") || answer.detail || answer.title;
    input.value = "";
    return;
  }
  sum.value = answer.sha256;
  const one = drop.closest(".one");
  one.classList.remove("wrong");
  one.querySelector("[role=alert]")?.remove();
  result.textContent = `✓ ${answer.kind} ${answer.width || ""}×${answer.height || ""} ${Math.ceil(answer.bytes / 1024)} KB`;
  if (file.type.startsWith("image/")) {
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    result.before(picture);
  }
  input.value = ""; // it is with the server, and need not be sent twice
}

function pictures() {
  document.querySelectorAll(".drop input[type=file]").forEach((input) => {
    const drop = input.closest(".drop");
    input.addEventListener("change", () => hand(input).catch(() => { drop.classList.add("bad"); drop.querySelector(".result").textContent = "…?"; }));
    drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change"));
    });
  });
}

// copying shows the buttons that copy a link, which a page without it has no use for.
function copying() {
  if (!navigator.clipboard) return; // only a page over https, or of this machine, may
  document.documentElement.classList.add("copies");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "✓ " + button.dataset.copied;
  });
}

// counting says how long a text is, as Alipay counts: what is as wide as a Chinese character counts two.
function counting() {
  document.addEventListener("input", ({ target }) => {
    const { shortest, longest } = target.dataset;
    const count = target.closest(".one")?.querySelector(".count");
    if (!longest || !count) return;
    const length = [...target.value].reduce((sum, letter) => sum + (letter.codePointAt(0) >= 0x1100 ? 2 : 1), 0);
    count.textContent = length ? `· ${length}` : "";
    count.classList.toggle("bad", length > 0 && (length < Number(shortest) || length > Number(longest)));
  });
}

live();
pictures();
copying();
counting();
