// What the README shows is what the program prints, the tree holds and the store answers.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <sstream>

#include "framework/run/database.h"
#include "framework/run/table.h"
#include "tests/end_to_end/program.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

const std::filesystem::path kTree = DEEPMINE_SOURCE_DIR;
const char* const kStore = "results/reference/deep-mining.sqlite";

/// What stands between `<!-- begin -->` and the next `<!-- end -->`, from `from` on, which moves on.
std::string block(const std::string& text, const std::string& begin, std::size_t& from) {
  const std::string mark = "<!-- " + begin + " -->\n";
  const std::size_t start = text.find(mark, from);
  REQUIRE(start != std::string::npos);
  from = text.find("<!-- end -->", start);
  REQUIRE(from != std::string::npos);
  return text.substr(start + mark.size(), from - start - mark.size());
}

std::string block(const std::string& text, const std::string& begin) {
  std::size_t from = 0;
  return block(text, begin, from);
}

/// Whether texts are to be brought up to date instead of compared: `make texts`.
bool updating() { return std::getenv("DEEPMINE_UPDATE_TEXTS") != nullptr; }

/// Checks that the next block of a text, from `from` on, which moves on, holds what is `expected`.
void check_block(const char* file, const std::string& begin, std::size_t& from, const std::string& expected) {
  std::string text = read_file(kTree / file);
  const std::string found = block(text, begin, from);
  if (updating() && found != expected) {
    text.replace(from - found.size(), found.size(), expected);
    write_file(kTree / file, text);
    from = from - found.size() + expected.size();
    return;
  }
  CHECK(found == expected);
}

void check_block(const char* file, const std::string& begin, const std::string& expected) {
  std::size_t from = 0;
  check_block(file, begin, from, expected);
}

void check_file(const std::filesystem::path& file, const std::string& expected) {
  if (updating()) write_file(file, expected);
  CHECK(read_file(file) == expected);
}

/// The first table that a command printed.
std::string first_table(const std::string& text) {
  const std::size_t begin = text.find("\n|") + 1, end = text.find("\n\n", begin);
  REQUIRE(begin != 0);
  return text.substr(begin, end + 1 - begin);
}

TEST_CASE("the tables in the README are those of the shipped store") {
  for (const std::string profile : {"paper", "quick"}) {
    const Finished table = deepmine_run({"table", "deep-mining", "--profile", profile, "--store",
                                         (kTree / kStore).string()});
    REQUIRE(table.code == 0);
    check_block("README.md", "table: deep-mining " + profile, first_table(table.out));
  }
}

TEST_CASE("the autoencoder's table in the README and those beside its store are the store's") {
  const std::filesystem::path folder = kTree / "results/reference", file = folder / "autoencoder-scan.sqlite";
  Database store(file, Database::Access::ReadOnly);
  const Table runs = query_table(
      store, "SELECT p.value, r.uid FROM run AS r JOIN param AS p ON p.run = r.uid AND p.key = 'dataset'");
  CHECK(runs.rows.size() == 3);
  for (const auto& row : runs.rows) {
    const std::string dataset = std::get<std::string>(row[0]);
    const Finished table = deepmine_run({"table", "autoencoder-scan", "--run", std::get<std::string>(row[1]),
                                         "--store", file.string()});
    check_file(folder / ("autoencoder-" + dataset + ".md"), table.out);
    if (dataset == "fashion-mnist") {
      check_block("README.md", "table: autoencoder-scan fashion-mnist", first_table(table.out));
    }
  }
}

TEST_CASE("the table of odin in the README and the one beside its store are the store's") {
  const std::filesystem::path folder = kTree / "results/reference";
  const Finished table = deepmine_run({"table", "odin", "--store", (folder / "odin.sqlite").string()});
  REQUIRE(table.code == 0);
  check_file(folder / "odin.md", table.out);
  check_block("README.md", "table: odin paper", first_table(table.out));
}

TEST_CASE("the tables of uniform-svdd in the README and beside its store are the store's") {
  const std::filesystem::path folder = kTree / "results/reference", file = folder / "uniform-svdd.sqlite";
  Database store(file, Database::Access::ReadOnly);
  for (const auto& [profile, of] : {std::pair{std::string("small"), "FROM uniform_svdd_table WHERE method = 'ours'"},
                                    {std::string("paper"), "FROM uniform_svdd_table WHERE method = 'ours'"},
                                    {std::string("mdl"), "FROM uniform_svdd_mdl WHERE NOT is_literal"}}) {
    const Table run = query_table(
        store, std::string("SELECT run ") + of + " AND profile = ?1 ORDER BY run LIMIT 1", {profile});
    const Finished table = deepmine_run(
        {"table", "uniform-svdd", "--run", std::get<std::string>(run.rows.at(0)[0]), "--store", file.string()});
    REQUIRE(table.code == 0);
    check_file(folder / ("uniform-svdd-" + profile + ".md"), table.out);
  }
  for (const auto& [name, model] : {std::pair{"lenet", "LeNet (MNIST)"}, {"resnet44", "ResNet (CIFAR10)"}}) {
    const Table summary = query_table(
        store, std::string("SELECT \"set\", MSP, ODIN, MD, \"KD+BU\", LID, ELO, ours FROM uniform_svdd_summary"
                           " WHERE metric = 'tnr95' AND tbl IN ('table2', 'table3', 'table4') AND model = '") +
                   model + "' ORDER BY tbl, \"set\"");
    check_block("README.md", std::string("table: uniform-svdd ") + name, summary.markdown());
  }
}

