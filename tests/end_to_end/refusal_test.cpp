// What the user can mend ends with code 2 and one line that names it.

#include <cmath>
#include <fstream>

#include "tests/end_to_end/program.h"
#include "tests/support/script_files.h"

using namespace deepmine;

namespace {

std::string write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
  return file.string();
}

/// `deepmine scan` of a sound file with `more` after it.
Refusal scan_with(const TemporaryFolder& folder, Words more, std::string part) {
  static constexpr double kSound[] = {.1, .2, .3, .4, .5, .6};
  const std::string p = write_values<double>(folder / "p.npy", {2, 3}, {kSound, kSound + 6});
  Words words{"scan", "--p-values", p};
  words.insert(words.end(), more.begin(), more.end());
  return {words, std::move(part)};
}

TEST_CASE("Commands and options that do not exist are refused, the nearest is named") {
  const TemporaryFolder folder;
  check_refusals({
      {{"scam"}, "did you mean scan?"},
      {{"qqqqqq"}, "known: activations, attack"},
      {{"--seed", "1"}, "unknown command"},
      {{"list", "atacks"}, "known: datasets, networks, attacks"},
      {{"describe", "bin"}, "did you mean bim?"},
      {{"describe", "networks", "bim"}, "unknown name \"bim\""},
      {{"describe"}, "usage: deepmine describe"},
      {{"run", "deep-minning"}, ", deep-mining"},
      {{"train", "resnet21", "--dataset", "mnist", "--out", "m.npz"}, ", resnet20"},
      {{"train", "resnet20", "--dataset", "mnistt", "--out", "m.npz"}, "mnist"},
      scan_with(folder, {"--alpa-max", "0.3"}, "did you mean --alpha-max?"),
      scan_with(folder, {"-x"}, "unknown option -x"),
      scan_with(folder, {"extra"}, "found more words"),
  });
}

TEST_CASE("Option values outside their range are refused") {
  const TemporaryFolder folder;
  check_refusals({
      scan_with(folder, {"--seed", "-1"}, "--seed: expected a whole number"),
      scan_with(folder, {"--seed", "18446744073709551616"}, "found \"18446744073709551616\""),
      scan_with(folder, {"--seed", "1", "--seed", "1"}, "--seed: expected once"),
      scan_with(folder, {"--seed", ""}, "--seed: expected a value"),
      scan_with(folder, {"--seed"}, "--seed: expected a value"),
      scan_with(folder, {"--json=yes"}, "--json: expected no value"),
      scan_with(folder, {"--threads", "0"}, "--threads: expected a whole number from 1"),
      scan_with(folder, {"--threads", "abc"}, "found \"abc\""),
      scan_with(folder, {"--alpha-max", "0"}, "(0, 1], found 0"),
      scan_with(folder, {"--alpha-max", "1.5"}, "(0, 1], found 1.5"),
      scan_with(folder, {"--alpha-max", "nan"}, "found \"nan\""),
      scan_with(folder, {"--alpha-max", "0.5x"}, "found \"0.5x\""),
      scan_with(folder, {"--alphas", "linear:0"}, "linear:0"),
      scan_with(folder, {"--alphas", "all"}, "exact, linear:K or fixed:A"),
      scan_with(folder, {"--statistic", "bj"}, "known: berk-jones, higher-criticism"),
      scan_with(folder, {"--start", "random"}, "known: paper, authors, all-nodes, all-inputs"),
      scan_with(folder, {"--restarts", "0"}, "--restarts: expected a whole number from 1"),
      scan_with(folder, {"--restarts", "-3"}, "found \"-3\""),
  });
}

TEST_CASE("Missing and contradicting options are refused") {
  const TemporaryFolder folder;
  const std::string a = write_values<float>(folder / "a.npy", {2, 2}, {1, 2, 3, 4});
  check_refusals({
      {{"scan"}, "expected --p-values, or --background and --evaluation"},
      {{"scan", "--background", a}, "expected --evaluation"},
      {{"scan", "--evaluation", a}, "expected --background"},
      scan_with(folder, {"--background", a}, "--p-values or --background, found both"),
      {{"p-values", "--background", a, "--evaluation", a}, "expected --out"},
      {{"attack"}, "expected --attack"},
      {{"attack", "fgsm", "--images", a}, "expected --model"},
      {{"activations", "--images", a}, "expected --model"},
      {{"train", "resnet20"}, "expected --dataset"},
  });
}

