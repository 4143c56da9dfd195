// What the README shows is what the program prints, the tree holds and the store answers.
#include <chrono>
#include <sstream>

#include "framework/run/database.h"
#include "framework/run/table.h"
#include "tests/end_to_end/program.h"

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

TEST_CASE("the tables in the README are those of the shipped store") {
  const std::string readme = read_file(kTree / "README.md");
  for (const std::string profile : {"paper", "quick"}) {
    const Finished table = deepmine_run({"table", "deep-mining", "--profile", profile, "--store",
                                         (kTree / kStore).string()});
    REQUIRE(table.code == 0);
    const std::size_t begin = table.out.find("| target"), end = table.out.find("\n\n", begin);
    REQUIRE(begin != std::string::npos);
    CHECK(block(readme, "table: deep-mining " + profile) == table.out.substr(begin, end + 1 - begin));
  }
}

TEST_CASE("the autoencoder's table in the README and those beside its store are the store's") {
  const std::filesystem::path folder = kTree / "results/reference", file = folder / "autoencoder-scan.sqlite";
  const std::string readme = read_file(kTree / "README.md");
  Database store(file, Database::Access::ReadOnly);
  const Table runs = query_table(
      store, "SELECT p.value, r.uid FROM run AS r JOIN param AS p ON p.run = r.uid AND p.key = 'dataset'");
  CHECK(runs.rows.size() == 3);
  for (const auto& row : runs.rows) {
    const std::string dataset = std::get<std::string>(row[0]);
    const Finished table = deepmine_run({"table", "autoencoder-scan", "--run", std::get<std::string>(row[1]),
                                         "--store", file.string()});
    CHECK(table.out == read_file(folder / ("autoencoder-" + dataset + ".md")));
    if (dataset != "fashion-mnist") continue;
    const std::size_t begin = table.out.find("| layer"), end = table.out.find("\n\n", begin);
    CHECK(block(readme, "table: autoencoder-scan fashion-mnist") == table.out.substr(begin, end + 1 - begin));
  }
}

TEST_CASE("the tables beside the shipped store are the store's") {
  const std::filesystem::path folder = kTree / "results/reference";
  Database store(kTree / kStore, Database::Access::ReadOnly);
  for (const std::string recipe : {"fast", "paper"}) {
    const Table run = query_table(
        store, "SELECT i.run FROM run_input AS i JOIN model AS m ON m.sha256 = i.sha256"
               " WHERE m.dataset = 'cifar10' AND m.recipe LIKE ?1", {recipe + ":%"});
    REQUIRE(run.rows.size() == 1);
    for (const auto& [format, end] : {std::pair{"markdown", ".md"}, {"csv", ".csv"}}) {
      const Finished table =
          deepmine_run({"table", "deep-mining", "--run", std::get<std::string>(run.rows[0][0]), "--format",
                        format, "--store", (kTree / kStore).string()});
      CHECK(table.out == read_file(folder / ("table1-" + recipe + end)));
    }
  }
}

TEST_CASE("the attacks in README and CONTRIBUTING are those in the tree") {
  const std::pair<const char*, const char*> shown[] = {{"README.md", "attacks/fgsm.cpp"},
                                                       {"CONTRIBUTING.md", "tests/attacks/momentum_test.cpp"}};
  for (const auto& [text, file] : shown) {
    CHECK(block(read_file(kTree / text), std::string("file: ") + file) ==
          "```cpp\n" + read_file(kTree / file) + "```\n");
  }
}

TEST_CASE("the answers in the README are the shipped store's") {
  const std::string readme = read_file(kTree / "README.md");
  Database store(kTree / kStore, Database::Access::ReadOnly);
  std::size_t questions = 0;
  for (std::size_t at = readme.find("```sql\n"); at != std::string::npos;
       at = readme.find("```sql\n", at)) {
    const std::size_t begin = at + 7, end = readme.find("```", begin);
    at = end;
    const Table answer = query_table(store, readme.substr(begin, end - begin));
    CHECK(answer.rows.size() > 1);
    CHECK(block(readme, "answer", at) == answer.markdown());
    ++questions;
  }
  CHECK(questions == 3);
}

TEST_CASE("the answers to the ten questions are those of the stores they name, in time") {
  const std::string text = read_file(kTree / "results/README.md");
  int questions = 0;
  std::size_t at = 0;
  for (std::size_t mark = 0; (mark = text.find("<!-- store: ", at)) != std::string::npos; ++questions) {
    const std::size_t end_of_mark = text.find(" -->", mark);
    const std::string file = text.substr(mark + 12, end_of_mark - mark - 12);
    INFO(file << " question " << questions + 1);
    const std::size_t begin = text.find("```sql\n", mark) + 7, end = text.find("```", begin);
    at = end;
    Database store(kTree / "results" / file, Database::Access::ReadOnly);
    const auto started = std::chrono::steady_clock::now();
    const Table answer = query_table(store, text.substr(begin, end - begin));
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(2));
    CHECK(answer.rows.size() > 1);
    CHECK(block(text, "answer", at) == answer.markdown());
  }
  CHECK(questions == 10);
}

TEST_CASE("schema.md is made from schema.sql, with a meaning for every column") {
  if (!std::filesystem::exists("/usr/bin/python3")) { WARN("SKIPPED: no python3"); return; }
  const Finished made = Process({"/bin/sh", "-c", "cd '" + kTree.string() + "' && python3 results/schema-doc.py"}).wait();
  REQUIRE(made.code == 0);
  CHECK(made.out == read_file(kTree / "results/schema.md"));
  CHECK(made.out.find("|  |\n") == std::string::npos);
}

}  // namespace
}  // namespace deepmine