TEST_CASE("the tables of the study of uniform-svdd are what its queries give") {
  Database store(kTree / "results/reference/uniform-svdd.sqlite", Database::Access::ReadOnly);
  const std::string queries = read_file(kTree / "results/studies/uniform-svdd.sql"), mark = ".print <!-- ";
  int tables = 0;
  for (std::size_t at = queries.find(mark); at != std::string::npos; at = queries.find(mark, at), ++tables) {
    at += mark.size();
    const std::size_t name_end = queries.find(" -->\n", at), end = std::min(queries.find(mark, at), queries.size());
    const Table table = query_table(store, queries.substr(name_end + 5, queries.rfind(';', end) - name_end - 5), {});
    check_block("results/studies/uniform-svdd.md", queries.substr(at, name_end - at), table.markdown());
  }
  CHECK(tables == 4);
}

TEST_CASE("the tables beside the shipped store are the store's") {
  const std::filesystem::path folder = kTree / "results/reference";
  Database store(kTree / kStore, Database::Access::ReadOnly);
  for (const std::string recipe : {"fast", "paper"}) {
    const Table run = query_table(
        store, "SELECT i.run FROM run_input AS i JOIN model AS m ON m.sha256 = i.sha256"
               " WHERE m.dataset = 'cifar10' AND m.recipe LIKE ?1", {recipe + ":%"});
    REQUIRE(run.rows.size() == 2);  // one for each detector, which one table shows
    for (const auto& [format, end] : {std::pair{"markdown", ".md"}, {"csv", ".csv"}}) {
      const Finished table =
          deepmine_run({"table", "deep-mining", "--run", std::get<std::string>(run.rows[0][0]), "--format",
                        format, "--store", (kTree / kStore).string()});
      check_file(folder / ("table1-" + recipe + end), table.out);
    }
  }
}

TEST_CASE("the attacks and the detector in README and CONTRIBUTING are those in the tree") {
  const std::pair<const char*, const char*> shown[] = {
      {"README.md", "attacks/fgsm.cpp"},
      {"CONTRIBUTING.md", "tests/attacks/momentum_test.cpp"},
      {"CONTRIBUTING.md", "tests/framework/detect/mean_distance_test.cpp"}};
  for (const auto& [text, file] : shown) {
    CHECK(block(read_file(kTree / text), std::string("file: ") + file) ==
          "```cpp\n" + read_file(kTree / file) + "```\n");
  }
}

TEST_CASE("the answers in the README are the shipped store's") {
  std::string readme = read_file(kTree / "README.md");
  Database store(kTree / kStore, Database::Access::ReadOnly);
  std::size_t questions = 0;
  for (std::size_t at = readme.find("```sql\n"); at != std::string::npos;
       at = readme.find("```sql\n", at)) {
    const std::size_t begin = at + 7, end = readme.find("```", begin);
    at = end;
    const Table answer = query_table(store, readme.substr(begin, end - begin));
    CHECK(answer.rows.size() > 1);
    check_block("README.md", "answer", at, answer.markdown());
    if (updating()) readme = read_file(kTree / "README.md");
    ++questions;
  }
  CHECK(questions == 3);
}

/// A question of results/README.md.
struct Question {
  std::string store, sql;
  std::size_t at;  ///< where it begins
};

std::vector<Question> ten_questions() {
  const std::string text = read_file(kTree / "results/README.md");
  std::vector<Question> questions;
  for (std::size_t mark = text.find("<!-- store: "); mark != std::string::npos;
       mark = text.find("<!-- store: ", mark + 1)) {
    const std::size_t end_of_mark = text.find(" -->", mark);
    const std::size_t begin = text.find("```sql\n", mark) + 7, end = text.find("```", begin);
    questions.push_back({text.substr(mark + 12, end_of_mark - mark - 12), text.substr(begin, end - begin), mark});
  }
  return questions;
}

