// Data tables are sent whole. Here they are sorted, and shown one page at a time; both are remembered
// by the table's id, since a patch brings the rows back in the order in which they were sent.

const remembered = new Map();
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function stateOf(table) {
  if (!remembered.has(table.id)) remembered.set(table.id, { column: null, descending: false, page: 0 });
  return remembered.get(table.id);
}

function compared(one, other) {
  const [a, b] = [one.dataset.value, other.dataset.value];
  return a !== undefined && b !== undefined ? a - b : collator.compare(one.textContent, other.textContent);
}

function sort(table, { column, descending }) {
  for (const [index, head] of table.querySelectorAll("thead th").entries()) {
    head.ariaSort = index !== column ? "none" : descending ? "descending" : "ascending";
  }
  if (column === null) return;
  const body = table.querySelector("tbody");
  const rows = [...body.rows].sort((one, other) => compared(one.cells[column], other.cells[column]));
  body.append(...(descending ? rows.reverse() : rows));
}

function turn(table, state) {
  const pager = table.querySelector(".pager");
  if (!pager) return;
  const [rows, size] = [[...table.querySelectorAll("tbody tr")], Number(table.dataset.pageSize)];
  const last = Math.ceil(rows.length / size) - 1;
  state.page = Math.min(Math.max(state.page, 0), last);
  const [from, to] = [state.page * size, Math.min((state.page + 1) * size, rows.length)];
  for (const [index, row] of rows.entries()) row.hidden = index < from || index >= to;
  const place = `${from + 1}–${to} of ${rows.length}`;
  const shown = pager.querySelector(".pager-place");
  if (shown.textContent !== place) shown.textContent = place;
  pager.querySelector("[data-turn='-1']").disabled = state.page === 0;
  pager.querySelector("[data-turn='1']").disabled = state.page === last;
}

function show(table) {
  const state = stateOf(table);
  sort(table, state);
  turn(table, state);
}

export function showTables() {
  for (const table of document.querySelectorAll(".data-table")) show(table);
}

export function startTables() {
  document.addEventListener("click", (event) => {
    const table = event.target.closest(".data-table");
    if (!table) return;
    const state = stateOf(table);
    const head = event.target.closest(".sort")?.closest("th");
    const step = event.target.closest("[data-turn]")?.dataset.turn;
    if (head) {
      const column = head.cellIndex;
      Object.assign(state, { column, descending: state.column === column && !state.descending, page: 0 });
    } else if (step) {
      state.page += Number(step);
    } else {
      return;
    }
    show(table);
  });
}
