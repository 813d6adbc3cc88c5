#!/usr/bin/env python3
"""Kills `swscan restore --in-place` at random moments, and lets it run on a full disk. Afterwards the model must be as damaged
as it was, or restored, or have a journal: then the same command again must restore it.

    scripts/guard/interruptions.py [KILLS]

Twenty kills, unless a number is given. SWSCAN may name the launcher. The full disk needs the right to mount a tmpfs.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWSCAN = os.environ.get("SWSCAN", ROOT / "scripts" / "swscan")
SAMPLE = ROOT / "models-sample" / "super-weight-1.5m"
WEIGHT = ("model.layers.1.mlp.down_proj.weight", 57, 123)
JOURNAL = ".swscan-restore"


def swscan(*arguments):
    return subprocess.run([SWSCAN, *map(str, arguments)], capture_output=True, text=True)


def damage(file):
    with open(file, "r+b") as weights:
        length = struct.unpack("<Q", weights.read(8))[0]
        tensor = json.loads(weights.read(length))[WEIGHT[0]]
        place = 8 + length + tensor["data_offsets"][0] + 2 * (WEIGHT[1] * tensor["shape"][1] + WEIGHT[2])
        weights.seek(place)
        weights.write(b"\0\0")


def state(model, damaged, original):
    content = (model / "model.safetensors").read_bytes()
    if (model / JOURNAL).exists():
        return "journal"
    return {damaged: "damaged", original: "restored"}.get(content, "NEITHER")


def finished(model, manifest, original):
    run = swscan("restore", model, "--manifest", manifest, "--in-place")
    content = (model / "model.safetensors").read_bytes()
    return run.returncode == 0 and content == original and not (model / JOURNAL).exists()


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    good = True
    counted = {}
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        manifest = folder / "manifest.json"
        assert swscan("fingerprint", SAMPLE, "-o", manifest).returncode == 0
        original = (SAMPLE / "model.safetensors").read_bytes()
        model = folder / "model"
        shutil.copytree(SAMPLE, model)
        damage(model / "model.safetensors")
        damaged = (model / "model.safetensors").read_bytes()
        begin = time.time()
        assert finished(model, manifest, original)
        whole = time.time() - begin
        for _ in range(kills):
            (model / "model.safetensors").write_bytes(damaged)
            process = subprocess.Popen([SWSCAN, "restore", model, "--manifest", manifest, "--in-place"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(random.uniform(0.3, 1.1) * whole)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            found = state(model, damaged, original)
            counted[found] = counted.get(found, 0) + 1
            good &= found != "NEITHER" and finished(model, manifest, original)
        print("killed:", ", ".join(f"{count} {what}" for what, count in counted.items()), flush=True)

        disk = folder / "disk"
        disk.mkdir()
        size = 8 * len(original)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True).returncode:
            print("a full disk was not tried: no right to mount one")
        else:
            try:
                full = disk / "model"
                shutil.copytree(SAMPLE, full)
                (full / "model.safetensors").write_bytes(damaged)
                with open(disk / "fill", "wb", buffering=0) as rest:
                    try:
                        while True:
                            rest.write(b"x" * 4096)
                    except OSError:
                        pass
                run = swscan("restore", full, "--manifest", manifest, "--in-place")
                found = state(full, damaged, original)
                print(f"full disk: {found}, exit code {run.returncode}: {run.stderr.strip()}")
                good &= run.returncode == 4 and found == "damaged"
                (disk / "fill").unlink()
                good &= finished(full, manifest, original)
            finally:
                subprocess.run(["umount", disk])
    sys.exit(0 if good else 1)


main()
