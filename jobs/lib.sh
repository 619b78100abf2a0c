# What the job scripts share; sourced by them, after they found it beside themselves or in the module's prefix.
#   run_training_job NAME PACK_COMMAND [RUN.ini] [arguments for hpctrain]
#   run_sweep_job NAME PACK_COMMAND [SWEEP.ini] [arguments for hpctrain sweep]
#   run_doctor_job [RUN.ini] [arguments for hpctrain]
# Trains with RUN.ini (else NAME.ini), or runs the trials of SWEEP.ini (else NAME_grid.ini), stops in time, and queues
# the job again until the run is finished. The last one only looks whether the allocation is fit to train. docs/slurm.md
# says how.
# shellcheck shell=bash

: "${jobs:?the folder of lib.sh and of the INI files; job scripts set it}"
readonly EXIT_DATA=65 EXIT_UNAVAILABLE=69 EXIT_DEVICE=71 EXIT_FENCED=73 EXIT_STOPPED=75
# Of srun and mpirun when a task was ended by KILL, SEGV, TERM, XFSZ, or by USR1 or USR2 before it could catch them.
readonly KILLED_CODES=" 137 139 143 153 138 140 "
readonly MOST_STARTS="${HPCTRAIN_MOST_STARTS:-100}"
readonly MOST_STARTS_WITHOUT_PROGRESS=3
readonly MOST_SUSPECTS=8

say() { printf '==> %s %s\n' "$(date -u +%H:%M:%SZ)" "$*"; }

# The value of the last `--out X`, `--run.out X` or `--out=X` (and the like) among the arguments.
value_of_flag() {
  local alias=$1 name=$2 value="" previous="" word
  shift 2
  for word in "$@"; do
    case "$previous" in "--$alias" | "--$name") value=$word ;; esac
    case "$word" in "--$alias="* | "--$name="*) value=${word#*=} ;; esac
    previous=$word
  done
  printf '%s' "$value"
}

