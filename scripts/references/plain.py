#!/usr/bin/env python3
"""Writes tiny plain checkpoints of families and the numbers that transformers computes for them.

    plain.py FOLDER [NAME...]

Each goes to FOLDER/NAME. NAME is one of families.py; without names it writes one family of each kind.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import torch
import transformers
from families import FAMILIES, KINDS
from safetensors import safe_open
from safetensors.torch import load_file, save_file

MASK = 3
FIRST_WORD = 6
VOCABULARY = 97
STEADY = 5e-4  # with weights a millionth off


def main(target, *names):
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for name in names or KINDS:
        write(Path(target) / name, FAMILIES[name])
        print(name)


def write(folder, family):
    """The first seed with which no peak is nearly tied and no two tokens or experts are nearly as good."""
    for seed in range(family.first_seed, family.first_seed + 100):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            save(folder, family, seed)
            expected, logits = numbers(folder, family, seed)
        except NearlyTied as reason:
            print(f"{folder.name}: not with seed {seed} {reason}", file=sys.stderr)
            continue
        alter(folder, family, expected)
        (folder / "expected.json").write_text(json.dumps(expected) + "\n")
        if logits is not None:
            save_file({"logits": logits}, folder / "expected.safetensors")
        return
    raise AssertionError("every seed gives peaks that are nearly tied")


def save(folder, family, seed):
    """A model of random weights, as save_pretrained writes it."""
    config = transformers.AutoConfig.for_model(**family.options)
    model = family.of(config).eval()
    fill(model, family.gain, torch.Generator().manual_seed(seed))
    model.tie_weights()
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def alter(folder, family, expected):
    """Has the files say the same in the way that the family's entry asks for."""
    file = folder / "model.safetensors"
    tensors = {name: tensor.contiguous() for name, tensor in load_file(file).items()}
    stacks = [name for name, tensor in tensors.items() if family.transposed and tensor.dim() == 3 and "experts" in name]
    for projection in expected["down_projections"]:
        if projection["weight_key"] in stacks:
            projection["weight_layout"] = "[expert,in,out]"
        projection["weight_key"] = family.renamed(projection["weight_key"])
    tensors |= {name: tensors[name].transpose(1, 2).contiguous() for name in stacks}
    save_file({family.renamed(name): tensor for name, tensor in tensors.items()}, file, metadata={"format": "pt"})
    saved = json.loads((folder / "config.json").read_text()) | family.changed
    kept = {key: value for key, value in saved.items() if value is not None or key not in family.changed}
    (folder / "config.json").write_text(json.dumps(kept, indent=1) + "\n")


def fill(model, gain, generator):
    """Vectors stay what they begin as, but for noise; what goes through matrices keeps its size."""
    tables = {id(module.weight) for module in model.modules() if isinstance(module, torch.nn.Embedding)}
    stored = dict(model.named_parameters()) | {
        name: buffer for name, buffer in model.state_dict().items() if name not in dict(model.named_parameters())
    }
    for name, tensor in stored.items():
        if name.endswith(".tid2eid"):
            tensor.data.copy_(experts_by_token(tensor.shape, model.config.n_routed_experts, generator))
        if not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if tensor.dim() < 2:
            value = tensor.data.float() + 0.2 * noise
        elif id(tensor) in tables:
            value = 0.3 * noise
        else:
            value = noise * gain / (tensor.shape[-1] * (tensor.shape[1] if ".conv" in name else 1)) ** 0.5
        tensor.data.copy_(value.to(torch.bfloat16))


def experts_by_token(shape, experts, generator):
    """Which experts each token of the vocabulary goes to, none twice."""
    return torch.stack([torch.randperm(experts, generator=generator)[: shape[1]] for _ in range(shape[0])])


