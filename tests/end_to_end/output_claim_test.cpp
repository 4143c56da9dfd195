// Two commands with one output: the second is told, and nothing that a killed one left is in the way.
#include <csignal>

#include "framework/core/file_lock.h"
#include "tests/end_to_end/program.h"
#include "tests/support/script_files.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// Commands that write, and what they need.
struct Commands {
  TemporaryFolder folder;
  std::string a = write_values<float>(folder / "a.npy", {3, 2}, {1, 2, 3, 4, 5, 6.5});
  std::string images = write_values<float>(folder / "x.npy", {1, 1, 8, 8}, std::vector<float>(64, 0.5F));
  std::string model = (folder / "m.pt").string(), store = (folder / "s.sqlite").string();

  Commands() {
    save_script_network(model);
    REQUIRE(deepmine_run({"scan", "--background", a, "--evaluation", a, "--store", store}).code == 0);
  }
  Words p_values(const fs::path& out) const {
    return {"p-values", "--background", a, "--evaluation", a, "--out", out.string()};
  }
  Words attack(const fs::path& out, const std::string& spec = "fgsm", const Words& more = {}) const {
    Words words{"attack", spec, "--model", model, "--images", images, "--out", out.string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

fs::path lock_of(const fs::path& out) { return out.parent_path() / (".deepmine-" + out.filename().string() + ".lock"); }

/// A long attack that is stopped as soon as it is at work.
class Stopped {
 public:
  Stopped(const Commands& commands, const fs::path& out)
      : process_(deepmine_words(commands.attack(out, "bim:steps=10000"))) {
    const auto at_work = [&] { return FileLock::holder(lock_of(out)).find("at work") != std::string::npos; };
    REQUIRE(process_.run_until(at_work));
    process_.send(SIGSTOP);
  }
  std::string id() const { return std::to_string(process_.id()); }
  Finished killed() { return ended(SIGKILL); }
  Finished gone_on() { return ended(SIGCONT); }

 private:
  Finished ended(int signal) {
    process_.send(signal);
    return process_.wait();
  }

  Process process_;
};

TEST_CASE("The second of two commands with one output ends at once and names the first") {
  const Commands commands;
  const fs::path out = commands.folder / "adv.npy";
  fs::create_directory_symlink(commands.folder.path(), commands.folder / "link");
  Stopped first(commands, out);
  const std::string told = "another process is writing \"", who = "(pid " + first.id() + " on ";
  for (const fs::path& name : {out, commands.folder / "." / "adv.npy", commands.folder / "link" / "adv.npy"}) {
    const Finished second = deepmine_run(commands.attack(name));
    check_refused(second, told + name.string());
    check_refused(second, who);
  }
  check_refused(deepmine_run(commands.p_values(out)), "--out: expected a file of this command alone");
  check_refused(
      deepmine_run(commands.attack(commands.folder / "b.npy", "bim-b:steps=2", {"--out-first", out.string()})),
      "--out-first: expected a file of this");
  CHECK(deepmine_run(commands.p_values(commands.folder / "q.npy")).code == 0);
  CHECK(first.gone_on().code == 0);
  CHECK(read_array(out).shape == std::vector<std::size_t>{1, 1, 8, 8});
  CHECK_FALSE(fs::exists(lock_of(out)));
  CHECK(deepmine_run(commands.attack(out)).code == 0);
}

TEST_CASE("Commands that are refused are not told of each other") {
  const Commands commands;
  std::vector<Refusal> refusals;
  for (int i = 0; i < 6; ++i) {
    refusals.push_back({commands.attack(commands.folder / "b.npy", "bim:steps=-1"), "steps"});
  }
  check_refusals(refusals);
}

TEST_CASE("Every command that writes a file is told of another process that does") {
  const Commands commands;
  const auto words = [&](const std::string& out) -> Words {
    const std::string file = (commands.folder / out).string();
    if (out == "n.npz") return {"train", "resnet20", "--dataset", "mnist", "--out", file};
    if (out == "r.html") return {"report", "--store", commands.store, "--out", file};
    if (out == "run.csv") return {"export", "--store", commands.store, "--csv", commands.folder.path().string()};
    if (out == "p.plan") return {"plan", "deep-mining", "--out", file};
    if (out == "act.npy")
      return {"activations", "--model", commands.model, "--images", commands.images,
              "--layer",     "output",  "--out",        file};
    return commands.attack(file);
  };
  for (const char* out : {"n.npz", "r.html", "run.csv", "p.plan", "act.npy", "adv.npy"}) {
    CAPTURE(out);
    const FileLock held(lock_of(commands.folder / out));
    held.say(", at work");
    const Finished refused = deepmine_run(words(out));
    CHECK(refused.code == 2);
    CHECK(refused.err.find("another process is writing \"" + (commands.folder / out).string()) != std::string::npos);
    CHECK_FALSE(fs::exists(commands.folder / out));
  }
}

TEST_CASE("What a killed command left is not in the way") {
  const Commands commands;
  const fs::path out = commands.folder / "b.npy", lock = lock_of(out);
  CHECK(Stopped(commands, out).killed().code == -SIGKILL);
  CHECK(fs::exists(lock));
  CHECK(deepmine_run(commands.attack(out)).code == 0);
  CHECK_FALSE(fs::exists(lock));
  write_file(lock, "\x1b[2J");  // whatever it says
  CHECK(deepmine_run(commands.attack(out)).code == 0);
  write_file(commands.folder / "victim", "mine");
  fs::create_symlink("victim", lock);
  CHECK(deepmine_run(commands.attack(out)).code == 0);
  CHECK(read_file(commands.folder / "victim") == "mine");
}

}  // namespace
}  // namespace deepmine
