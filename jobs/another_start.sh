# What a start ended with, and whether the job is queued again for another one; sourced by lib.sh. The functions use what
# run_job settles: run, kind, places, report_before, fence_before.
# shellcheck shell=bash disable=SC2154

# Of srun and mpirun when a task was ended by KILL, SEGV, TERM, XFSZ, or by USR1 or USR2 before it could catch them.
readonly KILLED_CODES=" 137 139 143 153 138 140 "
readonly MOST_STARTS="${HPCTRAIN_MOST_STARTS:-100}"
readonly MOST_STARTS_WITHOUT_PROGRESS=3
readonly MOST_SUSPECTS=8

report_of_run() { cat "$run/exit.json" 2>/dev/null || true; }

# The same where this start wrote it, else nothing.
report_of_start() {
  local report
  report=$(report_of_run)
  if [ "$report" != "$report_before" ]; then printf '%s' "$report"; fi
}

# The greatest number behind a prefix among the names in the run's checkpoint folder; 0 where there is none.
newest_number() {
  local newest
  newest=$(find "$run/ckpt" -maxdepth 1 -name "$1*" 2>/dev/null | sort -V | tail -n 1)
  newest=${newest##*"$1"}
  printf '%d' "$((10#${newest:-0}))"
}

newest_step() { newest_number step-; }

# Of the newest start that took over the run; each start takes one.
newest_fence() { newest_number FENCE-; }

# What starts have really gained so far, in one word: equal words mean that a start brought nothing.
#   a run: the step of its newest checkpoint; a sweep: trials that ended, and the steps of all trials' checkpoints
progress() {
  local ended steps
  if [ "$kind" = run ]; then
    newest_step
    return
  fi
  ended=$(cat "$run"/ledger/*.ledger 2>/dev/null | grep -o '"state":"[a-z]*"' | grep -vc paused || true)
  steps=$(find "$run/trials" -maxdepth 3 -path '*/ckpt/step-*' 2>/dev/null | awk -F/ '
    { step = substr($NF, 6) + 0; if (step > newest[$(NF - 2)]) newest[$(NF - 2)] = step }
    END { for (trial in newest) sum += newest[trial]; printf "%d", sum }')
  printf '%d/%d' "$ended" "$steps"
}

describe_progress() {
  if [ "$kind" = run ]; then
    printf 'step %s (newest checkpoint)' "$1"
  else
    printf '%s ended trials, %s saved steps' "${1%/*}" "${1#*/}"
  fi
}

# What this start ended with: exit.json where the start wrote one, else what srun said. Where another job's start took
# the run over, exit.json is that one's.
code_of_start() {
  local status=$1 code
  if [ "$status" -eq "$EXIT_FENCED" ] || [ "$(newest_fence)" -gt "$((fence_before + 1))" ]; then
    printf '%d' "$EXIT_FENCED"
    return
  fi
  code=$(report_of_start | sed -n 's/^ *"code": \([0-9]*\),*$/\1/p')
  if [ -n "$code" ]; then
    printf '%d' "$code"
  elif [[ "$KILLED_CODES" == *" $status "* ]]; then
    say "the ranks ended with $status and left no exit.json: killed, or a node was lost" >&2
    printf '%d' "$EXIT_STOPPED"
  else
    printf '%d' "$status"
  fi
}

# The node that exit.json of this start blames, where it is one of the job's: one that stood still, or whose GPU failed
# in the middle of the work. Reports of other ends name only who noticed: memory is lacking on any node alike, and a
# sweep that had failing trials speaks through rank zero.
blamed_node() {
  local report host cause phase code
  report=$(report_of_start)
  host=$(sed -n 's/^ *"host": "\([A-Za-z0-9._-]*\)",*$/\1/p' <<<"$report")
  cause=$(sed -n 's/^ *"cause": "\(.*\)",*$/\1/p' <<<"$report")
  phase=$(sed -n 's/^ *"phase": "\(.*\)",*$/\1/p' <<<"$report")
  code=$(sed -n 's/^ *"code": \([0-9]*\),*$/\1/p' <<<"$report")
  case "$cause" in *"out of memory"* | "a trial failed") return 0 ;; esac
  [ "$cause" = hang ] || { [ "$code" = "$EXIT_DEVICE" ] && [ "$phase" != start ]; } || return 0
  # Only a name that Slurm knows too; where nobody can be asked, sbatch will refuse another.
  if ! command -v scontrol >/dev/null || scontrol show hostnames "${SLURM_JOB_NODELIST:-}" | grep -qxF "$host"; then
    printf '%s' "$host"
  fi
}

# Nodes that starts of this run blamed, the newest few: a list that only grows would at last leave no node.
suspects() {
  tail -n "$MOST_SUSPECTS" "$run.suspects" 2>/dev/null | sort -u | paste -sd, -
}

# Whether the partition has nodes enough without them: a job that excludes too many would wait for ever.
can_do_without() {
  local left
  command -v sinfo >/dev/null || return 0
  left=$(sinfo -h -r -N -p "${SLURM_JOB_PARTITION:-}" -o %N 2>/dev/null | sort -u | grep -cvxFf <(tr , '\n' <<<"$1") || true)
  [ "$left" -ge "${SLURM_JOB_NUM_NODES:-1}" ]
}

# Sets `excluded`: suspects that the next start is to go without; empty where there are none, or where it cannot.
settle_suspects() {
  local blamed=$1
  excluded=""
  if [ -n "$blamed" ]; then
    say "$blamed is suspected: the next start is to go without it"
    printf '%s\n' "$blamed" >>"$run.suspects"
  fi
  excluded=$(suspects)
  [ -n "$excluded" ] || return 0
  can_do_without "$excluded" && return 0
  say "not excluded: $excluded; without them ${SLURM_JOB_NUM_NODES:-1} nodes are not left in partition ${SLURM_JOB_PARTITION:-?}"
  excluded=""
}

# Slurm lets only a waiting job change its list, and ends this shell soon after the job was queued again.
exclude_suspects() {
  local present
  [ -n "$excluded" ] || return 0
  present=$(sed -n 's/.*ExcNodeList=\([^ ]*\).*/\1/p' <<<"$1")
  [ "$present" = "(null)" ] && present=""
  if scontrol update "JobId=$(name_of_job)" "ExcNodeList=$excluded${present:+,$present}"; then
    say "excluded from the next start: $excluded${present:+,$present}"
  else
    say "Slurm did not take the list of nodes to exclude: $excluded"
  fi
}

# Beside the run directory, which hpctrain wants empty at the first start: the progress that each start found.
record_start() { printf '%s\n' "$(progress)" >>"$run.starts"; }

# Says no, with the reason, when another start would change nothing. $1: progress() now
is_worth_another_start() {
  local starts same reached=$1
  if [[ "$(report_of_start)" == *'"cause": "stop file"'* ]]; then
    say "not queued again: somebody asked this run to stop (touch $run/STOP); submit again to go on"
    return 1
  fi
  starts=$(wc -l <"$run.starts")
  same=$(tail -n "$((MOST_STARTS_WITHOUT_PROGRESS + 1))" "$run.starts" | grep -cxF "$reached" || true)
  if [ "$same" -gt "$MOST_STARTS_WITHOUT_PROGRESS" ]; then
    say "not queued again: $MOST_STARTS_WITHOUT_PROGRESS restarts got no further than $(describe_progress "$reached"); see the messages above"
    return 1
  fi
  if [ "$starts" -ge "$MOST_STARTS" ]; then
    say "not queued again: $starts starts are the most allowed; raise HPCTRAIN_MOST_STARTS and submit again, the arguments as before and --out $run"
    return 1
  fi
}

requeue() {
  local shown
  shown=$(scontrol show job "$(name_of_job)")
  if [[ "$shown" != *"JobState=RUNNING"* ]]; then
    say "not queued again from here: Slurm has ended this job, or queued it again itself"
  elif [[ "$shown" == *"Requeue=0"* ]]; then
    say "not queued again: --no-requeue; sbatch with the same arguments and --out $run continues"
  elif
    trap '' TERM
    scontrol requeue "$(name_of_job)"
  then
    say "queued again"
    exclude_suspects "$shown"
  else
    say "scontrol refused to queue the job again; sbatch with the same arguments and --out $run continues"
  fi
}

# Inside a container there may be no scontrol. sbatch copies this very script, so it can be submitted as it stands.
submit_successor() {
  local log options=()
  if ! command -v sbatch >/dev/null; then
    say "not queued again: neither scontrol nor sbatch is here; sbatch with the same arguments and --out $run continues"
    return
  fi
  log=$(readlink "/proc/$$/fd/1")
  [ -f "$log" ] && options+=("--output=$log" --open-mode=append)
  [ -n "${SLURM_JOB_PARTITION:-}" ] && options+=("--partition=$SLURM_JOB_PARTITION")
  [ -n "${SLURM_JOB_ACCOUNT:-}" ] && options+=("--account=$SLURM_JOB_ACCOUNT")
  [ -n "${SLURM_NTASKS_PER_NODE:-}" ] && options+=("--ntasks-per-node=$SLURM_NTASKS_PER_NODE")
  [ -n "${SLURM_CPUS_PER_TASK:-}" ] && options+=("--cpus-per-task=$SLURM_CPUS_PER_TASK")
  [ -n "${SLURM_GPUS_PER_NODE:-}" ] && options+=("--gpus-per-node=$SLURM_GPUS_PER_NODE")
  local wish=()
  [ -n "$excluded" ] && wish=("--exclude=$excluded")
  if sbatch "--dependency=afterany:$(name_of_job)" "--nodes=$SLURM_JOB_NUM_NODES" "--job-name=$SLURM_JOB_NAME" \
    "--chdir=$PWD" "${options[@]}" "${wish[@]}" "$0" "$@" "${places[@]}"; then
    say "submitted a job that continues when this one has ended${excluded:+, without $excluded}"
  else
    say "sbatch refused; submit again, the arguments as before and --out $run"
  fi
}