TEST_CASE("Files that are missing, empty, misshapen or hold no p-values are refused") {
  const TemporaryFolder folder;
  const auto p_values = [&](const std::string& name, const std::string& text) {
    return Words{"scan", "--p-values", write_text(folder / name, text)};
  };
  const std::string row = write_values<double>(folder / "1.npy", {2}, {.1, .2});
  const std::string none = write_values<double>(folder / "0.npy", {0, 2}, {});
  check_refusals({
      {{"scan", "--p-values", (folder / "absent.npy").string()}, "absent.npy\": No such file"},
      {{"scan", "--p-values", folder.path().string()}, ".npy or .csv"},
      {{"scan", "--p-values", row}, "1.npy: expected p-values [inputs x nodes], found [2]"},
      {{"scan", "--p-values", none}, "0.npy: expected p-values"},
      {p_values("a.csv", ""), "a.csv: expected at least one row"},
      {p_values("b.npy", ""), "b.npy: expected an .npy file"},
      {p_values("c.csv", "0.5,0"), "c.csv: p-values: expected numbers in (0, 1], found 0"},
      {p_values("d.csv", "0.5,nan"), "found nan"},
      {p_values("e.csv", "0.5,1.01"), "found 1.01"},
      {p_values("f.csv", "0.5,-0.1"), "found -0.1"},
      {p_values("g.csv", "0.5,0.1\n0.5"), "line 2: expected 2 numbers"},
      {p_values("h.csv", "node\n0.5"), "no header"},
      {p_values("i.txt", "0.5"), ".npy or .csv"},
  });
}

TEST_CASE("A truth that does not fit the inputs is refused") {
  const TemporaryFolder folder;
  const auto truth = [&](const std::string& name, const std::string& text, std::string part) {
    return scan_with(folder, {"--truth", write_text(folder / name, text)}, std::move(part));
  };
  check_refusals({
      truth("a.csv", "1\n0\n1\n", "a.csv: expected 0 or 1 per input, [2], found [3, 1]"),
      truth("b.csv", "1\n2\n", "b.csv: expected 0 (clean) or 1 (anomalous), found 2 for input 1"),
      truth("c.csv", "1\n0.5\n", "found 0.5"),
      truth("d.csv", "1\nnan\n", "found nan"),
      truth("e.csv", "1\n-1\n", "found -1"),
      scan_with(folder, {"--truth", (folder / "absent.csv").string()}, "absent.csv"),
  });
}

TEST_CASE("Activations that do not fit each other are refused") {
  const TemporaryFolder folder;
  const std::string a = write_values<float>(folder / "a.npy", {2, 2}, {1, 2, 3, 4});
  const std::string wide = write_values<float>(folder / "wide.npy", {1, 3}, {1, 2, 3});
  const std::string nan = write_values<float>(folder / "nan.npy", {1, 2}, {1, NAN});
  const auto scan = [](const std::string& background, const std::string& evaluation) {
    return Words{"scan", "--background", background, "--evaluation", evaluation};
  };
  check_refusals({
      {scan(a, wide), "evaluation: expected 2 nodes as in the background, found 3"},
      {scan(a, nan), "nan.npy: expected finite numbers, found nan"},
      {scan(nan, a), "nan.npy: expected finite numbers, found nan"},
  });
}

TEST_CASE("Devices are refused before they fill the memory") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/zero", folder / "zero.npy");
  std::filesystem::create_symlink("/dev/zero", folder / "zero.npz");
  const std::string zero = (folder / "zero.npy").string(), archive = (folder / "zero.npz").string();
  const std::string images = write_values<float>(folder / "x.npy", {1, 1, 8, 8}, std::vector<float>(64));
  const auto attack = [](const std::string& model, const std::string& file) {
    return Words{"attack", "fgsm", "--model", model, "--images", file, "--out", "/tmp/none.npy"};
  };
  check_refusals({
      {{"scan", "--p-values", zero}, "zero.npy\": expected a file, found a device"},
      {{"scan", "--background", zero, "--evaluation", zero}, "found a device"},
      {attack("/dev/zero", images), "/dev/zero: expected a model file, found a pipe or a device"},
      {attack(archive, images), "zero.npz: expected a model file, found a pipe or a device"},
      {{"run", "deep-mining", "--config", "/dev/zero"}, "/dev/zero\": expected a file, found a device"},
  });
}

TEST_CASE("A damaged TorchScript file is refused") {
  const TemporaryFolder folder;
  const std::string images = write_values<float>(folder / "x.npy", {1, 1, 8, 8}, std::vector<float>(64));
  const auto file = save_script(folder, "m.pt", "    return x.flatten(1)\n");
  std::string bytes = read_file(file);
  const std::size_t code = bytes.find("flatten");
  REQUIRE(code != std::string::npos);
  bytes[code] = 'F';
  write_file(file, bytes);
  check_refusals({{{"attack", "fgsm", "--model", file.string(), "--images", images, "--out", "/tmp/none.npy"},
                   "expected an undamaged archive member"}});
}

TEST_CASE("Outputs that cannot be written are refused before any work") {
  const TemporaryFolder folder;
  const std::string a = write_values<float>(folder / "a.npy", {2, 2}, {1, 2, 3, 4});
  const std::string before = read_file(a);
  std::filesystem::create_directory(folder / "folder.npy");
  const auto write_to = [&](const std::filesystem::path& out) {
    return Words{"p-values", "--background", a, "--evaluation", a, "--out", out.string()};
  };
  check_refusals({
      {write_to(folder / "absent" / "p.npy"), "expected an existing folder"},
      {write_to(folder / "folder.npy"), "folder.npy\" is none"},
      {write_to(folder / "p.txt"), "ends in .npy or .csv"},
      {write_to(a), "expected another file than those that are read"},
      {write_to(folder / "." / "a.npy"), "expected another file than those that are read"},
  });
  CHECK(read_file(a) == before);
}

}  // namespace
