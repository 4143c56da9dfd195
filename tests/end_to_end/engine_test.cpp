// The scripts that plan prints for batch systems, run with stand-ins for these that write down what they are given.
#include "tests/end_to_end/grid.h"

namespace deepmine {
namespace {

/// A folder of programs that go before all others, each a script.
class StandIns {
 public:
  std::string add(const std::string& name, const std::string& script) {
    const fs::path file = folder_ / name;
    write_file(file, "#!/bin/bash\n" + script);
    fs::permissions(file, fs::perms::owner_all);
    return file.string();
  }
  Finished bash(const fs::path& script, Words environment = {}) const {
    environment.insert(environment.begin(), {"/usr/bin/env", "PATH=" + folder_.path().string() + ":/usr/bin:/bin"});
    return Process(with(environment, {"/bin/bash", script.string()})).wait();
  }
  std::string read(const std::string& name) const {
    return fs::exists(folder_ / name) ? read_file(folder_ / name) : "";
  }
  fs::path path(const std::string& name) const { return folder_ / name; }

 private:
  TemporaryFolder folder_;
};

/// Slurm, as far as a script sees it: what is submitted is kept as job-1, job-2, ..., with the words as words-1, ...
void add_slurm(StandIns& programs) {
  const std::string here = programs.path("").string();
  programs.add("sbatch", "n=$(($(cat '" + here + "count' 2>/dev/null || echo 0) + 1)); echo $n >'" + here + "count'\n"
               "printf '%s\\n' \"$@\" >'" + here + "'words-$n; cat >'" + here + "'job-$n; echo \"$n;cluster\"\n");
  programs.add("scontrol", "echo \"$@\" >>'" + here + "scontrol.log'\n");
}

const Words kTask{"SLURM_ARRAY_JOB_ID=7", "SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_TASK_COUNT=1", "SLURM_ARRAY_TASK_MIN=0",
                  "SLURM_ARRAY_TASK_MAX=0"};

TEST_CASE(
    "the Slurm script submits an array that is warned and requeued, and a merge after it, whatever its paths hold") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  StandIns programs;
  add_slurm(programs);
  const fs::path data = programs.path("data of $HOME `date` \\ it's");
  fs::create_directory(data);
  const Grid grid(
      {"--engine", "slurm", "--of", "1", "--data", data.string(), "--engine-options", "--partition=long --time=60"},
      "a folder's $HOME `x` \\");
  write_file(programs.path("submit.sh"), grid.planned().out);
  const Finished submitted = programs.bash(programs.path("submit.sh"));
  INFO(submitted.err);
  CHECK(submitted.code == 0);
  CHECK(submitted.out.rfind("array 1;cluster, merge 2;cluster; ", 0) == 0);
  const std::string array = programs.read("words-1"), merge = programs.read("words-2");
  for (const char* word : {"--array=0-0\n", "--requeue\n", "--signal=B:USR1@120\n", "--cpus-per-task=1\n",
                           "--partition=long\n", "--time=60\n"}) {
    CHECK(array.find(word) != std::string::npos);
  }
  CHECK(array.find("--mem=") != std::string::npos);
  const Grid own({"--engine", "slurm", "--of", "1", "--engine-options", "--mem-per-cpu=4G"});
  write_file(programs.path("own.sh"), own.planned().out);
  CHECK(programs.bash(programs.path("own.sh")).code == 0);
  CHECK(programs.read("words-3").find("--mem=") == std::string::npos);  // Slurm takes only one of the two
  CHECK(merge.find("--dependency=afterany:1\n") != std::string::npos);
  CHECK(merge.find("--partition=long\n") != std::string::npos);
  // What was submitted does the work.
  const Finished task = programs.bash(programs.path("job-1"), with(kTask, {"TMPDIR=" + programs.path("").string()}));
  INFO(task.err);
  CHECK(task.code == 0);
  CHECK(task.out.rfind("task 0 on ", 0) == 0);
  const Finished merged = programs.bash(programs.path("job-2"));
  INFO(merged.err);
  CHECK(merged.out == table_of_one());
  CHECK(programs.read("scontrol.log").empty());
}

TEST_CASE(
    "a Slurm task asks to be queued again when a signal ended its worker, but not for ever and not when it is "
    "cancelled") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  StandIns programs;
  add_slurm(programs);
  const Grid grid({"--engine", "slurm", "--of", "1"});
  write_file(programs.path("submit.sh"), grid.planned().out);
  programs.bash(programs.path("submit.sh"));
  std::string job = programs.read("job-1");
  const std::string stand_in = programs.add("worker", "eval \"$WORKER\"");
  const std::size_t at = job.find(DEEPMINE_BINARY);
  REQUIRE(at != std::string::npos);
  write_file(programs.path("job"), job.replace(at, std::string(DEEPMINE_BINARY).size(), stand_in));
  struct Case {
    std::string worker;
    int starts, code;
    bool requeued;
  };
  // A worker that tells the task's script what the batch system would, and waits to hear it from there.
  const auto told = [](const std::string& signal) {
    return "trap 'exit 130' " + signal + "; kill -" + signal + " $PPID; while :; do :; done";
  };
  for (const Case& one :
       {Case{"exit 0", 0, 0, false}, Case{"exit 2", 0, 2, false}, Case{"kill -KILL $$", 0, 137, true},
        Case{"kill -KILL $$", 2, 137, true}, Case{"kill -KILL $$", 3, 137, false}, Case{told("USR1"), 0, 130, true},
        Case{told("USR1"), 99, 130, true}, Case{told("USR1"), 100, 130, false}, Case{told("TERM"), 0, 130, false}}) {
    INFO(one.worker << ", restart " << one.starts);
    fs::remove(programs.path("scontrol.log"));
    const Finished task =
        programs.bash(programs.path("job"),
                      with(kTask, {"WORKER=" + one.worker, "SLURM_RESTART_COUNT=" + std::to_string(one.starts)}));
    CHECK(task.code == one.code);
    CHECK(programs.read("scontrol.log") == (one.requeued ? "requeue 7_0\n" : ""));
  }
}

TEST_CASE("GNU parallel is given as many jobs as cores and memory allow, and at least one") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  StandIns programs;
  const std::string here = programs.path("").string();
  programs.add("parallel", "printf '%s\\n' \"$@\" >'" + here + "words'; cat >'" + here + "numbers'\n");
  programs.add("nproc", "echo $CORES\n");
  programs.add("awk", "echo $FIT\n");
  const Grid grid({"--engine", "parallel", "--of", "3"});
  write_file(programs.path("all.sh"), grid.planned().out);
  const auto jobs = [&](const char* cores, const char* fit) {
    programs.bash(programs.path("all.sh"), {std::string("CORES=") + cores, std::string("FIT=") + fit});
    CHECK(programs.read("numbers") == "0\n1\n2\n");
    const std::string words = programs.read("words");
    const std::size_t begin = words.find("--jobs\n") + 7;
    return words.substr(begin, words.find('\n', begin) - begin);
  };
  CHECK(jobs("8", "20") == "8");
  CHECK(jobs("8", "5") == "5");
  CHECK(jobs("8", "0") == "1");
  CHECK(jobs("8", "") == "8");
}

}  // namespace
}  // namespace deepmine
