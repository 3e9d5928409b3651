"""Measure all peers on the same networks, interleaved in one run, and write the table.

Each round trains one epoch with every peer in turn; a peer's figure is the median of its rounds, in CPU seconds
of the process (all its threads), so that a busy machine slows nobody down unfairly. The first epoch, which
compiles and warms up, is not counted. Peak memory is that of a fresh process that trains one epoch.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks import convolution, peers, recurrent
from nnlib.data import mnist

PEERS = peers.PEERS
SPECS = peers.SPECS | convolution.SPECS | recurrent.SPECS
TARGETS = peers.TARGETS | convolution.TARGETS | recurrent.TARGETS
PEERS_OF = {name: module.PEERS for module in (peers, convolution, recurrent) for name in module.SPECS}

HERE = Path(__file__).resolve().parent


def material(spec):
    """What a network learns from and is examined on: rows, targets, test rows, test labels."""
    if isinstance(spec, recurrent.SequenceSpec):
        return recurrent.material(spec)
    digits = mnist()
    rows, targets = digits.x_train.T[: spec.examples], np.ascontiguousarray(digits.y_train.T[: spec.examples])
    return rows, targets, digits.x_test.T, digits.labels_test


def measure(name, rounds):
    """Median CPU seconds per epoch and test accuracy for every peer on one network."""
    spec = SPECS[name]
    rows, targets, test_rows, labels = material(spec)
    running = {peer: make(spec, rows, targets, seed=0) for peer, make in PEERS_OF[name].items()
               if peer in TARGETS[name] or peer.startswith("nnlib")}
    seconds = {peer: [] for peer in running}
    for round_number in range(rounds + 1):
        for peer, (epoch, _) in running.items():
            start = time.process_time()
            epoch()
            if round_number:
                seconds[peer].append(time.process_time() - start)
        print(f"{name}: round {round_number} of {rounds}", file=sys.stderr, flush=True)
    accuracy = {peer: float((predict(test_rows) == labels).mean())
                for peer, (_, predict) in running.items()}
    return {peer: {"seconds": statistics.median(seconds[peer]) / spec.steps, "accuracy": accuracy[peer]}
            for peer in running}


def peak_memory(peer):
    """Peak resident megabytes of a fresh process that trains one epoch of N1 with this peer."""
    command = [sys.executable, "-m", "benchmarks.compare", "--memory-of", peer]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def train_once_and_report_memory(peer):
    """What peak_memory runs."""
    spec, digits = SPECS["N1"], mnist()
    rows, targets = digits.x_train.T, np.ascontiguousarray(digits.y_train.T)
    del digits
    epoch, _ = PEERS[peer](spec, rows, targets, seed=0)
    epoch()
    # not getrusage: its maximum is inherited from the process that started this one
    status = Path("/proc/self/status").read_text()
    print(int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024)


def machine():
    """The processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def table(results):
    """The results as Markdown: ratios with their targets, times and accuracies, memory."""
    peers = [peer for peer in PEERS if not peer.startswith("nnlib")]
    lines = [f"Measured on {results['date']}: {results['machine']}, one thread each, "
             + ", ".join(f"{name} {number}" for name, number in results["versions"].items())
             + f", median of {results['rounds']} rounds.", "",
             "Peer's CPU time divided by nnlib's (float32), and in brackets the target:", "",
             "| network | nnlib, s per epoch | nnlib float64 | " + " | ".join(peers) + " |",
             "|---|" + "---|" * (len(peers) + 2)]
    for name, row in results["networks"].items():
        own = row["nnlib"]["seconds"]
        cells = [f"{own:.3f}", f"{row['nnlib float64']['seconds'] / own:.1f}"]
        for peer in peers:
            if peer not in row:
                cells.append("")
                continue
            ratio, target = row[peer]["seconds"] / own, TARGETS[name][peer]
            cells.append(f"{ratio:.1f}" + (f" ({target:g})" + " missed" * (ratio < target) if target else ""))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "Test accuracy of each after the same number of epochs, to show that all did the same work:", "",
              "| network | " + " | ".join(["nnlib", "nnlib float64", *peers]) + " |",
              "|---|" + "---|" * (len(peers) + 2)]
    for name, row in results["networks"].items():
        cells = [f"{row[peer]['accuracy']:.1%}" if peer in row else "" for peer in ["nnlib", "nnlib float64", *peers]]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    if results["memory"]:
        lines += ["", "Peak memory of a process that trains N1 for one epoch, 188 MB of data included:", "",
                  "| " + " | ".join(results["memory"]) + " |", "|" + "---|" * len(results["memory"]),
                  "| " + " | ".join(f"{megabytes} MB" for megabytes in results["memory"].values()) + " |"]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", choices=[*SPECS, []], default=[], metavar="network")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory-of", choices=PEERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        train_once_and_report_memory(arguments.memory_of)
        return
    chosen = arguments.networks or list(SPECS)
    results = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{machine()}, {os.cpu_count()} cores",
        "rounds": arguments.rounds,
        "versions": {"Python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "torch", "scikit-learn", "jax")},
        "networks": {name: measure(name, arguments.rounds) for name in chosen},
        "memory": {} if arguments.networks else {peer: peak_memory(peer) for peer in PEERS},
    }
    text = table(results)
    print(text)
    if arguments.networks:
        print("part of the networks: nothing stored")
    else:
        (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        (HERE / "results.md").write_text(text)


if __name__ == "__main__":
    main()
