"""The encoders that plain.py makes tiny checkpoints of."""

from family import ENCODER_DOWN, Family

MASK = 3
ENCODER = {
    "vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "max_position_embeddings": 40, "pad_token_id": 0,
}
DISTIL = {"vocab_size": 97, "dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 2, "max_position_embeddings": 40}
SLIDING = ["sliding_attention", "full_attention", "sliding_attention"]

# How each differs otherwise: tokens a sequence, padding in it, the class, names, options of config.json.
VARIANTS = {
    "modernbert": (ENCODER | {"model_type": "modernbert", "local_attention": 6}, {}),
    "bert-base": (ENCODER | {"model_type": "bert"}, {"class": "AutoModel"}),
    "bert-legacy-names": (ENCODER | {"model_type": "bert", "hidden_act": "gelu_new", "layer_norm_eps": 1e-5},
                          {"rename": [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")]}),
    "bert-untied": (ENCODER | {"model_type": "bert", "hidden_act": "relu", "tie_word_embeddings": False}, {}),
    "roberta-padding": (ENCODER | {"model_type": "roberta", "pad_token_id": 1, "type_vocab_size": 2}, {"padding": 1}),
    "roberta-classifier": (ENCODER | {"model_type": "roberta", "pad_token_id": 5},
                           {"class": "AutoModelForSequenceClassification"}),
    "ernie-task": (ENCODER | {"model_type": "ernie", "use_task_id": True, "task_type_vocab_size": 2}, {}),
    "electra-one-size": (ENCODER | {"model_type": "electra", "embedding_size": 32, "hidden_act": "relu"}, {}),
    "distilbert-relu": (DISTIL | {"model_type": "distilbert", "activation": "relu", "tie_word_embeddings": False}, {}),
    "albert-groups": (ENCODER | {"model_type": "albert", "embedding_size": 32, "num_hidden_layers": 5,
                               "num_hidden_groups": 2, "inner_group_num": 2, "type_vocab_size": 1}, {}),
    "deberta-v2-conv": (ENCODER | {"model_type": "deberta-v2", "relative_attention": True, "position_buckets": 6,
                                 "pos_att_type": "c2p|p2c", "norm_rel_ebd": "none", "position_biased_input": True,
                                 "type_vocab_size": 2, "embedding_size": 16, "conv_kernel_size": 3, "conv_groups": 2,
                                 "conv_act": "gelu", "share_att_key": False}, {"tokens": 40}),
    "deberta-v2-new-head": (ENCODER | {"model_type": "deberta-v2", "relative_attention": True, "pos_att_type": ["p2c"],
                                     "max_relative_positions": 8, "norm_rel_ebd": "layer_norm", "legacy": False,
                                     "position_biased_input": False, "share_att_key": True}, {}),
    "deberta-v2-absolute": (ENCODER | {"model_type": "deberta-v2", "pos_att_type": None}, {}),
    "modernbert-biases": (ENCODER | {"model_type": "modernbert", "norm_bias": True, "attention_bias": True,
                                   "mlp_bias": True, "classifier_bias": True, "decoder_bias": False,
                                   "tie_word_embeddings": False, "local_attention": 5, "layer_types": SLIDING,
                                   "rope_parameters": {
                                       "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 5000.0},
                                       "sliding_attention": {"rope_type": "default", "rope_theta": 300.0}}}, {}),
    "modernbert-4": (ENCODER | {"model_type": "modernbert", "num_hidden_layers": 5, "local_attention": 8,
                              "layer_types": [SLIDING[i % 2 == 0] for i in range(5)],
                              "rope_parameters": {
                                  "full_attention": {"rope_type": "default", "rope_theta": 5000.0},
                                  "sliding_attention": {"rope_type": "default", "rope_theta": 300.0}}},
                     {"options": {"layer_types": None, "rope_parameters": None, "global_attn_every_n_layers": 2,
                                  "global_rope_theta": 5000.0, "local_rope_theta": 300.0}}),
    "modernbert-base": (ENCODER | {"model_type": "modernbert", "local_attention": 6, "layer_types": SLIDING},
                        {"class": "AutoModel"}),
    "eurobert-grouped": (ENCODER | {"model_type": "eurobert", "num_key_value_heads": 2, "head_dim": 12, "mlp_bias": True,
                                  "attention_bias": True, "tie_word_embeddings": True, "mask_token_id": MASK}, {}),
    "nomic_bert-old-options": (ENCODER | {"model_type": "nomic_bert", "type_vocab_size": 1},
                               {"options": {**{option: None for option in ENCODER}, "vocab_size": 97, "n_embd": 32,
                                            "n_inner": 48, "n_layer": 3, "n_head": 4, "n_positions": 40,
                                            "layer_norm_eps": None, "layer_norm_epsilon": 1e-12,
                                            "rope_parameters": None, "rotary_emb_base": 1000,
                                            "hidden_act": None, "activation_function": "swiglu", "head_dim": None}}),
    "gte-no-types": (ENCODER | {"model_type": "gte", "type_vocab_size": 0, "hidden_act": "gelu_new",
                              "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 500.0}},
                     {"rename": [("gte.", "new.")], "tokens": 40}),
    "jina_embeddings_v3-yarn": (ENCODER | {"model_type": "jina_embeddings_v3", "type_vocab_size": 2,
                                         "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 500.0,
                                                             "original_max_position_embeddings": 10}}, {}),
    "mpnet-far": (ENCODER | {"model_type": "mpnet", "pad_token_id": 1, "max_position_embeddings": 202,
                           "relative_attention_num_buckets": 40}, {"tokens": 200, "padding": 1}),
}


def encoder(options, extras):
    return Family(
        options,
        extras.get("class", "AutoModelForMaskedLM"),
        ENCODER_DOWN,
        masked=True,
        tokens=extras.get("tokens", 20),
        padding=extras.get("padding"),
        rename=tuple(extras.get("rename", ())),
        changed=extras.get("options", {}),
    )


ENCODERS = {name: encoder(*variant) for name, variant in VARIANTS.items()}
