"""Sweeps of the schedulers that people use instead, over trials that sleep; run by compare_sweep.py.

    sweep_peer.py optuna|ray|ray-reuse PLAN FOLDER

PLAN is a JSON file with `groups` and `trial_seconds`. Prints one JSON object: seconds from the moment at which all
workers were ready, processor seconds of all of them, and for Ray the seconds of a sweep of one trial per group, which is
its start. `ray` starts a process for each trial, as it does unless told otherwise; `ray-reuse` keeps them, as hpctrain and
Optuna do. Exits with 3 when the peer is not installed. What a peer writes lies in FOLDER.
"""
import functools
import importlib.util
import json
import multiprocessing
import pathlib
import sys
import time

NEEDS = {"optuna": "optuna", "ray": "ray", "ray-reuse": "ray"}
NOT_INSTALLED = 3


class Tickets:
    """Exactly so many trials over all processes: Optuna itself only divides them beforehand or counts them by reading
    all of them again."""

    def __init__(self, context, trials: int, groups: int):
        self.trials, self.taken = trials, context.Value("l", min(groups, trials))

    def __call__(self, study, _trial) -> None:
        with self.taken.get_lock():
            if self.taken.value >= self.trials:
                study.stop()
            else:
                self.taken.value += 1


def open_study(journal: str, seed: int):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(journal))
    return optuna.create_study(storage=storage, study_name="bench", load_if_exists=True, direction="maximize",
                               sampler=optuna.samplers.RandomSampler(seed=seed))


def work_for_optuna(journal: str, seconds: list[float], seed: int, tickets: Tickets, ready, processor) -> None:
    study = open_study(journal, seed)

    def objective(trial) -> float:
        lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        time.sleep(seconds[trial.number])
        return lr

    ready.wait()
    before = time.process_time()
    study.optimize(objective, callbacks=[tickets])
    with processor.get_lock():
        processor.value += time.process_time() - before


def run_optuna(groups: int, seconds: list[float], folder: pathlib.Path) -> dict:
    context = multiprocessing.get_context("spawn")
    journal = str(folder / "journal.log")
    study = open_study(journal, 0)
    tickets, ready = Tickets(context, len(seconds), groups), context.Barrier(groups + 1)
    processor = context.Value("d", 0.0)
    workers = [context.Process(target=work_for_optuna, args=(journal, seconds, seed, tickets, ready, processor))
               for seed in range(groups)]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    for worker in workers:
        worker.join()
    wall = time.perf_counter() - started
    states = [trial.state.name for trial in study.get_trials(deepcopy=False)]
    if states != ["COMPLETE"] * len(seconds):
        sys.exit(f"{len(states)} trials of {len(seconds)}, not all of them complete")
    return {"wall_seconds": wall, "processor_seconds": processor.value}


def fit_with_ray(groups: int, seconds: list[float], folder: pathlib.Path, reuses: bool) -> float:
    """Seconds of one sweep."""
    from ray import tune

    def sleep(config) -> dict:
        time.sleep(seconds[config["number"]])
        return {"score": config["number"]}

    tuner = tune.Tuner(tune.with_resources(sleep, {"cpu": 1}),
                       param_space={"number": tune.grid_search(list(range(len(seconds))))},
                       tune_config=tune.TuneConfig(metric="score", mode="max", max_concurrent_trials=groups,
                                                   reuse_actors=reuses),
                       run_config=tune.RunConfig(storage_path=str(folder), verbose=0))
    started = time.perf_counter()
    results = tuner.fit()
    wall = time.perf_counter() - started
    if len(results) != len(seconds) or results.num_errors > 0:
        sys.exit(f"{len(results)} trials of {len(seconds)}, {results.num_errors} with errors")
    return wall


def run_ray(groups: int, seconds: list[float], folder: pathlib.Path, reuses: bool = False) -> dict:
    import ray

    ray.init(num_cpus=groups, include_dashboard=False, log_to_driver=False, configure_logging=False)
    start = fit_with_ray(groups, seconds[:groups], folder, reuses)
    wall = fit_with_ray(groups, seconds, folder, reuses)
    ray.shutdown()
    return {"wall_seconds": wall, "start_seconds": start}


def main() -> None:
    peer, plan, folder = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text()), pathlib.Path(sys.argv[3])
    if importlib.util.find_spec(NEEDS[peer]) is None:
        sys.exit(NOT_INSTALLED)
    run = {"optuna": run_optuna, "ray": run_ray, "ray-reuse": functools.partial(run_ray, reuses=True)}[peer]
    print(json.dumps(run(plan["groups"], plan["trial_seconds"], folder)))


if __name__ == "__main__":
    main()
