"use strict";
// Sorting: the header's button sorts its column, a second press turns the order round.
function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const numeric = head.classList.contains("number");
      const value = row => {
        const cell = row.cells[column];
        if (!numeric) return cell.textContent;
        return "value" in cell.dataset ? Number(cell.dataset.value) : -Infinity;
      };
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const x = value(a), y = value(b);
        const order = numeric ? (x < y ? -1 : x > y ? 1 : 0) : x.localeCompare(y, "en", { numeric: true });
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
document.querySelectorAll("table.sortable").forEach(sortable);

document.querySelectorAll("input[data-filters]").forEach(input => {
  const table = document.getElementById(input.dataset.filters), count = document.getElementById(input.dataset.counts);
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = shown + " of " + table.tBodies[0].rows.length + " runs";
  };
  input.addEventListener("input", apply);
  apply();
});

document.querySelectorAll("button.copy").forEach(button => {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const sql = document.getElementById(button.dataset.from).textContent;
    try {
      await navigator.clipboard.writeText(sql);
    } catch (refused) {  // a page from a file may not reach the clipboard
      const area = document.createElement("textarea");
      area.value = sql;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
});
