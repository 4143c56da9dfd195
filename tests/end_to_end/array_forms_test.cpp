// Files as others write them, through the whole program: pandas' CSV, archives, pipes, other types, upper case.
#include <fmt/ranges.h>

#include "framework/core/npz.h"
#include "framework/core/seed.h"
#include "tests/end_to_end/program.h"
#include "tests/support/npy_of.h"
#include "tests/support/script_files.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

std::string write_text(const fs::path& file, const std::string& text) {
  write_file(file, text);
  return file.string();
}

/// Numbers with fractions [rows x 6], plain and with names as pandas writes them.
struct Csv {
  std::string plain, header, index, both;

  Csv(const TemporaryFolder& folder, const std::string& name, std::size_t rows) {
    RandomStream random{Seed(rows)};
    std::string lines, indexed;
    for (std::size_t i = 0; i < rows; ++i) {
      std::string line;
      for (int j = 0; j < 6; ++j) line += fmt::format("{}{:.6f}", j > 0 ? "," : "", random.uniform());
      lines += line + "\n";
      indexed += fmt::format("{},{}\n", i, line);
    }
    plain = write_text(folder / (name + ".csv"), lines);
    header = write_text(folder / (name + "-header.csv"), "0,1,2,3,4,5\n" + lines);
    index = write_text(folder / (name + "-index.csv"), indexed);
    both = write_text(folder / (name + "-both.csv"), ",0,1,2,3,4,5\n" + indexed);
  }
};

