#!/usr/bin/env python3
"""The loader beside FFCV, torch's DataLoader, webdataset and mosaicml-streaming on equal samples, in turns in one run.

    bench/setup_peers data                              # once
    .venv/bin/python bench/compare_data.py --out FOLDER [--what 3072 27648 150528 pictures] [--turns 3]

Rows are made up, of so many bytes; pictures are JPEG files of about 100 KB of which a random part is decoded and brought
to 224×224. Peers that are not installed are left out. Each side counts with its best turn.
"""
import argparse
import json
import os
import pathlib
import subprocess

from pictures import draw_pictures

HERE = pathlib.Path(__file__).resolve().parent
BINARIES = HERE.parent / "build/release/bin"
PEERS = pathlib.Path(os.environ.get("HPCTRAIN_PEERS", pathlib.Path.home() / ".cache/hpctrain-peers"))
PEER_PYTHON = PEERS / "ffcv/bin/python"
NAMES = ("ffcv", "dataloader", "webdataset", "streaming")
NOT_INSTALLED = 3
SAMPLES = {"3072": 100000, "27648": 20000, "150528": 6000, "pictures": 2000}
WIDTH, HEIGHT, NOISE = 640, 480, 13


def make_pictures(folder):
    paths = draw_pictures(folder / "pictures", SAMPLES["pictures"], WIDTH, HEIGHT, NOISE)
    subprocess.run([BINARIES / "hpctrain-pack", "folder", folder / "pictures", "-o", folder / "packed", "--store",
                    "encoded"], check=True, capture_output=True)
    sizes = [path.stat().st_size for path in paths]
    print(f"{len(paths)} pictures of {WIDTH}x{HEIGHT}, {sum(sizes) / len(sizes) / 1000:.0f} KB each", flush=True)


def prepare(what, out):
    """The packed data set and the folder that peers work in; both are kept."""
    folder = out / f"rows-{what}" if what != "pictures" else out / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    packed = folder / "packed" if what == "pictures" else folder
    if (packed / "manifest.h5").exists():
        return packed, folder
    if what == "pictures":
        make_pictures(folder)
    else:
        subprocess.run([BINARIES / "bench_make_rows", folder, str(SAMPLES.get(what, 20000)), what], check=True)
    return packed, folder


def run_ours(what, packed, cache):
    flags = ["--window", "224"] if what == "pictures" else ["--cache-dir", cache]
    command = [BINARIES / "hpctrain", "bench", "data", "--data", packed, "--json", "--threads", "2", *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_peer(name, what, folder):
    """Samples per second; None where it is not installed."""
    kind = "pictures" if what == "pictures" else "rows"
    result = subprocess.run([PEER_PYTHON, HERE / "data_peer.py", name, kind, folder], capture_output=True, text=True)
    if result.returncode == NOT_INSTALLED:
        return None
    if result.returncode != 0:
        raise SystemExit(f"{name}: {result.stderr}")
    return json.loads(result.stdout.strip().splitlines()[-1])["best"]


def compare(what, out, turns):
    packed, folder = prepare(what, out)
    reports, peers = [], {}
    for _ in range(turns):
        reports.append(run_ours(what, packed, out / "copies"))
        for name in NAMES:
            found = run_peer(name, what, folder)
            if found is not None:
                peers.setdefault(name, []).append(found)
        print(f"  {what}: ours {reports[-1]['samples_per_second']:,.0f}, "
              + ", ".join(f"{name} {rates[-1]:,.0f}" for name, rates in peers.items()), flush=True)
    best = {key: max(report[key] for report in reports) for key in reports[0] if key.endswith("samples_per_second")}
    rate = best["samples_per_second"]
    print(f"{what}: {rate:,.0f} samples/s")
    for name, rates in peers.items():
        print(f"  {rate / max(rates):8.2f} x {name} ({max(rates):,.0f})")
    if "memcpy_samples_per_second" in best:
        ceiling = best["memcpy_samples_per_second"]
        print(f"  {rate / ceiling:8.2f} of the ceiling ({ceiling:,.0f}), "
              f"pread engine {best['pread_samples_per_second'] / ceiling:.2f} of it")
        print(f"  {best['first_epoch_samples_per_second'] / rate:8.2f} first epoch of later ones, "
              f"{best['staged_first_epoch_samples_per_second'] / rate:.2f} out of copies")
    print(f"  {1e3 * min(report['resume_batch_seconds'] for report in reports):8.1f} ms to a batch in mid-epoch, "
          f"{1e3 * min(report['start_batch_seconds'] for report in reports):.1f} ms to the first, "
          f"{min(report['epoch_start_wait_steps'] for report in reports):.1f} median steps of wait at an epoch's start, "
          f"{max(report['resident_bytes'] for report in reports) / 2**20:.1f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the made-up data sets")
    parser.add_argument("--what", nargs="+", default=list(SAMPLES), help="bytes of a row, or pictures")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    for what in arguments.what:
        compare(what, arguments.out.resolve(), arguments.turns)


if __name__ == "__main__":
    main()
