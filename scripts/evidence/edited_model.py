"""A model of transformers with single weights of its down projections changed, and what that does to its predictions.

Computes in float32; logarithms, their means and divergences are taken in float64 (a mean of float32 logarithms over
some hundred tokens is off by 1e-5). Only the layers from the first changed one on are computed again.
"""

import contextlib
import dataclasses
import os
import warnings

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")

import numpy as np
import torch
import transformers

warnings.filterwarnings("ignore")
transformers.logging.disable_progress_bar()


@dataclasses.dataclass(frozen=True)
class Change:
    """Weights of one down projection multiplied by a factor; without row or column, a whole column or row."""

    layer: int
    row: int | None
    column: int | None
    factor: float = 0.0

    @staticmethod
    def of(name, factor=0.0):
        """From LAYER:ROW:COLUMN, where * stands for all rows or all columns."""
        layer, row, column = name.split(":")
        return Change(int(layer), None if row == "*" else int(row), None if column == "*" else int(column), factor)

    @property
    def index(self):
        return tuple(slice(None) if at is None else at for at in (self.row, self.column))


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Of each token of a sequence from the second on: its NLL, and the KL divergence from the unedited prediction."""

    nll: np.ndarray
    divergence: np.ndarray


class EditedModel:
    def __init__(self, model):
        self.model = model.eval()
        self.layers = list(model.model.layers)

    @staticmethod
    def load(path):
        """From a Hugging Face folder or a GGUF file."""
        folder, file = (path, None) if os.path.isdir(path) else os.path.split(path)
        options = {"gguf_file": file} if file else {}
        return EditedModel(
            transformers.AutoModelForCausalLM.from_pretrained(folder or ".", dtype=torch.float32, **options)
        )

    @staticmethod
    def tokenizer(path):
        folder, file = (path, None) if os.path.isdir(path) else os.path.split(path)
        return transformers.AutoTokenizer.from_pretrained(folder or ".", **({"gguf_file": file} if file else {}))

    def down(self, layer):
        """The down projection, nn.Linear: weight [hidden, intermediate]."""
        return self.layers[layer].mlp.down_proj

    def value(self, change):
        return self.down(change.layer).weight[change.index].item()

    def post_norm(self, layer):
        """What normalizes the output of the MLP before it is added to the residual stream, or None."""
        return getattr(self.layers[layer], "post_feedforward_layernorm", None)

    @contextlib.contextmanager
    def changed(self, changes):
        before = [(change, self.down(change.layer).weight.detach()[change.index].clone()) for change in changes]
        try:
            for change, _ in before:
                self.down(change.layer).weight.data[change.index] *= change.factor
            yield
        finally:
            for change, weight in reversed(before):
                self.down(change.layer).weight.data[change.index] = weight

    @contextlib.contextmanager
    def seen(self, see):
        """Within it, see(layer, x, y) is given input and output of each down projection: [sequences, tokens, size]."""
        handles = [
            self.down(layer).register_forward_hook(lambda _, args, y, layer=layer: see(layer, args[0], y))
            for layer in range(len(self.layers))
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    @torch.no_grad()
    def hidden_states(self, ids):
        """The residual stream before each layer, for a sequence: a list of [1, tokens, hidden]."""
        states = []
        handles = [
            layer.register_forward_pre_hook(
                lambda _, args, options: states.append(args[0] if args else options["hidden_states"]), with_kwargs=True
            )
            for layer in self.layers
        ]
        try:
            self.model.model(torch.tensor([ids]), use_cache=False)
        finally:
            for handle in handles:
                handle.remove()
        return states

    @torch.no_grad()
    def logits_from(self, layer, hidden):
        """The logits [tokens, vocabulary], computed from the residual stream before a layer."""
        skipped = [Passed() for _ in range(layer)]
        self.model.model.layers = torch.nn.ModuleList(skipped + self.layers[layer:])
        try:
            return self.model(inputs_embeds=hidden, use_cache=False).logits[0]
        finally:
            self.model.model.layers = torch.nn.ModuleList(self.layers)

    def predictions(self, ids, edits, before=None):
        """What the unedited model predicts for a sequence, and each edited one; an edit is a list of changes."""
        states = self.hidden_states(ids)
        target = torch.tensor(ids[1:])[:, None]
        logits = self.logits_from(0, states[0])[:-1]
        base = log_softmax(logits)  # [tokens - 1, vocabulary]
        base_sum = torch.logsumexp(logits.double(), -1)
        result = [Predictions(-base.gather(1, target)[:, 0].numpy(), np.zeros(len(ids) - 1))]
        probability = base.exp()
        for edit in edits:
            first = min(change.layer for change in edit)
            with self.changed(edit):
                edited = log_softmax(self.logits_from(first, states[first])[:-1])
            result.append(
                Predictions(
                    -edited.gather(1, target)[:, 0].numpy(),
                    (probability * (base - edited)).sum(-1).numpy(),
                )
            )
        return result


class Passed(torch.nn.Module):
    """In the place of a layer that has been computed already."""

    def forward(self, hidden_states, *_, **__):
        return hidden_states


def log_softmax(logits):
    return torch.log_softmax(logits.double(), -1)


def effects(model, sequences, edits):
    """Mean NLL of the unedited model, and of each edit its mean rise and the mean KL divergence, in nats per token."""
    measured = [model.predictions(ids, edits) for ids in sequences]
    nll, divergence = (
        np.array([np.concatenate([getattr(of_edit, field) for of_edit in edit]).mean() for edit in zip(*measured)])
        for field in ("nll", "divergence")
    )
    return nll[0], list(zip(nll[1:] - nll[0], divergence[1:]))
