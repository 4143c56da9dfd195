#include "framework/run/sources.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <utility>

#include "framework/core/file.h"
#include "framework/run/provenance.h"
#include "tests/support/process.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Files = std::set<std::string>;

/// A small tree of sources, `changed` with another content.
Sources tree(const std::string& changed = {}) {
  const std::vector<std::vector<std::string>> files = {{"core/a.h"},
                                                       {"core/a.cpp", "core/a.h", "core/b.h"},
                                                       {"core/a_values.cpp", "core/error.h", "core/a.h"},
                                                       {"core/a_more.h", "core/a.h"},
                                                       {"core/a_more.cpp", "core/a_more.h"},
                                                       {"core/b.h", "boost.h", "core/error.h"},
                                                       {"core/error.h"},
                                                       {"attacks/one.cpp", "core/a.h"},
                                                       {"attacks/two.cpp", "core/error.h"},
                                                       {"views/table.sql"}};
  std::string list;
  for (const auto& file : files) {
    list += file[0] + "\t" + (file[0] == changed ? "changed" : "as it was");
    for (std::size_t i = 1; i < file.size(); ++i) list += "\t" + file[i];
    list += "\n";
  }
  return Sources(list);
}

TEST_CASE("a file depends on what it includes, and a header on the sources that define it") {
  const Files a{"core/a.h", "core/a.cpp", "core/a_values.cpp", "core/b.h", "core/error.h"};
  CHECK(tree().dependencies({"core/a.h"}) == a);
  Files one = a;
  one.insert("attacks/one.cpp");
  CHECK(tree().dependencies({"attacks/one.cpp"}) == one);
  CHECK(tree().dependencies({"attacks/two.cpp"}) == Files{"attacks/two.cpp", "core/error.h"});
}

TEST_CASE("a digest changes with what a file depends on, and with nothing else") {
  const auto changes = [](const std::string& changed, const Files& files) {
    return tree(changed).digest(files) != tree().digest(files);
  };
  const Files one{"attacks/one.cpp"}, two{"attacks/two.cpp"};
  for (const char* file : {"attacks/one.cpp", "core/a.h", "core/a.cpp", "core/a_values.cpp", "core/b.h"}) {
    CAPTURE(file);
    CHECK(changes(file, one));
    CHECK_FALSE(changes(file, two));
    CHECK(changes(file, {"attacks/one.cpp", "attacks/two.cpp"}));
  }
  CHECK((changes("core/error.h", one) && changes("core/error.h", two)));
  for (const char* file : {"core/a_more.h", "core/a_more.cpp", "views/table.sql"}) CHECK_FALSE(changes(file, one));
  CHECK(tree("views/table.sql").digest() != tree().digest());
  CHECK(tree().digest(one) != tree().digest(two));
}

TEST_CASE("sources are found wherever the tree lies, and files outside count by their names") {
  CHECK(tree().digest({"/home/me/tree/attacks/one.cpp"}) == tree().digest({"attacks/one.cpp"}));
  CHECK(tree().digest({"../../attacks/one.cpp"}) == tree().digest({"attacks/one.cpp"}));
  CHECK(tree().dependencies({"/home/me/tree/tests/three.cpp", ""}) == Files{"three.cpp", ""});
  CHECK(tree().digest({"/here/tests/three.cpp"}) == tree().digest({"/there/tests/three.cpp"}));
  CHECK(tree().digest({"/here/tests/three.cpp"}) != tree().digest({"/here/tests/four.cpp"}));
  CHECK_THROWS_AS(tree().digest({"attacks/none.cpp"}), std::logic_error);
}

const fs::path kTree = DEEPMINE_SOURCE_DIR;

/// What results are made from: an attack's images, activations, and a run of each experiment.
struct Digests {
  std::string cw, pgd, activations, deep_mining, autoencoder_scan, odin, program;

  explicit Digests(const Sources& sources) {
    const char* attacks = "framework/attack/adversarial_set.h";
    const char* arithmetic = "framework/model/arithmetic.h";
    const char* network = "framework/model/networks/resnet.cpp";
    const char* detector = "framework/detect/detectors/subset_scan_detector.cpp";
    cw = sources.digest({attacks, arithmetic, network, "attacks/cw.cpp", "datasets/cifar10.cpp"});
    pgd = sources.digest({attacks, arithmetic, network, "attacks/pgd.cpp", "datasets/cifar10.cpp"});
    activations = sources.digest({"framework/activation/inputs.h", arithmetic, network});
    deep_mining =
        sources.digest({"experiments/deep_mining_measurement.h", arithmetic, network, detector, "attacks/pgd.cpp"});
    autoencoder_scan =
        sources.digest({"experiments/autoencoder_scan_measurement.h", "experiments/autoencoder_scan_checks.h",
                        arithmetic, network, detector, "attacks/cw.cpp"});
    odin = sources.digest({"framework/evaluate/benchmark.h", "experiments/odin_checks.h", arithmetic, network,
                           "framework/detect/detectors/odin.cpp"});
    program = sources.digest();
  }
  std::vector<std::string> list() const { return {cw, pgd, activations, deep_mining, autoencoder_scan, odin, program}; }
};