# Fabric variables of this site, as NAME=VALUE lines; the module sets the same ones.
load_site_file() {
  local file=$1 name value
  [ -f "$file" ] || return 0
  while IFS='=' read -r name value || [ -n "$name" ]; do
    value=${value%$'\r'}
    if [[ "$name" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then export "$name=$value"; fi
  done <"$file"
}

# Batch shells are no login shells, so `module` may have to be defined first.
load_module() {
  local init
  set +u # their scripts read variables that nobody set
  for init in /etc/profile.d/lmod.sh /etc/profile.d/modules.sh; do
    # shellcheck disable=SC1090
    if ! type module >/dev/null 2>&1 && [ -r "$init" ]; then . "$init"; fi
  done
  if type module >/dev/null 2>&1; then module load hpctrain || true; fi
  set -u
}

# Sets `programs`: the folder of hpctrain and hpctrain-pack.
find_programs() {
  local submitted=${SLURM_SUBMIT_DIR:-$PWD}
  if [ -z "${HPCTRAIN_BIN:-}" ] && [ -x "$submitted/build/release/bin/hpctrain" ]; then
    HPCTRAIN_BIN="$submitted/build/release/bin"
  fi
  if [ -z "${HPCTRAIN_BIN:-}" ] && ! command -v hpctrain >/dev/null; then load_module; fi
  if [ -z "${HPCTRAIN_BIN:-}" ]; then HPCTRAIN_BIN=$(dirname "$(command -v hpctrain || echo none/hpctrain)"); fi
  programs=$HPCTRAIN_BIN
  [ -x "$programs/hpctrain" ] && return 0
  say "hpctrain was not found: build it in $submitted (./scripts/build), load its module, or set HPCTRAIN_BIN"
  return "$EXIT_UNAVAILABLE"
}

require_data() {
  # A folder for each fold: hpctrain looks at those that are asked for.
  case "$data" in *'{fold}'*) return 0 ;; esac
  [ -e "$data/manifest.h5" ] && return 0
  say "no data set in $data (no manifest.h5); pack it once with:"
  say "  $programs/hpctrain-pack $1 -o $data"
  say "or say where it is: sbatch … --data FOLDER"
  return "$EXIT_DATA"
}

# Seconds since 1970 when Slurm will end this job; empty where nobody knows.
find_job_end() {
  local text=""
  if [ -n "${SLURM_JOB_END_TIME:-}" ]; then
    printf '%s' "$SLURM_JOB_END_TIME"
    return
  fi
  if command -v scontrol >/dev/null; then
    text=$(SLURM_TIME_FORMAT=standard scontrol show job "$(name_of_job)" 2>/dev/null | sed -n 's/.* EndTime=\([0-9T:-]*\).*/\1/p')
  elif command -v squeue >/dev/null; then
    text=$(SLURM_TIME_FORMAT=standard squeue -h -j "$(name_of_job)" -o %e 2>/dev/null)
  fi
  if [[ "$text" == *T* ]]; then date -d "$text" +%s 2>/dev/null || true; fi
}

export_job_end() {
  local job_end
  # Never the one of an earlier job, which handed its environment on.
  unset HPCTRAIN_RUN_JOB_END_UNIX
  job_end=$(find_job_end)
  if [ -n "$job_end" ]; then export HPCTRAIN_RUN_JOB_END_UNIX="$job_end"; fi
}

# Runs the step in the background: a shell that waits in the foreground meets no signal before the step has ended.
# Slurm's early signal may go to this shell only (--signal=B:…), so it is handed on; srun hands it to every task.
run_step() {
  local step status=0 signal
  "$@" &
  step=$!
  for signal in TERM USR1 USR2; do
    # shellcheck disable=SC2064
    trap "say 'received SIG$signal'; kill -$signal $step 2>/dev/null || true" "$signal"
  done
  wait "$step" || true
  while kill -0 "$step" 2>/dev/null; do wait "$step" || true; done
  # A wait that a signal cut short returned the signal; bash still knows how the step ended.
  wait "$step" || status=$?
  return "$status"
}

start_ranks() {
  # Without it, ranks may leave MPI_Init and MPI_Finalize before others are there (docs/decisions/0026).
  export SLURM_PMIX_FENCE="${SLURM_PMIX_FENCE:-ring}"
  local launch=(srun "--mpi=${HPCTRAIN_MPI:-pmix}" "${kill_on_bad_exit:--K1}")
  # srun does not take these from sbatch: without them it grants each task one CPU, and hides other tasks' GPUs.
  if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then launch+=("--cpus-per-task=$SLURM_CPUS_PER_TASK" --cpu-bind=cores); fi
  if [ -n "${SLURM_GPUS_ON_NODE:-}${SLURM_GPUS_PER_NODE:-}" ]; then launch+=(--gpu-bind=none); fi
  run_step "${launch[@]}" "$programs/hpctrain" "$@"
}

report_of_run() { cat "$run/exit.json" 2>/dev/null || true; }

# The step of the newest checkpoint under a run directory.
newest_step() {
  local newest
  newest=$(find "$1/ckpt" -maxdepth 1 -name 'step-*' 2>/dev/null | sort | tail -n 1)
  newest=${newest##*step-}
  printf '%d' "$((10#${newest:-0}))"
}

# The number of the newest start that took over the run; each start takes one.
newest_fence() {
  local newest
  newest=$(find "$run/ckpt" -maxdepth 1 -name 'FENCE-*' 2>/dev/null | sort -V | tail -n 1)
  newest=${newest##*FENCE-}
  printf '%d' "$((10#${newest:-0}))"
}

# What starts have really gained so far, in one word: equal words mean that a start brought nothing.
#   a run: the step of its newest checkpoint; a sweep: trials that ended, and the steps of all trials' checkpoints
progress() {
  local ended steps
  if [ "$kind" = run ]; then
    newest_step "$run"
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
  local status=$1 report_before=$2 fence_before=$3 report code=""
  if [ "$status" -eq "$EXIT_FENCED" ] || [ "$(newest_fence)" -gt "$((fence_before + 1))" ]; then
    printf '%d' "$EXIT_FENCED"
    return
  fi
  report=$(report_of_run)
  if [ "$report" != "$report_before" ]; then
    code=$(sed -n 's/^ *"code": \([0-9]*\),*$/\1/p' <<<"$report")
  fi
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
  report=$(report_of_run)
  [ "$report" != "$1" ] || return 0
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

# Says no, with the reason, when another start would change nothing. $1: progress() now. An older start's report counts
# for nothing: run_job has it in report_before.
is_worth_another_start() {
  local starts same reached=$1
  if [ "$(report_of_run)" != "$report_before" ] && grep -q '"cause": "stop file"' "$run/exit.json" 2>/dev/null; then
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

print_start() {
  say "$SLURM_JOB_NAME, job $(name_of_job), start $(wc -l <"$run.starts") of this run"
  say "nodes           ${SLURM_JOB_NODELIST:-$(hostname -s)}"
  say "program         $programs/hpctrain"
  say "data            $data"
  say "run directory   $run"
  say "job ends        ${HPCTRAIN_RUN_JOB_END_UNIX:+$(date -u -d "@$HPCTRAIN_RUN_JOB_END_UNIX" +%Y-%m-%dT%H:%M:%SZ)}"
}

# Each job of an array has an id of its own, but people know it as 17_3, and one of them has the array's: by that, Slurm
# takes all of them.
name_of_job() {
  printf '%s' "${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}"
  [ -n "${SLURM_ARRAY_JOB_ID:-}" ] || printf '%s' "$SLURM_JOB_ID"
}

# Sets `data` and `run`, and as `places` the flags for those that the arguments do not name.
settle_places() {
  local name=$1
  shift
  places=()
  data=$(value_of_flag data data.dir "$@")
  [ -n "$data" ] || places+=(--data "${data:=$(realpath -m "${HPCTRAIN_DATA_DIR:-data/$name}")}")
  run=$(value_of_flag out run.out "$@")
  [ -n "$run" ] || places+=(--out "${run:=$(realpath -m "runs/$SLURM_JOB_NAME-$(name_of_job)")}")
  run=${run%/}
}

# In the arguments of an array's jobs, %a is the number of the job: --train.seed %a.
run_training_job() {
  local kind=run name=$1 pack_command=$2
  shift 2
  if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then set -- "${@//%a/$SLURM_ARRAY_TASK_ID}"; fi
  run_with_settings "$jobs/$name.ini" "$@"
}

run_sweep_job() {
  local kind=sweep name=$1 pack_command=$2
  shift 2
  run_with_settings "$jobs/${name}_grid.ini" "$@"
}

# The INI file that counts where none stands first, then the arguments.
run_with_settings() {
  if [[ "${2:-}" == *.ini ]]; then shift; fi
  run_job "$@"
}

run_doctor_job() {
  # Its code is the verdict: the first rank that leaves with it must not turn it into that of a kill.
  local kill_on_bad_exit=-K0
  cd "${SLURM_SUBMIT_DIR:-$PWD}" || return
  load_site_file "$jobs/site.env"
  find_programs || return
  export_job_end
  start_ranks doctor "$@"
}

# The caller's `kind`, `name` and `pack_command`, then the INI file and what follows it.
run_job() {
  local settings=$1 report_before fence_before code reached blamed excluded command=()
  local again=("$@")
  shift
  if [ "$kind" = sweep ]; then command=(sweep); fi
  cd "${SLURM_SUBMIT_DIR:-$PWD}" || return
  load_site_file "$jobs/site.env"
  find_programs || return
  settle_places "$name" "$@"
  require_data "$pack_command" || return
  mkdir -p "$(dirname "$run")" || return
  export_job_end
  record_start
  print_start
  report_before=$(report_of_run)
  fence_before=$(newest_fence)
  # A copied run may lack it, and then starts count on from what its checkpoints say.
  if [ "$fence_before" -eq 0 ] && [ "$(newest_step "$run")" -gt 0 ]; then fence_before=999999999; fi
  code=0
  start_ranks "${command[@]}" "$settings" "$@" "${places[@]}" || code=$?
  code=$(code_of_start "$code" "$report_before" "$fence_before")
  reached=$(progress)
  say "ended with $code at $(describe_progress "$reached")"
  blamed=""
  if [ "$code" -ne "$EXIT_FENCED" ]; then blamed=$(blamed_node "$report_before"); fi
  if [ "$code" -eq "$EXIT_STOPPED" ] || [ -n "$blamed" ] && is_worth_another_start "$reached"; then
    settle_suspects "$blamed"
    if command -v scontrol >/dev/null; then requeue; else submit_successor "${again[@]}"; fi
  fi
  return "$code"
}
