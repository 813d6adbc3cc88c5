"""Looks for super weights as one does with a script: what scripts/compare runs beside swscan.

Hooks every down projection, takes the largest output of each layer and the weight that makes most of it, sets the weights
behind spikes (outputs above 50; where there are none, behind all of these outputs) to zero and looks again, until there
are as many weights as asked for. Then the effect of each on the mean NLL is measured by a pass of its own. All in float32,
sequences of one length in one batch.
"""

import argparse
import itertools
import json
import os
import pathlib

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")

import torch
import transformers

SPIKE = 50


def load(path):
    folder, file = (path, None) if os.path.isdir(path) else os.path.split(path)
    options = {"gguf_file": file} if file else {}
    return transformers.AutoModelForCausalLM.from_pretrained(folder or ".", dtype=torch.float32, **options).eval()


class Search:
    def __init__(self, model, sequences):
        self.model, self.passes = model, 0
        self.batches = [
            torch.tensor(list(batch)) for _, batch in itertools.groupby(sorted(sequences, key=len), key=len)
        ]
        self.downs = [layer.mlp.down_proj for layer in model.model.layers]

    @torch.no_grad()
    def mean_nll(self):
        self.passes += 1
        total = count = 0
        for batch in self.batches:
            logits = self.model(batch, use_cache=False).logits[:, :-1]
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten(), reduction="sum")
            total, count = total + loss.item(), count + batch[:, 1:].numel()
        return total / count

    @torch.no_grad()
    def largest_outputs(self):
        """(|output|, (layer, row, column)) of each layer, the largest first."""
        found = [(0, (layer, 0, 0)) for layer in range(len(self.downs))]

        def see(layer, x, y):
            token, row = divmod(int(y.abs().argmax()), y.shape[-1])
            value = y.flatten(0, 1)[token, row].abs().item()
            if value > found[layer][0]:
                column = int((self.downs[layer].weight[row] * x.flatten(0, 1)[token]).abs().argmax())
                found[layer] = value, (layer, row, column)

        hooks = [
            down.register_forward_hook(lambda _, args, y, layer=layer: see(layer, args[0], y))
            for layer, down in enumerate(self.downs)
        ]
        self.passes += 1
        for batch in self.batches:
            self.model.model(batch, use_cache=False)
        for hook in hooks:
            hook.remove()
        return sorted(found, reverse=True)

    def candidates(self, count):
        """So many weights, by (layer, row, column), with their values."""
        weights = {}
        while len(weights) < count:
            outputs = self.largest_outputs()
            spikes = [place for value, place in outputs if value > SPIKE and place not in weights]
            new = spikes or [place for _, place in outputs if place not in weights]
            if not new:
                break
            for layer, row, column in new[: count - len(weights)]:
                weights[layer, row, column] = self.downs[layer].weight[row, column].item()
                self.downs[layer].weight.data[row, column] = 0
        for (layer, row, column), value in weights.items():
            self.downs[layer].weight.data[row, column] = value
        return weights

    def rises(self, weights):
        """What removing each weight alone adds to the mean NLL."""
        base = self.mean_nll()
        rises = {}
        for (layer, row, column), value in weights.items():
            self.downs[layer].weight.data[row, column] = 0
            rises[f"{layer}:{row}:{column}"] = self.mean_nll() - base
            self.downs[layer].weight.data[row, column] = value
        return rises


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", metavar="MODEL", help="a GGUF file or a Hugging Face folder")
    arguments.add_argument("ids", metavar="IDS", type=pathlib.Path, help="JSON: an array of arrays of token ids")
    arguments.add_argument("--weights", type=int, required=True, metavar="N", help="how many are tested")
    arguments.add_argument("--threads", type=int, metavar="N")
    given = arguments.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    search = Search(load(given.model), json.loads(given.ids.read_text(encoding="utf-8")))
    rises = search.rises(search.candidates(given.weights))
    print(json.dumps({"passes": search.passes, "meanNllRises": rises}))


if __name__ == "__main__":
    main()
