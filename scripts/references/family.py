"""What plain.py needs to know of a family."""

from dataclasses import dataclass, field

import torch
import transformers

# What down projections are called in the files, and output projections of recurrences.
DOWN = r".*(?:mlps?|feed_forward|mixer|experts|shared_experts?|ffn)(?:\.\d+)?\.(?:down_proj|w2)(?:\.weight)?"
RECURRENCE = r".*(?:mamba|mixer|linear_attn)\.out_proj\.weight"
ENCODER_DOWN = r"(?!.*attention\.).*(?:output\.dense|ffn\.lin2|ffn_output|mlp\.(?:Wo|down_proj|fc2))\.weight"


@dataclass(frozen=True)
class Family:
    """How a tiny model of a family is made.

    options: of its configuration class, model_type included. auto: the class that loads it. down, recurrence: what the
    tensors are called whose inputs and outputs are noted. masked: whether it predicts masked tokens. tokens: of each of two
    sequences. padding: a token that stands in them. rename: what is replaced in names of tensors. changed: options that
    config.json has otherwise than transformers writes it; None takes one away. transposed: whether matrices of experts that
    are stacked lie the other way round in the files than transformers writes them. gain: how much larger random matrices make
    what goes through them; less where a model makes much of rounding. first_seed: the first that is tried.
    """

    options: dict
    auto: str = "AutoModelForCausalLM"
    down: str = DOWN
    recurrence: str = ""
    masked: bool = False
    tokens: int = 20
    padding: int | None = None
    rename: tuple = ()
    changed: dict = field(default_factory=dict)
    transposed: bool = False
    gain: float = 1.6
    first_seed: int = 0

    @property
    def has_head(self):
        return "LM" in self.auto or "TextToText" in self.auto

    def of(self, config):
        kind = getattr(transformers, self.auto)
        settings = dict(attn_implementation="eager", dtype=torch.float32)
        return kind.from_config(config, **settings) if hasattr(kind, "from_config") else kind._from_config(config, **settings)

    def loaded(self, folder):
        """As it is stored, in float32."""
        model, info = getattr(transformers, self.auto).from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        if info["missing_keys"]:
            raise AssertionError(f"not in the files: {sorted(info['missing_keys'])[0]}")
        if hasattr(model, "set_experts_implementation"):
            model.set_experts_implementation("eager")
        return model.eval()

    def renamed(self, name):
        for old, new in self.rename:
            name = name.replace(old, new)
        return name
