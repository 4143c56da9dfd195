// The rules of the house that a compiler does not check: which layer includes which, who knows
// torch and the command line, and who catches.

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "framework/core/file.h"
#include "tests/architecture/tree.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

/// For each layer all layers it may include, besides itself.
const std::map<std::string, Names>& allowed_layers() {
  static const std::map<std::string, Names> layers = [] {
    std::map<std::string, Names> result;
    result["core"] = {};
    result["scan"] = result["learn"] = result["data"] = result["run"] = {"core"};
    result["model"] = {"core", "data"};
    result["activation"] = result["attack"] = {"core", "data", "model"};
    result["detect"] = {"core", "scan", "learn", "data", "model", "activation"};
    result["evaluate"] = {"core", "scan", "learn", "data", "run", "model", "activation", "attack", "detect"};
    result["datasets"] = {"core", "data"};
    result["attacks"] = {"core", "data", "model", "attack"};
    Names everything;
    for (const auto& [name, _] : result) everything.insert(name);
    result["experiments"] = everything;
    everything.insert("experiments");
    result["app"] = everything;
    everything.insert("app");
    result["main.cpp"] = everything;
    return result;
  }();
  return layers;
}

const Names kTorchFree{"core", "scan", "learn", "run"};
const Names kTorchFolders{"torch", "ATen", "c10", "caffe2"};

/// Outside `app` an exception may be caught for two reasons only: to turn one of a library into an
/// `Error`, and to put something in order before it goes on.
const std::map<std::string, std::string> kCatches{
    {"framework/core/parallel_blocks.cpp", "carries an exception from a thread to its caller"},
    {"framework/model/gradient.cpp", "autograd's exceptions about a user's model become Error"},
    {"framework/model/script_body.cpp", "TorchScript's exceptions become Error"},
    {"framework/model/script_file.cpp", "TorchScript's exceptions become Error"},
    {"framework/model/script_layers.cpp", "a program that cannot be frozen keeps its output, and says why"},
    {"framework/model/script_purity.cpp", "a program that cannot be analysed passes one batch at a time"},
    {"framework/run/database.cpp", "closes the database, or opens it read-only instead"},
    {"framework/run/run.cpp", "stores how a run ended before it goes on"},
    {"framework/run/run_key.cpp", "those of nlohmann::json become Error"},
};

/// "scan" of "framework/scan/roc.h", "attacks" of "attacks/bim.cpp".
std::string layer_of(const std::string& path) {
  std::string rest = path;
  if (rest.rfind("framework/", 0) == 0) rest = rest.substr(std::string("framework/").size());
  return rest.substr(0, rest.find('/'));
}

/// What is wrong with an `#include` of `target` in a file of `layer`; empty for nothing.
std::string wrong_include(const std::string& layer, const std::string& target, bool quoted) {
  if (kTorchFree.count(layer) > 0 && kTorchFolders.count(target.substr(0, target.find('/'))) > 0) {
    return layer + " may not know torch, found " + target;
  }
  if (target.rfind("boost/program_options", 0) == 0 && layer != "app") {
    return "only app may know Boost.Program_options, found it in " + layer;
  }
  if (!quoted) return {};
  const std::string used = layer_of(target);
  if (allowed_layers().count(used) == 0 || used == target) {
    return "expected a path from the top of the tree, found " + target;
  }
  const bool allowed = used == layer || allowed_layers().at(layer).count(used) > 0;
  return allowed ? "" : layer + " may not include " + used + ", found " + target;
}

std::string without_blanks(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; }),
             text.end());
  return text;
}

/// What a line includes, with its opening quote or bracket: `"framework/scan/roc.h`.
std::optional<std::string> included(const std::string& line) {
  const std::string code = without_blanks(line);
  const std::string start = "#include";
  if (code.rfind(start, 0) != 0 || code.size() == start.size()) return std::nullopt;
  return code.substr(start.size(), code.find_first_of("\">", start.size() + 1) - start.size());
}

/// Whether the line, less its comment, has a handler of exceptions.
bool catches(const std::string& line) {
  const std::string code = without_blanks(line.substr(0, line.find("//")));
  return code.rfind("catch(", 0) == 0 || code.find("}catch(") != std::string::npos;
}

/// Whether the line, less its comment, prints to stdout past `results()`: what it prints would not be among the
/// results.
bool prints_past_results(const std::string& line) {
  const std::string code = without_blanks(line.substr(0, line.find("//")));
  const auto has = [&](const char* part) { return code.find(part) != std::string::npos; };
  const std::size_t print = code.find("fmt::print(");
  const bool elsewhere = print != std::string::npos && code.compare(print + 11, 6, "stderr") != 0 &&
                         code.compare(print + 11, 9, "results()") != 0;
  return elsewhere || has("std::cout") || has("(stdout") || has(",stdout)");
}

/// Where one source file of the program breaks a rule: "file:line: what".
Lines violations(const std::string& path, const std::string& text) {
  const std::string layer = layer_of(path);
  if (allowed_layers().count(layer) == 0) return {path + ":1: unknown layer " + layer};
  const bool may_catch = layer == "app" || layer == "main.cpp" || kCatches.count(path) > 0;
  Lines found;
  std::istringstream lines(text);
  std::string line;
  std::size_t number = 0;
  while (std::getline(lines, line)) {
    const std::string place = path + ":" + std::to_string(++number) + ": ";
    if (const auto target = included(line)) {
      const std::string wrong = wrong_include(layer, target->substr(1), target->front() == '"');
      if (!wrong.empty()) found.push_back(place + wrong);
    }
    if (path != "framework/app/standard_streams.cpp" && prints_past_results(line)) {
      found.push_back(place + "results are printed to results(), so that nobody else's lines stand among them");
    }
    if (!may_catch && catches(line)) {
      found.push_back(place + "only app may catch; others state their reason in this test");
    }
  }
  return found;
}

