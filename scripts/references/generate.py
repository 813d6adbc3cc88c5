#!/usr/bin/env python3
"""Writes tiny quantized checkpoints and the numbers that they have to give.

    generate.py FOLDER [NAME...]

Each goes to FOLDER/NAME. Without names it writes those whose libraries are installed.
"""

import importlib
import pkgutil
import shutil
import sys
from pathlib import Path

import expected
import formats
import torch
import transformers


def cases():
    for module in pkgutil.iter_modules(formats.__path__):
        try:
            yield from importlib.import_module(f"formats.{module.name}").CASES.items()
        except ImportError as missing:
            print(f"formats/{module.name}: left out, {missing}", file=sys.stderr)


def main(target, *names):
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    for name, quantize in cases():
        if names and name not in names:
            continue
        folder = Path(target) / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        expected.write(folder, quantize(folder))
        print(name)


main(*sys.argv[1:])