/// A copy of the tree, whose sources are listed as a build does.
class CopiedTree {
 public:
  CopiedTree() {
    for (const char* part : {"framework", "attacks", "datasets", "experiments", "results/views", "cmake"}) {
      fs::create_directories((folder_ / part).parent_path());
      fs::copy(kTree / part, folder_ / part, fs::copy_options::recursive);
    }
    digests_ = Digests(listed()).list();
  }
  Sources listed() const {
    const fs::path output = folder_ / "built_from.cpp";
    const Finished finished =
        Process({"/usr/bin/env", "cmake", "-DROOT=" + folder_.path().string(), "-DOUTPUT=" + output.string(), "-P",
                 (folder_ / "cmake/provenance.cmake").string()})
            .wait();
    INFO(finished.err);
    REQUIRE(finished.code == 0);
    const std::string text = read_file(output), begin = "R\"deepmine_text(", end = ")deepmine_text\"";
    const std::size_t from = text.find(begin) + begin.size();
    return Sources(text.substr(from, text.find(end) - from));
  }
  /// What changes when a line is added to the file, which may be a new one.
  std::set<std::string> changed_by(const std::string& file) {
    const std::vector<std::string> names{"cw", "pgd", "activations", "deep-mining", "autoencoder-scan", "odin",
                                         "program"};
    std::ofstream(folder_ / file, std::ios::app) << "// a comment\n";
    const std::vector<std::string> before = std::exchange(digests_, Digests(listed()).list());
    std::set<std::string> changed;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (before[i] != digests_[i]) changed.insert(names[i]);
    }
    return changed;
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> digests_;
};

TEST_CASE("of a copied tree, a change makes anew what depends on it, and nothing else") {
  CopiedTree copied;
  for (const char* file : {"results/views/scan_summary.sql", "framework/detect/detectors/mahalanobis.cpp",
                           "framework/detect/detectors/new.cpp", "framework/learn/kernel_density.cpp",
                           "attacks/bim.cpp", "attacks/new.cpp", "datasets/svhn.cpp", "experiments/deep_mining.cpp",
                           "experiments/deep_mining_table.cpp", "experiments/deep_mining_figures.cpp",
                           "experiments/autoencoder_scan_figures.cpp", "experiments/odin_table.cpp",
                           "experiments/uniform_svdd_figures.cpp", "framework/run/merge.cpp",
                           "framework/model/training.cpp", "framework/run/experiment.h",
                           "framework/run/figure.cpp", "framework/run/table.cpp", "framework/run/html.cpp",
                           "framework/evaluate/score_plots.cpp", "framework/evaluate/node_p_value_figures.cpp",
                           "framework/evaluate/run_tables.cpp"}) {
    CAPTURE(file);
    CHECK(copied.changed_by(file) == std::set<std::string>{"program"});
  }
  using Names = std::set<std::string>;
  CHECK(copied.changed_by("framework/app/run.cpp").empty());
  CHECK(copied.changed_by("attacks/cw.cpp") == Names{"cw", "autoencoder-scan", "program"});
  CHECK(copied.changed_by("datasets/cifar_records.cpp") == Names{"cw", "pgd", "program"});
  CHECK(copied.changed_by("framework/detect/detectors/subset_scan_detector.cpp") ==
        Names{"deep-mining", "autoencoder-scan", "program"});
  CHECK(copied.changed_by("framework/scan/subset_scan.cpp") == Names{"deep-mining", "autoencoder-scan", "program"});
  CHECK(copied.changed_by("experiments/deep_mining_checks.cpp") == Names{"deep-mining", "program"});
  CHECK(copied.changed_by("experiments/autoencoder_scan_checks.cpp") == Names{"autoencoder-scan", "program"});
  CHECK(copied.changed_by("experiments/odin_checks.cpp") == Names{"odin", "program"});
  CHECK(copied.changed_by("framework/learn/detection_metrics.cpp") == Names{"odin", "program"});
  CHECK(copied.changed_by("framework/attack/attack.cpp") ==
        Names{"cw", "pgd", "deep-mining", "autoencoder-scan", "program"});
  CHECK(copied.changed_by("framework/model/arithmetic.cpp").size() == 7);
  CHECK(copied.changed_by("framework/activation/activations.cpp") ==
        Names{"activations", "deep-mining", "autoencoder-scan", "odin", "program"});
  CHECK(copied.changed_by("framework/model/conv_bn.cpp").size() == 7);
  CHECK(copied.changed_by("framework/core/npy_values.cpp").size() == 7);
}

/// The program's sources that end so, but for those of `app`.
Files program_sources(const std::string& ending) {
  Files found;
  for (const char* folder : {"framework", "attacks", "datasets", "experiments"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kTree / folder)) {
      const std::string path = entry.path().lexically_relative(kTree).generic_string();
      const bool counts = path.rfind("framework/app/", 0) != 0 && path != "framework/main.cpp";
      if (counts && entry.path().extension() == ending) found.insert(path);
    }
  }
  return found;
}

// One that is reached by no header and registers nothing would be missing from every digest.
TEST_CASE("every source of the program defines what a header declares, or registers itself") {
  const Files reached = Sources::of_program().dependencies(program_sources(".h"));
  for (const std::string& path : program_sources(".cpp")) {
    CAPTURE(path);
    CHECK((reached.count(path) > 0 || read_file(kTree / path).find("\nDEEPMINE_") != std::string::npos));
  }
  CHECK(Sources::of_program().digest() == code_version());
}

}  // namespace
}  // namespace deepmine
