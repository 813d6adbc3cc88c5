"""The forward pass of a Llama model in numpy, float32, with a look at every down projection.

It is written apart from the model that is trained (model.py), so the measurements need no PyTorch
and check the exported files by a second implementation.
"""

import json
import os

import numpy as np

import safetensors_io


class Model:
    """Weights of a folder in Hugging Face layout; edit `weights` in place to ablate something."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        self.weights = safetensors_io.load(os.path.join(folder, "model.safetensors"))
        self.layers = self.config["num_hidden_layers"]
        self.context = self.config["max_position_embeddings"]

    def down_projection(self, layer):
        return self.weights[f"model.layers.{layer}.mlp.down_proj.weight"]

    def forward(self, ids, look=None, after_layer=None):
        """Returns the logits [sequence, token, vocabulary] of a batch of ids [sequence, token].

        look(layer, x, y) sees what goes into each down projection and what comes out;
        after_layer(layer, hidden) sees the residual stream and may change it in place.
        """
        cos, sin = self._rotary_tables(ids.shape[1])
        hidden = self.weights["model.embed_tokens.weight"][ids]
        for layer in range(self.layers):
            prefix = f"model.layers.{layer}."
            z = self._norm(prefix + "input_layernorm", hidden)
            hidden = hidden + self._attention(prefix, z, cos, sin)
            z = self._norm(prefix + "post_attention_layernorm", hidden)
            gate = self._linear(prefix + "mlp.gate_proj", z)
            x = gate / (1 + np.exp(-gate)) * self._linear(prefix + "mlp.up_proj", z)
            y = self._linear(prefix + "mlp.down_proj", x)
            if look:
                look(layer, x, y)
            hidden = hidden + y
            if after_layer:
                after_layer(layer, hidden)
        return self._linear("lm_head", self._norm("model.norm", hidden))

    def _linear(self, name, x):
        return x @ self.weights[name + ".weight"].T

    def _norm(self, name, x):
        mean = np.square(x).mean(-1, keepdims=True)
        return x / np.sqrt(mean + self.config["rms_norm_eps"]) * self.weights[name + ".weight"]

    def _rotary_tables(self, tokens):
        size = self.config["hidden_size"] // self.config["num_attention_heads"]
        frequencies = self.config["rope_theta"] ** (-np.arange(0, size, 2) / size)
        angles = np.tile(np.outer(np.arange(tokens), frequencies), 2)
        return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)

    def _attention(self, prefix, x, cos, sin):
        sequences, tokens, width = x.shape
        heads = self.config["num_attention_heads"]

        def split(name):
            projected = self._linear(prefix + "self_attn." + name, x)
            return projected.reshape(sequences, tokens, heads, -1).transpose(0, 2, 1, 3)

        def rotate(vector):
            first, second = np.split(vector, 2, axis=-1)
            return vector * cos + np.concatenate([-second, first], -1) * sin

        q, k, v = rotate(split("q_proj")), rotate(split("k_proj")), split("v_proj")
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(q.shape[-1]))
        scores[..., np.triu(np.ones((tokens, tokens), dtype=bool), 1)] = -np.inf
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        y = scores / scores.sum(-1, keepdims=True) @ v
        return self._linear(prefix + "self_attn.o_proj",
                            y.transpose(0, 2, 1, 3).reshape(sequences, tokens, width))