TEST_CASE("the answers to the ten questions are those of the stores they name") {
  const std::size_t count = ten_questions().size();
  CHECK(count == 10);
  for (std::size_t i = 0; i < count; ++i) {
    const Question question = ten_questions()[i];  // read again: an answer brought up to date moves those behind it
    INFO(question.store << "\n" << question.sql);
    Database store(kTree / "results" / question.store, Database::Access::ReadOnly);
    const Table answer = query_table(store, question.sql);
    CHECK(answer.rows.size() > 1);
    std::size_t from = question.at;
    check_block("results/README.md", "answer", from, answer.markdown());
  }
}

/// Repeats the runs of a store under other names until it has a million scores.
void enlarge(Database& store) {
  store.execute(
      "PRAGMA foreign_keys = OFF; BEGIN; CREATE TEMP TABLE copy AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i "
      "+ 1 FROM n  WHERE (i + 1) * (SELECT count(*) FROM score) < 1000000 + (SELECT count(*) FROM score)) SELECT i "
      "FROM n;");
  for (const std::string name : {"run", "param", "run_input", "attack_set", "shape_check", "input_set", "input",
                                 "score_cell", "score", "scan_detail", "detection"}) {
    const Table columns = query_table(store, "SELECT name FROM pragma_table_info('" + name + "')");
    std::string list;
    for (const auto& row : columns.rows) {
      const std::string column = std::get<std::string>(row[0]);
      const bool names_run = column == "run" || (name == "run" && column == "uid"), numbered = column == "cell" ||
          column == "input_set";
      list += (list.empty() ? "t.\"" : ", t.\"") + column +
          (names_run ? "\" || copy.i" : numbered ? "\" + copy.i * 1000000" : "\"");
    }
    store.execute("CREATE TEMP TABLE old_" + name + " AS SELECT * FROM " + name + "; INSERT INTO " + name + " SELECT " +
                  list + " FROM copy CROSS JOIN old_" + name + " AS t;");
  }
  store.execute("COMMIT; ANALYZE;");
}

TEST_CASE("the ten questions are answered at once in stores of a million scores") {
  const TemporaryFolder folder;
  std::map<std::string, std::unique_ptr<Database>> stores;
  for (const Question& question : ten_questions()) {
    auto& store = stores[question.store];
    if (!store) {
      const auto file = folder / std::to_string(stores.size());
      std::filesystem::copy_file(kTree / "results" / question.store, file);
      store = std::make_unique<Database>(file);
      enlarge(*store);
      CHECK(store->integer("SELECT count(*) FROM score") >= 1000000);
    }
    const auto started = std::chrono::steady_clock::now();
    const Table answer = query_table(*store, question.sql);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
    INFO(question.sql);
    CHECK(answer.rows.size() > 1);
    WARN(question.store << ": " << took.count() << " ms");
    CHECK(took.count() < 2000);  // 200 on a quiet machine
  }
}

/// The blocks that a README marks to be run, in order: their language and their text.
std::vector<std::pair<std::string, std::string>> blocks_to_run(const std::string& text) {
  constexpr std::string_view kMark = "<!-- run -->\n```";
  std::vector<std::pair<std::string, std::string>> blocks;
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
    const std::size_t language = at + kMark.size(), begin = text.find('\n', language) + 1;
    blocks.emplace_back(text.substr(language, begin - 1 - language),
                        text.substr(begin, text.find("```", begin) - begin));
  }
  return blocks;
}

TEST_CASE("what the README does with a model of the user's own runs as it stands there") {
  const char* python = "/usr/bin/python3";
  const bool has_torch =
      std::filesystem::exists(python) && Process({python, "-c", "import numpy, torch"}).wait().code == 0;
  if (!has_torch) { WARN("SKIPPED: no python3-torch"); return; }
  const TemporaryFolder folder;
  std::filesystem::create_symlink(DEEPMINE_BINARY, folder / "deepmine");
  const std::string there = "cd '" + folder.path().string() + "' && PATH=\"$PWD:$PATH\" && ";
  const auto blocks = blocks_to_run(read_file(kTree / "README.md"));
  CHECK(blocks.size() == 4);
  for (const auto& [language, text] : blocks) {
    INFO(text);
    write_file(folder / "block", text);
    const std::string shell = language == "python" ? std::string(python) : "/bin/sh -e";
    const Finished finished = Process({"/bin/sh", "-c", there + shell + " block"}).wait();
    INFO(finished.err);
    CHECK(finished.code == 0);
  }
}

TEST_CASE("schema.md is made from schema.sql, with a meaning for every column") {
  if (!std::filesystem::exists("/usr/bin/python3")) { WARN("SKIPPED: no python3"); return; }
  const Finished made =
      Process({"/bin/sh", "-c", "cd '" + kTree.string() + "' && python3 results/schema-doc.py"}).wait();
  REQUIRE(made.code == 0);
  CHECK(made.out == read_file(kTree / "results/schema.md"));
  CHECK(made.out.find("|  |\n") == std::string::npos);
}

}  // namespace
}  // namespace deepmine
