#!/usr/bin/env python3
"""Holds signatures to another program's, both ways: what swscan signs is verified by model_signing, and the other way round.

    pip install -r scripts/guard/requirements.txt
    scripts/guard/signatures.py [MODEL]

Without MODEL it takes models-sample/super-weight-1.5m. It needs openssl too.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from model_signing import hashing, signing, verifying

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWSCAN = os.environ.get("SWSCAN", ROOT / "scripts" / "swscan")
CURVES = {"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}


def swscan(*arguments):
    run = subprocess.run([SWSCAN, *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode in (0, 1), (arguments, run.returncode, run.stderr)
    return run


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def accepts(model, signature, key):
    """Whether model_signing takes a signature."""
    try:
        verifying.Config().use_elliptic_key_verifier(public_key=key).verify(model, signature)
        return True
    except Exception:
        return False


def verified(model, signature, key):
    """Whether swscan does."""
    return swscan("verify", model, "--manifest", signature, "--key", key).returncode == 0


def tell(what, holds):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    return holds


def of_swscan(model, folder):
    for curve in CURVES:
        key = folder / f"{curve}.pem"
        swscan("keygen", "-o", key, "--curve", curve)
        yield f"key of swscan, {curve}", key, folder / f"{curve}.pub.pem"
    for curve, name in CURVES.items():
        key, public = folder / f"openssl-{curve}.pem", folder / f"openssl-{curve}.pub.pem"
        openssl("ecparam", "-name", name, "-genkey", "-noout", "-out", key)
        openssl("ec", "-in", key, "-pubout", "-out", public)
        yield f"key of openssl, {curve}", key, public


def of_model_signing(model, key):
    files = hashing.Config().use_file_serialization
    yield "SHA-256", files()
    yield "BLAKE2b", files(hashing_algorithm="blake2")
    yield "BLAKE3", files(hashing_algorithm="blake3")
    yield "parts of files", hashing.Config().use_shard_serialization(shard_size=1_000_000)


def main():
    source = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "models-sample" / "super-weight-1.5m"
    good = True
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        model = folder / "model"
        shutil.copytree(source, model)
        signature = folder / "swscan.sig"
        inside = model / "model.sig"
        keys = list(of_swscan(model, folder))
        for what, key, public in keys:
            swscan("fingerprint", model, "-o", signature, "--sign", key, "--no-detect")
            good &= tell(f"swscan signs, model_signing verifies: {what}", accepts(model, signature, public))
            good &= tell(f"swscan signs, swscan verifies: {what}", verified(model, signature, public))
        what, key, public = keys[0]
        swscan("fingerprint", model, "-o", inside, "--sign", key, "--no-detect")
        good &= tell("a signature in the model's folder is no part of it", accepts(model, inside, public))
        inside.unlink()
        for what, config in of_model_signing(model, key):
            signer = signing.Config().use_elliptic_key_signer(private_key=key).set_hashing_config(config)
            signer.sign(model, signature)
            good &= tell(f"model_signing signs, swscan verifies: {what}", verified(model, signature, public))

        swscan("fingerprint", model, "-o", signature, "--sign", key, "--no-detect")
        other = keys[1][2]
        good &= tell("another key is refused by both",
                     not accepts(model, signature, other) and not verified(model, signature, other))
        bundle = json.loads(signature.read_text())
        envelope = bundle["dsseEnvelope"]
        altered = folder / "altered.sig"
        envelope["payload"] = envelope["payload"][:-8] + "IH0=" if envelope["payload"].endswith("=") else envelope["payload"] + "IA=="
        altered.write_text(json.dumps(bundle))
        run = subprocess.run([SWSCAN, "verify", model, "--manifest", altered, "--key", public], capture_output=True)
        good &= tell("an altered payload is refused by both",
                     not accepts(model, altered, public) and run.returncode != 0)
        weights = next(model.glob("*.safetensors"))
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
        full = swscan("verify", model, "--manifest", signature, "--key", public, "--full")
        good &= tell("a flipped bit is found by both",
                     not accepts(model, signature, public) and full.returncode == 1)
        weights.write_bytes(source.joinpath(weights.name).read_bytes())
        (model / "added.py").write_text("")
        good &= tell("an added file is found by both",
                     not accepts(model, signature, public) and not verified(model, signature, public))
    sys.exit(0 if good else 1)


main()
