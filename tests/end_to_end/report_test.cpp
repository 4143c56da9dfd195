#include "tests/end_to_end/store_rows.h"

namespace deepmine {
namespace {

const fs::path kReference = fs::path(DEEPMINE_SOURCE_DIR) / "results/reference";

std::string report_of(const TemporaryFolder& folder, const fs::path& store) {
  const fs::path out = folder / "report.html";
  const Finished done = deepmine_run({"report", "--out", out.string(), "--store", store.string()});
  INFO(done.err);
  REQUIRE(done.code == 0);
  return read_file(out);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("the report is one page that loads nothing and holds every table, figure and run") {
  const TemporaryFolder folder;
  const fs::path store = kReference / "autoencoder-scan.sqlite";
  const std::string page = report_of(folder, store);
  CHECK(page.size() < 5000000);
  // The only addresses are names of XML namespaces.
  CHECK(count(page, "http://") == count(page, "http://www.w3.org/"));
  CHECK(count(page, "https://") == 0);
  CHECK(count(page, " src=") == 0);
  CHECK(count(page, "<link ") == 1);  // the empty icon
  for (const std::string& run : rows_of(store, "SELECT uid FROM run")) {
    const std::string uid = run.substr(0, run.size() - 1);
    CHECK(page.find("<h2 id=\"run-" + uid + "\">") != std::string::npos);
    CHECK(page.find("<td>" + uid + "</td>") != std::string::npos);
  }
  CHECK(count(page, "<figure><svg role=\"img\" aria-label=\"") >= 6);
  CHECK(count(page, " id=\"gnuplot_canvas\"") == 0);  // every figure's ids are its own
  CHECK(count(page, "<h3 ") >= 15);
  CHECK(page.find("FROM comparison WHERE run = ") != std::string::npos);
  CHECK(count(page, "class=\"copy\"") >=
        18);  // three runs: layers, variants, error, attacks, checks; the runs and more
  CHECK(page.find("?1") == std::string::npos);
}

TEST_CASE("text of the store cannot become a part of the page") {
  const TemporaryFolder folder;
  fs::copy_file(kReference / "deep-mining.sqlite", folder / "s.sqlite");
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((folder / "s.sqlite").c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "UPDATE run SET command = '<script>alert(1)</script> & \"x\"'", nullptr, nullptr,
                       nullptr) == SQLITE_OK);
  sqlite3_close(database);
  const std::string page = report_of(folder, folder / "s.sqlite");
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;") != std::string::npos);
}

/// What Chromium makes of a page and of a script that runs after its own, which leaves its findings in an element; none
/// without Chromium.
std::optional<Json> in_chromium(const TemporaryFolder& folder, std::string page, const std::string& script,
                                const std::string& size, const std::string& more) {
  const std::string chromium = "/usr/bin/chromium";
  if (!fs::exists(chromium)) return std::nullopt;
  const std::size_t head = page.find("<style>"), end = page.rfind("</body>");
  page.insert(end, "<script>" + script +
                       "\naddEventListener('load', () => setTimeout(() => { document.body.innerHTML = '<pre>FOUND' +"
                       " JSON.stringify(finish()).replace(/</g, '&lt;') + 'END</pre>'; }, 300));</script>");
  page.insert(head,
              "<script>window.failures = []; addEventListener('error', e => failures.push(e.message)); console.error = "
              "console.warn = e => failures.push(String(e));document.addEventListener('securitypolicyviolation', e => "
              "failures.push(e.blockedURI));</script>");
  write_file(folder / "probe.html", page);
  const Finished run =
      Process({chromium, "--headless=new", "--no-sandbox", "--disable-gpu",
               "--user-data-dir=" + (folder / "profile").string(), "--window-size=" + size, more,
               "--virtual-time-budget=5000", "--dump-dom", "file://" + (folder / "probe.html").string()})
          .wait();
  const std::size_t begin = run.out.find("FOUND{"), stop = run.out.find("}END");
  INFO(run.out.substr(0, 300));
  REQUIRE(begin != std::string::npos);
  std::string text = run.out.substr(begin + 5, stop + 1 - begin - 5);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
  }
  return Json::parse(text);
}

TEST_CASE("in a browser the report sorts and filters, without errors, requests or overflow") {
  const TemporaryFolder folder;
  const std::string page = report_of(folder, kReference / "deep-mining.sqlite");
  const std::string script = R"js(
    const text = cell => cell.dataset.value ?? cell.textContent;
    const column = (table, i) => [...table.tBodies[0].rows].map(row => text(row.cells[i]));
    const cells = document.querySelector("table[id$='-cells']");
    const heads = [...cells.tHead.rows[0].cells], ours = heads.findIndex(h => h.textContent === "ours");
    const before = column(cells, ours);
    heads[ours].querySelector("button").click();
    const up = column(cells, ours).map(Number);
    heads[ours].querySelector("button").click();
    const down = column(cells, ours).map(Number);
    const input = document.querySelector("input[data-filters]"), runs = document.getElementById("runs-table");
    input.value = "QUICK fashion"; input.dispatchEvent(new Event("input"));
    const opened = performance.now();
    const finish = () => ({ opened, inner: innerWidth, dark: matchMedia("(prefers-color-scheme: dark)").matches,
      ink: getComputedStyle(document.body).color, paper: getComputedStyle(document.body).backgroundColor,
      failures, requests: performance.getEntriesByType("resource").length, rows: up.length, before: before.length,
      up: up.every((x, i) => i === 0 || up[i - 1] <= x), down: down.every((x, i) => i === 0 || down[i - 1] >= x),
      sorted: heads[ours].getAttribute("aria-sort"), all: runs.tBodies[0].rows.length,
      shown: [...runs.tBodies[0].rows].filter(row => !row.hidden).length,
      said: document.getElementById("runs-table-count").textContent,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      unnamed: [...document.querySelectorAll("button, input")].filter(
        e => !(e.textContent || e.labels?.length)).length });
  )js";

