"""The loader beside FFCV and torch's DataLoader over h5py, on equal rows, in one run that takes turns.

    bench/setup_peers                                   # once
    .venv/bin/python bench/compare_data.py --out FOLDER [--rows 3072 27648 150528] [--turns 2]
"""

import argparse
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
BINARIES = os.path.join(HERE, "..", "build", "release", "bin")
PEERS = os.environ.get("HPCTRAIN_PEERS", os.path.expanduser("~/.cache/hpctrain-peers"))
SAMPLES = {3072: 100000, 27648: 20000, 150528: 6000}


def ours(folder):
    command = [os.path.join(BINARIES, "hpctrain"), "bench", "data", "--data", folder, "--json", "--threads", "2"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peer(name, folder):
    command = [os.path.join(PEERS, "ffcv", "bin", "python"), os.path.join(HERE, "data_peer.py"), name, folder]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])["best"]


def compare(row_bytes, out, turns):
    folder = os.path.join(out, f"rows-{row_bytes}")
    samples = SAMPLES.get(row_bytes, 20000)
    if not os.path.exists(os.path.join(folder, "manifest.h5")):
        subprocess.run([os.path.join(BINARIES, "bench_make_rows"), folder, str(samples), str(row_bytes)], check=True)
    best = {"ffcv": 0.0, "h5py": 0.0}
    reports = []
    for _ in range(turns):
        reports.append(ours(folder))
        for name in best:
            best[name] = max(best[name], peer(name, folder))
    top = max(reports, key=lambda report: report["samples_per_second"])
    rate, ceiling = top["samples_per_second"], top["memcpy_samples_per_second"]
    print(f"| {row_bytes:,} | {rate:,.0f} | {rate / best['ffcv']:.2f} | {rate / best['h5py']:.1f} "
          f"| {rate / ceiling:.2f} | {top['pread_samples_per_second'] / ceiling:.2f} "
          f"| {top['first_epoch_samples_per_second'] / rate:.2f} | {best['ffcv']:,.0f} | {best['h5py']:,.0f} "
          f"| {ceiling:,.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="folder for the made-up data sets")
    parser.add_argument("--rows", type=int, nargs="+", default=list(SAMPLES), help="bytes of a row")
    parser.add_argument("--turns", type=int, default=2)
    arguments = parser.parse_args()
    print("| row bytes | samples/s | of FFCV | of DataLoader | of ceiling | pread of ceiling | first epoch "
          "| FFCV | DataLoader | ceiling |")
    print("|---" * 10 + "|")
    for row_bytes in arguments.rows:
        compare(row_bytes, arguments.out, arguments.turns)


main()
