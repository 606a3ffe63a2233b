"use strict";
{
  const root = document.documentElement;
  root.classList.add("scripted");

  // Theme: as the system, light, dark. A browser may forbid a file to remember it.
  const themes = ["", "light", "dark"], names = ["as the system", "light", "dark"];
  const toggle = document.getElementById("theme");
  let kept = "";
  try { kept = localStorage.getItem("qtn-theme") || ""; } catch (error) { kept = ""; }
  const show = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    toggle.textContent = "Theme: " + names[themes.indexOf(theme)];
  };
  let theme = themes.includes(kept) ? kept : "";
  show(theme);
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    show(theme);
    try { localStorage.setItem("qtn-theme", theme); } catch (error) { /* shown all the same */ }
  });

  // Sorting: ascending, descending, as given. Cells without a number stand last either way.
  const words = new Intl.Collator("en", {numeric: true, sensitivity: "base"});
  const said = document.getElementById("said");
  for (const table of document.querySelectorAll("table.sorts")) {
    const body = table.tBodies[0], given = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        const next = {none: "ascending", ascending: "descending", descending: "none"};
        const order = next[head.getAttribute("aria-sort")];
        heads.forEach((h) => h.hasAttribute("aria-sort") && h.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", order);
        const sign = order === "descending" ? -1 : 1;
        const numbers = given.some((row) => row.cells[column].dataset.key !== undefined);
        const key = (row) => row.cells[column].dataset.key;
        const rows = order === "none" ? given : [...given].sort((a, b) => {
          if (!numbers) return sign * words.compare(a.cells[column].textContent, b.cells[column].textContent);
          if (key(a) === undefined || key(b) === undefined) return (key(a) === undefined) - (key(b) === undefined);
          return sign * (key(a) - key(b));
        });
        body.append(...rows);
        said.textContent = button.textContent + ": " + (order === "none" ? "order as given" : order);
      });
    });
  }

  // What is wider than its box says so.
  const boxes = [...document.querySelectorAll(".box")];
  const judge = () => boxes.forEach((box) => box.classList.toggle("wider", box.scrollWidth > box.clientWidth + 1));
  boxes.forEach((box) => {
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = "Wider than the screen: scroll sideways, or use the arrow keys.";
    box.after(hint);
    if (window.ResizeObserver) new ResizeObserver(judge).observe(box);
  });
  document.querySelectorAll("details").forEach((d) => d.addEventListener("toggle", judge));
  window.addEventListener("resize", judge);
  judge();
}