Lines program_sources() { return sources({"framework", "attacks", "datasets", "experiments"}); }

TEST_CASE("Every source keeps to its layer, and only app catches") {
  const Lines files = program_sources();
  REQUIRE(files.size() > 40);
  Lines found;
  for (const std::string& file : files) {
    const Lines here = violations(file, read_file(root() / file));
    found.insert(found.end(), here.begin(), here.end());
  }
  REQUIRE(found == Lines{});
}

TEST_CASE("Every file that may catch does, so that the list stays short") {
  for (const auto& [file, reason] : kCatches) {
    CAPTURE(file, reason);
    REQUIRE(fs::exists(root() / file));
    REQUIRE(read_file(root() / file).find("catch (") != std::string::npos);
  }
}

TEST_CASE("An include against the arrows is found with its file and line") {
  REQUIRE(violations("framework/scan/a.cpp", "\n#include \"framework/run/run.h\"\n") ==
          Lines{"framework/scan/a.cpp:2: scan may not include run, found framework/run/run.h"});
  const auto count = [](const std::string& file, const std::string& target) {
    return violations(file, "  # include \"" + target + "\"  // why").size();
  };
  REQUIRE(count("framework/core/a.h", "framework/core/b.h") == 0);
  REQUIRE(count("framework/core/a.h", "framework/scan/b.h") == 1);
  REQUIRE(count("framework/run/a.h", "framework/scan/b.h") == 1);
  REQUIRE(count("framework/learn/a.h", "framework/core/b.h") == 0);
  REQUIRE(count("framework/learn/a.h", "framework/scan/b.h") == 1);
  REQUIRE(count("framework/scan/a.h", "framework/learn/b.h") == 1);
  REQUIRE(count("framework/detect/a.h", "framework/learn/b.h") == 0);
  REQUIRE(count("framework/model/networks/a.cpp", "framework/data/b.h") == 0);
  REQUIRE(count("framework/model/networks/a.cpp", "framework/attack/b.h") == 1);
  REQUIRE(count("framework/attack/a.h", "framework/activation/b.h") == 1);
  REQUIRE(count("framework/detect/a.h", "framework/attack/b.h") == 1);
  REQUIRE(count("framework/detect/a.h", "attacks/bim.h") == 1);
  REQUIRE(count("framework/app/a.cpp", "attacks/bim.h") == 0);
  REQUIRE(count("attacks/a.cpp", "framework/attack/b.h") == 0);
  REQUIRE(count("attacks/a.cpp", "framework/scan/b.h") == 1);
  REQUIRE(count("attacks/a.cpp", "datasets/b.h") == 1);
  REQUIRE(count("datasets/a.cpp", "framework/model/b.h") == 1);
  REQUIRE(count("experiments/a.cpp", "framework/run/b.h") == 0);
  REQUIRE(count("experiments/a.cpp", "framework/app/b.h") == 1);
  REQUIRE(count("framework/main.cpp", "framework/app/b.h") == 0);
  REQUIRE(count("framework/scan/a.cpp", "roc.h") == 1);
  REQUIRE(count("framework/scan/a.cpp", "../core/spec.h") == 1);
  REQUIRE(count("framework/scan/a.cpp", "tests/support/b.h") == 1);
  REQUIRE(count("framework/utils/a.cpp", "framework/core/b.h") == 1);
}

TEST_CASE("A line that prints past the results is found") {
  const auto count = [](const std::string& file, const std::string& line) { return violations(file, line).size(); };
  REQUIRE(count("framework/app/a.cpp", "  fmt::print(\"{}\", 1);") == 1);
  REQUIRE(count("framework/app/a.cpp", "  std::fflush(stdout);") == 1);
  REQUIRE(count("experiments/a.cpp", "  std::cout << 1;") == 1);
  REQUIRE(count("framework/app/a.cpp", "  fmt::print(results(), \"{}\", 1);") == 0);
  REQUIRE(count("framework/app/a.cpp", "  fmt::print(stderr, \"x\");  // not std::cout") == 0);
  REQUIRE(count("framework/app/standard_streams.cpp", "  std::fflush(stdout);") == 0);
}

TEST_CASE("Torch, Boost.Program_options and a catch in the wrong layer are found") {
  const auto count = [](const std::string& file, const std::string& line) {
    return violations(file, line).size();
  };
  for (const char* layer : {"core", "scan", "learn", "run"}) {
    const std::string file = std::string("framework/") + layer + "/a.h";
    REQUIRE(count(file, "#include <torch/types.h>") == 1);
    REQUIRE(count(file, "#include <ATen/ATen.h>") == 1);
    REQUIRE(count(file, "#include \"torch/torch.h\"") == 1);
  }
  REQUIRE(count("framework/data/a.h", "#include <torch/types.h>") == 0);
  REQUIRE(count("framework/app/a.h", "#include <boost/program_options.hpp>") == 0);
  REQUIRE(count("framework/run/a.h", "#include <boost/program_options/option.hpp>") == 1);
  REQUIRE(count("framework/scan/a.cpp", "  } catch (const Error&) {") == 1);
  REQUIRE(count("framework/scan/a.cpp", "  }catch(...) {") == 1);
  REQUIRE(count("framework/scan/a.cpp", "catch (int)") == 1);
  REQUIRE(count("framework/scan/a.cpp", "  // who may catch (nobody)") == 0);
  REQUIRE(count("framework/core/parallel_blocks.cpp", "  } catch (...) {") == 0);
  REQUIRE(count("framework/app/a.cpp", "  } catch (const Error&) {") == 0);
}

}  // namespace
}  // namespace deepmine
