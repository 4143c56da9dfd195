#include "framework/app/engine.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string_view>

#include "framework/core/error.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// A word that the shell takes as it is.
std::string quoted_word(const std::string& word) {
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// The places of the templates below, `@name@`, filled in. What is filled in is not looked at again: a folder may be
/// called like a place.
std::string filled(std::string_view text, const std::map<std::string, std::string, std::less<>>& values) {
  std::string result;
  while (!text.empty()) {
    const std::size_t begin = text.find('@'), end = begin == std::string_view::npos ? begin : text.find('@', begin + 1);
    const auto value =
        end == std::string_view::npos ? values.end() : values.find(text.substr(begin + 1, end - begin - 1));
    // Without a value the first @ is one of the script's own, ${data[@]}.
    const std::size_t kept = value != values.end() ? begin : begin == std::string_view::npos ? text.size() : begin + 1;
    result += text.substr(0, kept);
    if (value != values.end()) result += value->second;
    text.remove_prefix(value != values.end() ? end + 1 : kept);
  }
  return result;
}

constexpr const char* kSlurm = R"sh(#!/usr/bin/env bash
# Measures a plan as a job array, then merges. Submit from any login node: bash THIS_FILE
# Every submission does what is left to do; nothing finished is measured again.
set -euo pipefail
deepmine=@deepmine@
plan=@plan@
log=${plan//%/%%}  # for sbatch, to which % begins something else
folder=@folder@
data=(@data@)
options=(@options@)
memory=(--mem=@megabytes@M)
[[ " ${options[*]-}" != *" --mem"* ]] || memory=()  # yours
printf -v words '%q ' "$deepmine" work "$plan" ${data[@]+"${data[@]}"}
printf -v merging '%q ' "$deepmine" merge --plan "$plan"

# 120 s before the time limit the worker is asked to stop: it keeps what is finished, and the task is queued again.
array=$(sbatch --parsable --job-name=deepmine --array=0-@last@ --cpus-per-task=@threads@ \
  ${memory[@]+"${memory[@]}"} --requeue --open-mode=append --signal=B:USR1@120 --chdir="$folder" \
  --output="$log.%a.log" ${options[@]+"${options[@]}"} <<JOB
#!/usr/bin/env bash
echo "task \$SLURM_ARRAY_TASK_ID on \$(hostname), start \$((\${SLURM_RESTART_COUNT:-0} + 1))"
stop() { stopped=\$1; kill -s "\$1" "\$worker" 2>/dev/null; }
trap 'stop USR1' USR1
trap 'stop TERM' TERM
$words --index "\$SLURM_ARRAY_TASK_ID" --of @workers@ \
  --scratch "\${SLURM_TMPDIR:-\${TMPDIR:-/tmp}}" &
worker=\$!
code=0
wait "\$worker" || code=\$?
while kill -0 "\$worker" 2>/dev/null; do code=0; wait "\$worker" || code=\$?; done  # a signal ended the wait only
# What a signal ended is queued again: before the time limit often, of a machine in need a few times.
times=3
[[ \${stopped:-} == USR1 ]] && times=100
if [[ \${stopped:-} != TERM && \$code -ge 128 && \${SLURM_RESTART_COUNT:-0} -lt \$times ]]; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
fi
exit "\$code"
JOB
)

merge=$(sbatch --parsable --job-name=deepmine-merge --dependency="afterany:${array%%;*}" --chdir="$folder" \
  --output="$log.merge.log" ${options[@]+"${options[@]}"} <<JOB
#!/usr/bin/env bash
exec $merging
JOB
)
echo "array $array, merge $merge; the tables will be in $plan.merge.log"
)sh";

constexpr const char* kParallel = R"sh(#!/usr/bin/env bash
# Measures a plan with GNU parallel, then merges. Run it again after a stop: nothing finished is measured again.
# Other hosts need the same program, folders and data: --engine-options "--sshlogin host1,host2 --jobs 8".
set -euo pipefail
deepmine=@deepmine@
plan=@plan@
data=(@data@)
cd @folder@
# As many workers at once as this machine's cores and free memory allow; --jobs among the options says otherwise.
jobs=$(($(nproc) / @threads@))
fit=$(awk '/MemAvailable/ {print int($2 * 1.024 / 1000 / @megabytes@)}' /proc/meminfo)
((jobs <= ${fit:-$jobs})) || jobs=$fit
((jobs >= 1)) || jobs=1
seq 0 @last@ | parallel --quote --jobs "$jobs" --workdir . --line-buffer --tag --termseq TERM,5000,KILL,25 \
  --joblog "$plan.joblog" --retries 3 @options@ \
  "$deepmine" work "$plan" --index {} --of @workers@ ${data[@]+"${data[@]}"} ||
  echo "a worker failed, see $plan.joblog" >&2
"$deepmine" merge --plan "$plan"
)sh";

}  // namespace

void check_engine(const std::string& engine) {
  ensure(engine == "slurm" || engine == "parallel", "--engine: expected slurm or parallel, found \"{}\"", engine);
}

std::string engine_script(const std::string& engine, const EngineOrder& order) {
  check_engine(engine);
  constexpr double kRoom = 1.25;  // the estimate is one
  const auto megabytes = static_cast<std::uint64_t>(kRoom * static_cast<double>(order.memory) / 1e6) + 1;
  return filled(engine == "slurm" ? kSlurm : kParallel,
                {{"deepmine", quoted_word(fs::read_symlink("/proc/self/exe").string())},
                 {"plan", quoted_word(order.plan.string())},
                 {"folder", quoted_word(fs::current_path().string())},
                 {"options", order.options},
                 {"last", std::to_string(order.workers - 1)},
                 {"workers", std::to_string(order.workers)},
                 {"threads", std::to_string(order.threads)},
                 {"megabytes", std::to_string(megabytes)},
                 {"data", !order.data.empty() ? "--data " + quoted_word(order.data.string()) : ""}});
}

}  // namespace deepmine