TEST_CASE("CSV with names is refused with the options that leave them out, and scanned with them") {
  const TemporaryFolder folder;
  const Csv background(folder, "b", 30), evaluation(folder, "e", 8);
  const auto scan = [](const std::string& clean, const std::string& ranked, const Words& more = {}) {
    Words words{"scan", "--background", clean, "--evaluation", ranked, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  check_refusals({
      {scan(background.header, evaluation.header),
       "b-header.csv: line 1: expected numbers like those below it, found 0, 1, ..., which count the columns"},
      {scan(background.plain, evaluation.index), "e-index.csv: column 1: expected numbers like those beside it"},
      {scan(background.both, evaluation.both), "give --skip-header --index-column"},
      {scan(background.both, evaluation.both, {"--skip-header"}), "give --index-column"},
      {scan(background.header, evaluation.plain, {"--skip-header"}),
       "e.csv: line 1: expected names of columns as --skip-header says"},
      {{"scan", "--p-values", evaluation.index}, "give --index-column"},
      {{"p-values", "--background", background.plain, "--evaluation", evaluation.header, "--out",
        (folder / "p.npy").string()},
       "give --skip-header"},
  });
  const auto found = deepmine_all({scan(background.plain, evaluation.plain),
                                   scan(background.header, evaluation.header, {"--skip-header"}),
                                   scan(background.index, evaluation.index, {"--index-column"}),
                                   scan(background.both, evaluation.both, {"--skip-header", "--index-column"})});
  for (const Finished& finished : found) {
    INFO(finished.err);
    CHECK(finished.code == 0);
    CHECK(finished.out == found[0].out);
  }
}

TEST_CASE("Labels, classes and truths may have names where the matrices have") {
  const TemporaryFolder folder;
  const Csv background(folder, "b", 4), evaluation(folder, "e", 4);
  const std::string bare = write_text(folder / "bare.csv", "1\n0\n0\n1\n"),
                    named = write_text(folder / "named.csv", ",label\n0,1\n1,0\n2,0\n3,1\n");
  const Words scan{"scan",          "--background", background.both, "--evaluation",
                   evaluation.both, "--json",       "--skip-header", "--index-column"};
  std::vector<Words> programs;
  for (const std::string& file : {bare, named}) {
    Words words = scan;
    words.insert(words.end(), {"--truth", file, "--background-classes", file, "--evaluation-classes", file});
    programs.push_back(words);
  }
  const auto found = deepmine_all(programs);
  INFO(found[0].err << found[1].err);
  CHECK(found[0].code == 0);
  CHECK(found[0].out == found[1].out);
  const std::string p = write_values<double>(folder / "p.npy", {4, 1}, {.1, .2, .3, .4});
  check_refusals({{{"scan", "--p-values", p, "--truth", write_text(folder / "h.csv", "0\n1\n0\n0\n1\n")},
                   "--skip-header if the first is a header"},
                  {{"scan", "--p-values", p, "--truth", write_text(folder / "i.csv", "0,1\n1,0\n2,0\n3,1\n")},
                   "--index-column if"}});
}

TEST_CASE("An attack reads labels with names, and images from a member of an archive, but none from text") {
  const TemporaryFolder folder;
  save_script_network(folder / "m.pt");
  const Array images{{2, 1, 8, 8}, std::vector<float>(128, 0.5F)};
  write_npz(folder / "data.npz", {{{"x", images}, {"y", {{2}, std::vector<std::int64_t>{1, 2}}}}, {}});
  const std::string labels = write_text(folder / "y.csv", ",y\n0,1\n1,2\n"), archive = (folder / "data.npz").string();
  const auto attack = [&](const std::string& x, const Words& more) {
    Words words{"attack",   "fgsm", "--model", (folder / "m.pt").string(),
                "--images", x,      "--out",   (folder / "adv.npy").string(),
                "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const Finished first = deepmine_run(attack(archive + ":x", {"--labels", archive + ":y"}));
  INFO(first.err);
  CHECK(first.code == 0);
  CHECK(deepmine_run(attack(archive + ":x", {"--labels", labels, "--skip-header", "--index-column"})).out == first.out);
  check_refusals({{attack(archive, {}), "data.npz:NAME, one of x, y"},
                  {attack(archive + ":x", {"--labels", labels}), "give --skip-header --index-column"},
                  {attack(write_text(folder / "x.csv", "0,1,2\n0.5,0.5,0.5\n"), {}),
                   "x.csv: expected an .npy or .npz file, found .csv"}});
}

TEST_CASE("Pipes, upper case, other types and Fortran order give the scan of the plain file") {
  const TemporaryFolder folder;
  const std::vector<double> values{.5, .25, .125, .75, .0625, 1};
  const std::string p = write_values<double>(folder / "p.npy", {2, 3}, values);
  const auto through = [&](const std::string& file) {
    return Words{"/bin/bash", "-c", "exec \"$0\" scan --json --p-values /dev/stdin < <(cat \"$1\")", DEEPMINE_BINARY,
                 file};
  };
  std::vector<float> columns{.5F, .75F, .25F, .0625F, .125F, 1};
  const std::string fortran =
      write_text(folder / "f.npy", npy_of("<f4", {2, 3}, {reinterpret_cast<const char*>(columns.data()), 24}, true));
  const std::string half = write_text(
      folder / "HALF.NPY", npy_of("<f2", {2, 3}, std::string("\x00\x38\x00\x34\x00\x30\x00\x3a\x00\x2c\x00\x3c", 12)));
  const std::string csv = write_text(folder / "P.CSV", "0.5,0.25,0.125\n0.75,0.0625,1\n");
  write_npz(folder / "p.npz", {{{"p", {{2, 3}, values}}}, {}});
  const auto scan = [](const std::string& file) { return deepmine_words({"scan", "--json", "--p-values", file}); };
  const auto found =
      run_all({scan(p),
               scan(fortran),
               scan(half),
               scan(csv),
               scan((folder / "p.npz").string()),
               through(p),
               through(csv),
               through((folder / "p.npz").string()),
               {"/bin/bash", "-c", "exec \"$0\" scan --json --p-values /dev/stdin < \"$1\"", DEEPMINE_BINARY, p},
               {"/bin/bash", "-c", "exec \"$0\" scan --json --p-values <(cat \"$1\")", DEEPMINE_BINARY, csv}});
  for (const Finished& finished : found) {
    INFO(finished.err);
    CHECK(finished.code == 0);
    CHECK(finished.out == found[0].out);
  }
  Words recorded = through(p);
  recorded[2] = "exec \"$0\" scan --json --store \"$2\" --p-values /dev/stdin < <(cat \"$1\")";
  recorded.push_back((folder / "s.sqlite").string());
  check_refused(Process(recorded).wait(), "--store: expected files, which a replay can read again");
}

TEST_CASE("Whole numbers that float64 takes for equal are not compared") {
  const TemporaryFolder folder;
  const std::int64_t large = 1LL << 53;
  const std::string clean = write_values<std::int64_t>(folder / "b.npy", {2, 1}, {large, large + 2});
  const std::string other = write_values<std::int64_t>(folder / "e.npy", {1, 1}, {large + 1}),
                    text = write_text(folder / "e.csv", "9007199254740993\n");
  const auto rank = [&](const std::string& file) {
    return Words{"p-values", "--background", clean, "--evaluation", file, "--out", (folder / "p.npy").string()};
  };
  check_refusals(
      {{rank(other), "e.npy: expected whole numbers that float64 holds (all up to 2^53), found 9007199254740993"},
       {rank(text), "e.csv: line 1: expected whole numbers that float64 holds"},
       {{"scan", "--background", other, "--evaluation", clean}, "found 9007199254740993"}});
  CHECK(deepmine_run(rank(clean)).code == 0);
}

}  // namespace
}  // namespace deepmine
