"""Reads and writes safetensors files with numpy alone.

The format is small: eight bytes that hold the length of a JSON header (little endian), the header,
then the bytes of the tensors one after the other. Arrays are float32 in memory whatever the file
holds, so that a bfloat16 file can be measured and trained on like any other.
"""

import json
import math
import struct

import numpy as np

DTYPES = {"f32": "F32", "bf16": "BF16", "f16": "F16"}
BYTES_PER_VALUE = {"F32": 4, "BF16": 2, "F16": 2}


def _to_bytes(array, dtype):
    array = np.ascontiguousarray(array, dtype="<f4")
    if dtype == "F32":
        return array.tobytes()
    if dtype == "F16":
        return array.astype("<f2").tobytes()
    # bfloat16 is the upper half of a float32, rounded to nearest, ties to even.
    bits = array.view("<u4")
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return (rounded >> 16).astype("<u2").tobytes()


def _from_bytes(data, dtype, shape):
    if dtype == "F32":
        array = np.frombuffer(data, "<f4").copy()
    elif dtype == "F16":
        array = np.frombuffer(data, "<f2").astype(np.float32)
    else:
        array = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    return array.reshape(shape)


def save(path, tensors, dtype="f32"):
    """Writes a dict of finite arrays, in its order; dtype is a key of DTYPES."""
    stored = DTYPES[dtype]
    header, blobs, offset = {}, [], 0
    for name, array in tensors.items():
        blob = _to_bytes(array, stored)
        header[name] = {
            "dtype": stored,
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        offset += len(blob)
        blobs.append(blob)
    header["__metadata__"] = {"format": "pt"}
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(encoded)))
        file.write(encoded)
        for blob in blobs:
            file.write(blob)


def load(path):
    """Returns a dict from tensor name to float32 array."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        dtype, shape = entry["dtype"], entry["shape"]
        if dtype not in BYTES_PER_VALUE:
            raise SystemExit(f"{path}: {name} is {dtype}; this script reads F32, BF16 and F16")
        begin, end = entry["data_offsets"]
        if end - begin != math.prod(shape) * BYTES_PER_VALUE[dtype]:
            raise SystemExit(f"{path}: {name}: {end - begin} bytes do not hold shape {shape}")
        tensors[name] = _from_bytes(data[start + begin : start + end], dtype, shape)
    return tensors
