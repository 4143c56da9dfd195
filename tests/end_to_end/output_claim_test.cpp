// Two commands with one output: the second is told, and nothing that a killed one left is in the way.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "framework/core/file_lock.h"
#include "tests/end_to_end/program.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// Commands that write, each with its option, and one of them held in the middle of its work by a pipe that says
/// nothing.
struct Commands {
  TemporaryFolder folder;
  std::string a = write_values<float>(folder / "a.npy", {3, 2}, {1, 2, 3, 4, 5, 6.5});
  std::string images = write_values<float>(folder / "x.npy", {1, 1, 8, 8}, std::vector<float>(64, 0.5F));
  std::string model = (folder / "m.pt").string(), store = (folder / "s.sqlite").string();

  Commands() {
    script_network().save(model);
    REQUIRE(deepmine_run({"scan", "--background", a, "--evaluation", a, "--store", store}).code == 0);
  }
  Words p_values(const std::string& evaluation, const fs::path& out) const {
    return {"p-values", "--background", a, "--evaluation", evaluation, "--out", out.string()};
  }
  Words attack(const fs::path& out, const Words& more = {}) const {
    Words words{"attack", "bim-b:steps=2", "--model", model, "--images", images, "--out", out.string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

/// `p-values` that has claimed its output and waits for its evaluation file, a pipe.
class Waiting {
 public:
  Waiting(const Commands& commands, const fs::path& out) : pipe_(commands.folder / "pipe.npy"), lock_(lock_of(out)) {
    REQUIRE(::mkfifo(pipe_.c_str(), 0600) == 0);
    process_ = std::make_unique<Process>(deepmine_words(commands.p_values(pipe_.string(), out)));
    REQUIRE(process_->run_until([&] { return fs::exists(lock_) && fs::file_size(lock_) > 0; }));
  }
  ~Waiting() { fs::remove(pipe_); }

  static fs::path lock_of(const fs::path& out) {
    return out.parent_path() / (".deepmine-" + out.filename().string() + ".lock");
  }
  Process& process() { return *process_; }
  void go_on(const std::string& content) const {
    const int end = ::open(pipe_.c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(::write(end, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(end);
  }

 private:
  fs::path pipe_, lock_;
  std::unique_ptr<Process> process_;
};

TEST_CASE("The second of two commands with one output ends at once and names the first") {
  const Commands commands;
  const fs::path out = commands.folder / "p.npy";
  fs::create_directory_symlink(commands.folder.path(), commands.folder / "link");
  Waiting first(commands, out);
  const std::string told = "another process is writing \"",
                    who = "(pid " + std::to_string(first.process().id()) + " on ";
  for (const fs::path& name : {out, commands.folder / "." / "p.npy", commands.folder / "link" / "p.npy"}) {
    const Finished second = deepmine_run(commands.p_values(commands.a, name));
    check_refused(second, told + name.string());
    check_refused(second, who);
  }
  check_refused(deepmine_run(commands.attack(out)), "--out: expected a file of this command alone");
  check_refused(deepmine_run(commands.attack(commands.folder / "b.npy", {"--out-first", out.string()})),
                "--out-first: expected a file of this");
  CHECK(deepmine_run(commands.p_values(commands.a, commands.folder / "q.npy")).code == 0);
  first.go_on(read_file(commands.a));
  CHECK(first.process().wait().code == 0);
  CHECK(read_array(out).shape == std::vector<std::size_t>{3, 2});
  CHECK_FALSE(fs::exists(Waiting::lock_of(out)));
  CHECK(deepmine_run(commands.p_values(commands.a, out)).code == 0);
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
    const FileLock held(Waiting::lock_of(commands.folder / out));
    const Finished refused = deepmine_run(words(out));
    CHECK(refused.code == 2);
    CHECK(refused.err.find("another process is writing \"" + (commands.folder / out).string()) != std::string::npos);
    CHECK_FALSE(fs::exists(commands.folder / out));
  }
}

TEST_CASE("What a killed command left is not in the way") {
  const Commands commands;
  const fs::path out = commands.folder / "p.npy";
  Waiting first(commands, out);
  first.process().send(SIGKILL);
  CHECK(first.process().wait().code == -SIGKILL);
  CHECK(fs::exists(Waiting::lock_of(out)));
  CHECK(deepmine_run(commands.p_values(commands.a, out)).code == 0);
  CHECK_FALSE(fs::exists(Waiting::lock_of(out)));
  write_file(Waiting::lock_of(out), "\x1b[2J");  // whatever it says
  CHECK(deepmine_run(commands.p_values(commands.a, out)).code == 0);
  write_file(commands.folder / "victim", "mine");
  fs::create_symlink("victim", Waiting::lock_of(out));
  CHECK(deepmine_run(commands.p_values(commands.a, out)).code == 0);
  CHECK(read_file(commands.folder / "victim") == "mine");
}

}  // namespace
}  // namespace deepmine