def sequences(family, seed):
    """Two sequences, and where tokens are masked their labels."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(FIRST_WORD, VOCABULARY, (2, family.tokens), generator=generator)
    if not family.masked:
        return ids, None
    labels = torch.full_like(ids, -100)
    for sequence in range(2):
        for place in torch.randperm(family.tokens, generator=generator)[:4]:
            labels[sequence, place] = ids[sequence, place]
            ids[sequence, place] = MASK
    if family.padding is not None:
        ids[0, family.tokens // 2] = ids[1, -1] = family.padding
        labels[ids == family.padding] = -100
    return ids, labels


def numbers(folder, family, seed):
    """expected.json, and the logits of what predicts the token that comes next."""
    ids, labels = sequences(family, seed)
    loaded = family.loaded(folder)
    watch = Watch(loaded, folder, family)
    with watch, torch.no_grad():
        output = loaded(input_ids=ids, attention_mask=torch.ones_like(ids), **({} if family.masked else {"use_cache": False}))
    head = "logits" in output and family.has_head
    if head:
        last = output.logits.float()
    else:
        with torch.no_grad():
            base = loaded.base_model(input_ids=ids, attention_mask=torch.ones_like(ids))
        last = base.last_hidden_state.float()
    loss = None
    if head and labels is not None:
        loss = torch.nn.functional.cross_entropy(last.double().flatten(0, 1), labels.flatten()).item()
    elif head:
        loss = torch.nn.functional.cross_entropy(last[:, :-1].double().flatten(0, 1), ids[:, 1:].flatten()).item()
    require_steady(loaded if head else loaded.base_model, ids, last)
    expected = {
        "objective": ("masked_lm" if family.masked else "causal_lm") if head else "none",
        "transformers": transformers.__version__,
        "input_ids": ids.tolist(),
        **({"labels": labels.tolist()} if loss is not None and labels is not None else {}),
        "mean_cross_entropy": loss,
        "last_logits_first8": last[:, -1, :8].tolist(),
        "down_projections": numbered(watch.peaks(family.down)) if family.masked else watch.peaks(family.down),
        **({"recurrences": watch.peaks(family.recurrence)} if family.recurrence else {}),
    }
    return expected, last.contiguous() if head and not family.masked else None


def numbered(peaks):
    """By their order: encoders may read the same matrix in several layers."""
    return [peak | {"layer": layer} for layer, peak in enumerate(peaks)]


class NearlyTied(Exception):
    """Numbers that rounding may change by more than a test allows."""


def require_steady(model, ids, last):
    """That weights which are a millionth off give nearly the same outputs."""
    generator = torch.Generator().manual_seed(0)
    for tensor in model.parameters():
        tensor.data *= 1 + 1e-6 * torch.randn(tensor.shape, generator=generator)
    with torch.no_grad():
        output = model(input_ids=ids, attention_mask=torch.ones_like(ids))
    other = (output.logits if "logits" in output else output.last_hidden_state).float()
    if (other - last).abs().max() > STEADY:
        raise NearlyTied(f"outputs move by {(other - last).abs().max():.1e}")


class Watch:
    """Notes what is multiplied with some of the stored matrices.

    Every matrix product with a weight is a call of torch.nn.functional.linear, or for all shared experts together of torch.bmm,
    whatever module makes it; the weight tells by its first numbers which of the stored ones it is. Which tokens an expert gets,
    the last call of torch.where with one argument says; shared experts get all.
    """

    def __init__(self, model, folder, family):
        self.tokens = family.tokens
        self.matrices, self.seen, self.rows = {}, [], None
        pattern = re.compile(f"{family.down}|{family.recurrence}" if family.recurrence else family.down)
        with safe_open(folder / "model.safetensors", "pt") as stored:
            for key in stored.keys():
                if pattern.fullmatch(key):
                    tensor = stored.get_tensor(key).float()
                    for index, matrix in enumerate(tensor) if tensor.dim() == 3 else [(None, tensor)]:
                        number = re.search(r"\.experts\.(\d+)\.", key)
                        expert = index if index is not None else int(number[1]) if number else None
                        for transposed in (False, True):
                            oriented = matrix.T if transposed else matrix
                            layout = ("[expert," if index is not None else "[") + ("in,out]" if transposed else "out,in]")
                            self.matrices[mark(oriented)] = (key, expert, layout)

    def __enter__(self):
        self.linear, self.where, self.bmm = torch.nn.functional.linear, torch.where, torch.bmm

        def linear(x, weight, bias=None):
            y = self.linear(x, weight, bias)
            found = self.matrices.get(mark(weight)) if weight.dim() == 2 else None
            if found:
                self.note(*found, self.rows, x.detach().clone().flatten(0, -2), y.detach().clone().flatten(0, -2))
            return y

        def bmm(x, weights):
            y = self.bmm(x, weights)
            for index, weight in enumerate(weights.transpose(1, 2)):
                found = self.matrices.get(mark(weight))
                if found:
                    self.note(*found, torch.arange(x.shape[1]), x[index].detach().clone(), y[index].detach().clone())
            return y

        def where(*arguments, **keywords):
            result = self.where(*arguments, **keywords)
            if len(arguments) == 1 and not keywords and len(result) == 2:
                self.rows = result[1]
            return result

        torch.nn.functional.linear, torch.where, torch.bmm = linear, where, bmm
        return self

    def __exit__(self, *_):
        torch.nn.functional.linear, torch.where, torch.bmm = self.linear, self.where, self.bmm

    def note(self, key, expert, layout, assigned, x, y):
        rows = assigned if expert is not None else torch.arange(len(x))
        if len(rows) != len(x):
            raise AssertionError(f"{key}: {len(x)} rows, but {len(rows)} tokens")
        self.seen.append((key, expert, layout, rows, x, y))

    def peaks(self, pattern):
        """In the order of use; those that no token goes to at the end."""
        found = [place for place in self.seen if re.fullmatch(pattern, place[0])]
        used = {(key, expert) for key, expert, *_ in found}
        uses, peaks = {}, []
        for key, expert, layout, rows, x, y in found:
            call = uses.setdefault((key, expert), -1) + 1
            uses[key, expert] = call
            peaks.append(
                self.place(key, expert, layout)
                | {"call": call, "tokens": len(rows), "input": self.peak(x, rows), "output": self.peak(y, rows)}
            )
        idle = {
            (key, expert): layout
            for key, expert, layout in self.matrices.values()
            if re.fullmatch(pattern, key) and (key, expert) not in used
        }
        return peaks + [self.place(*of, layout) | {"call": 0, "tokens": 0} for of, layout in sorted(idle.items())]

    @staticmethod
    def place(key, expert, layout):
        return {"layer": int(re.search(r"\.(\d+)\.", key)[1]), "weight_key": key, "weight_layout": layout} | ({} if expert is None else {"expert": expert})

    def peak(self, values, rows):
        flat = values.abs().flatten()
        largest = flat.topk(2)
        if largest.values[0] - largest.values[1] < 2e-5 * largest.values[0]:
            raise NearlyTied(f"{float(largest.values[0])} and {float(largest.values[1])}")
        row, channel = divmod(int(largest.indices[0]), values.shape[1])
        token = int(rows[row])
        return {
            "value": float(values[row, channel]),
            "batch": token // self.tokens,
            "position": token % self.tokens,
            "channel": channel,
            "runner_up_abs": float(largest.values[1]),
        }


def mark(matrix):
    return tuple(matrix.shape), *matrix[0, :4].tolist(), *matrix[-1, -4:].tolist()


if __name__ == "__main__":
    main(*sys.argv[1:])