  for (const auto& [size, more] : {std::pair<std::string, std::string>{"1280,900", "--lang=en"},
                                   {"500,800", "--lang=en"},
                                   {"1280,900", "--force-dark-mode"}}) {
    INFO(size << " " << more);
    const auto found = in_chromium(folder, page, script, size, more);
    if (!found) { WARN("SKIPPED: no Chromium"); return; }
    INFO(found->dump());
    CHECK((*found)["failures"].empty());
    CHECK((*found)["requests"] == 0);
    CHECK((*found)["opened"] < 2000);
    CHECK((*found)["inner"].get<int>() <= std::stoi(size));
    if ((*found)["dark"] == true) CHECK((*found)["paper"] == "rgb(13, 17, 23)");
    if ((*found)["dark"] == false) CHECK((*found)["paper"] == "rgb(255, 255, 255)");
    if (more == "--force-dark-mode") CHECK((*found)["dark"] == true);
    CHECK((*found)["rows"] == (*found)["before"]);
    CHECK((*found)["rows"] == 174);
    CHECK((*found)["up"] == true);
    CHECK((*found)["down"] == true);
    CHECK((*found)["sorted"] == "descending");
    CHECK((*found)["all"] == 3);
    CHECK((*found)["shown"] == 1);
    CHECK((*found)["said"] == "1 of 3 runs");
    CHECK((*found)["wide"] <= 0);
    CHECK((*found)["unnamed"] == 0);
  }
}

TEST_CASE("a report that cannot be written is refused") {
  const TemporaryFolder folder;
  const std::string store = (kReference / "deep-mining.sqlite").string();
  check_refusals({
      {{"report", "--store", store}, "expected --out"},
      {{"report", "--store", store, "--out", (folder / "x.pdf").string()}, "ends in .html"},
      {{"report", "--store", store, "--out", (folder / "no" / "x.html").string()}, "expected an existing folder"},
      {{"report", "--store", (folder / "absent.sqlite").string(), "--out", (folder / "x.html").string()},
       "absent.sqlite"},
  });
}

}  // namespace
}  // namespace deepmine
