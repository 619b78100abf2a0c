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
# shellcheck source=jobs/another_start.sh
. "$jobs/another_start.sh"

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
  if [ "$fence_before" -eq 0 ] && [ "$(newest_step)" -gt 0 ]; then fence_before=999999999; fi
  code=0
  start_ranks "${command[@]}" "$settings" "$@" "${places[@]}" || code=$?
  code=$(code_of_start "$code")
  reached=$(progress)
  say "ended with $code at $(describe_progress "$reached")"
  blamed=""
  if [ "$code" -ne "$EXIT_FENCED" ]; then blamed=$(blamed_node); fi
  if [ "$code" -eq "$EXIT_STOPPED" ] || [ -n "$blamed" ] && is_worth_another_start "$reached"; then
    settle_suspects "$blamed"
    if command -v scontrol >/dev/null; then requeue; else submit_successor "${again[@]}"; fi
  fi
  return "$code"
}
