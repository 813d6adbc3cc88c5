"""The families that plain.py makes tiny checkpoints of."""

from encoders import ENCODERS
from family import RECURRENCE, Family

SMALL = {
    "vocab_size": 97, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2, "tie_word_embeddings": False,
}  # fmt: skip
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16, "norm_topk_prob": True}
HYBRID = ["linear_attention", "linear_attention", "full_attention", "linear_attention"]
DELTA = {
    "linear_conv_kernel_dim": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8, "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
}  # fmt: skip
GEMMA4 = SMALL | {
    "model_type": "gemma4_text", "num_hidden_layers": 4, "global_head_dim": 12, "sliding_window": 6,
    "hidden_size_per_layer_input": 0, "tie_word_embeddings": True, "final_logit_softcapping": 30.0,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "full_attention"],
}  # fmt: skip
NEMOTRON_H = SMALL | {
    "model_type": "nemotron_h", "layers_block_type": ["mamba", "mlp", "mamba", "attention", "moe"], "num_hidden_layers": 5,
    "mamba_head_dim": 8, "mamba_num_heads": 4, "n_groups": 2, "ssm_state_size": 8, "chunk_size": 16,
    "n_routed_experts": 6, "n_group": 1, "topk_group": 1, "moe_shared_expert_intermediate_size": 20,
} | EXPERTS  # fmt: skip
ZAMBA2 = {key: value for key, value in SMALL.items() if key != "head_dim"} | {
    "model_type": "zamba2", "num_hidden_layers": 5, "num_key_value_heads": 4, "adapter_rank": 6,
    "layers_block_type": ["mamba", "hybrid", "hybrid", "mamba", "hybrid"], "num_mem_blocks": 2, "n_mamba_heads": 8,
    "mamba_d_state": 8, "mamba_ngroups": 2, "chunk_size": 16, "tie_word_embeddings": True,
}  # fmt: skip
LONGCAT = {key: value for key, value in SMALL.items() if key not in ("intermediate_size", "num_hidden_layers", "head_dim")} | {
    "model_type": "longcat_flash", "num_layers": 2, "num_key_value_heads": 4, "ffn_hidden_size": 48, "head_dim": 8,
    "expert_ffn_hidden_size": 16, "q_lora_rank": 12, "kv_lora_rank": 8, "qk_nope_head_dim": 6, "qk_rope_head_dim": 8,
    "v_head_dim": 12, "moe_topk": 3, "n_routed_experts": 5, "zero_expert_num": 3, "routed_scaling_factor": 2.5,
}  # fmt: skip
INKLING = SMALL | {
    "model_type": "inkling_text", "num_hidden_layers": 4, "swa_num_attention_heads": 6, "swa_num_key_value_heads": 3,
    "swa_head_dim": 10, "sliding_window_size": 5, "d_rel": 3, "rel_extent": 9, "local_layer_ids": [0, 2],
    "conv_kernel_size": 3, "n_routed_experts": 5, "n_shared_experts": 1, "route_scale": 1.5, "num_experts_per_tok": 3,
    "moe_intermediate_size": 16, "logits_mup_width_multiplier": 0.5, "mlp_layer_types": ["dense"] * 2 + ["sparse"] * 2,
}  # fmt: skip

DEEPSEEK_V4 = {key: value for key, value in SMALL.items() if key not in ("intermediate_size", "num_key_value_heads", "head_dim")} | {
    "model_type": "deepseek_v4", "head_dim": 16, "moe_intermediate_size": 16, "q_lora_rank": 12, "n_routed_experts": 4,
    "num_experts_per_tok": 2, "sliding_window": 6, "o_lora_rank": 8, "index_n_heads": 3, "index_head_dim": 12, "index_topk": 2,
}  # fmt: skip

QWEN4_EXP = {key: value for key, value in SMALL.items() if key != "intermediate_size"} | DELTA | EXPERTS | {
    "model_type": "qwen4_exp_text", "num_hidden_layers": 4, "hc_count": 2, "hc_lowrank": 6, "num_experts": 4,
    "shared_expert_intermediate_size": 24, "indexer_n_heads": 3, "indexer_kv_heads": 1, "indexer_head_dim": 12,
    "indexer_budget": 6, "indexer_compress_ratio": 3,
}  # fmt: skip

QWEN3_VL_MOE = {
    "model_type": "qwen3_vl_moe",
    "text_config": SMALL | {
        "model_type": "qwen3_vl_moe_text", "num_experts": 4, "decoder_sparse_step": 1, "mlp_only_layers": [1],
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]},
    } | EXPERTS,
    "vision_config": {
        "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 32, "patch_size": 2,
        "spatial_merge_size": 2, "temporal_patch_size": 1, "num_position_embeddings": 16, "deepstack_visual_indexes": [0],
    },
}  # fmt: skip

FAMILIES = {
    # one of each kind
    "llama": Family(SMALL | {"model_type": "llama"}),
    "qwen3_moe": Family(SMALL | {"model_type": "qwen3_moe", "num_experts": 4, "decoder_sparse_step": 1} | EXPERTS),
    "qwen3_5_text": Family(
        SMALL | DELTA | {"model_type": "qwen3_5_text", "num_hidden_layers": 4, "layer_types": HYBRID}, recurrence=RECURRENCE
    ),
    "nemotron_h-latent": Family(NEMOTRON_H | {"moe_latent_size": 12}, recurrence=RECURRENCE),
    "modernbert": ENCODERS["modernbert"],
    "bert-base": ENCODERS["bert-base"],
    # others
    "nemotron_h-biases": Family(
        NEMOTRON_H | {"moe_latent_size": 12, "mlp_bias": True, "use_bias": True, "n_routed_experts": 4}, recurrence=RECURRENCE
    ),
    "gemma4_text-experts": Family(
        GEMMA4 | {"enable_moe_block": True, "num_experts": 5, "top_k_experts": 2, "moe_intermediate_size": 16}
    ),
    "longcat_flash-scaled": Family(
        LONGCAT | {"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 10000.0, "mscale_all_dim": 1.0,
                                       "original_max_position_embeddings": 16}}
    ),
    "zamba2-adapters": Family(
        ZAMBA2 | {"use_shared_attention_adapter": True, "use_mem_rope": True, "add_bias_linear": True},
        recurrence=RECURRENCE, gain=0.8,
    ),
    "hy_v4": Family(
        SMALL | EXPERTS
        | {"model_type": "hy_v4", "num_key_value_heads": 4, "hc_mult": 3, "q_lora_rank": 12, "kv_lora_rank": 8,
           "qk_nope_head_dim": 6, "qk_rope_head_dim": 8, "v_head_dim": 12, "n_routed_experts": 4, "index_topk": 6,
           "index_head_dim": 12, "index_n_heads": 6, "num_hidden_layers": 4, "swiglu_limit": 3.0,
           "indexer_types": ["full", "full", "shared", "full"]},
        first_seed=18,
    ),
    "doge-biases": Family(
        SMALL | {"model_type": "doge", "keep_window_size": 7, "attention_bias": True, "mlp_bias": True, "sliding_window": 12}
    ),
    "doge-wide": Family(SMALL | {"model_type": "doge", "keep_window_size": 64, "head_dim": 12}),
    "gemma4_unified_text": Family(
        {key: value for key, value in GEMMA4.items() if key != "hidden_size_per_layer_input"}
        | {"model_type": "gemma4_unified_text", "num_hidden_layers": 11, "num_kv_shared_layers": 2, "intermediate_size": 32,
           "layer_types": (["sliding_attention", "sliding_attention", "full_attention"] * 4)[:10] + ["full_attention"]}
    ),
    "hyperclovax": Family(
        SMALL | {"model_type": "hyperclovax", "embedding_multiplier": 2.0, "logits_scaling": 0.7, "residual_multiplier": 0.8}
    ),
    "hyperclovax-plain": Family(
        SMALL | {"model_type": "hyperclovax", "use_post_norm": False, "attention_multiplier": 0.2, "attention_bias": True}
    ),
    "sarvam_moe": Family(
        SMALL | EXPERTS | {"model_type": "sarvam_moe", "n_routed_experts": 4, "n_group": 2, "topk_group": 1, "head_dim": 12},
        changed={"n_routed_experts": None, "num_experts": 4},
    ),
    "inkling_text-published": Family(
        INKLING | {"hidden_act": "gelu_pytorch_tanh", "vocab_size": 120, "unpadded_vocab_size": 97},
        changed={"layer_types": None, "mlp_layer_types": None, "dense_mlp_idx": 2, "dense_intermediate_size": 48,
                 "intermediate_size": 16, "moe_intermediate_size": None, "conv_kernel_size": None, "sconv_kernel_size": 3,
                 "sliding_window_size": None, "sliding_window": 5, "max_position_embeddings": None, "model_max_length": 64,
                 "logits_mup_width_multiplier": None, "embedding_multiplier": 0.5},
    ),
    "inkling_text-six": Family(
        INKLING | {"num_hidden_layers": 6, "local_layer_ids": None, "mlp_layer_types": None, "log_scaling_n_floor": 3,
                   "log_scaling_alpha": 0.7, "n_shared_experts": 3, "n_routed_experts": 2, "num_experts_per_tok": 1,
                   "moe_intermediate_size": 8, "intermediate_size": 16, "d_rel": 2},
    ),
    "deepseek_v4-yarn": Family(
        DEEPSEEK_V4
        | {"num_hidden_layers": 5, "compress_rates": {"compressed_sparse_attention": 3, "heavily_compressed_attention": 5},
           "o_groups": 4, "hc_mult": 3, "hc_sinkhorn_iters": 2, "mlp_bias": True, "scoring_func": "sigmoid", "swiglu_limit": 5.0,
           "tie_word_embeddings": True, "mlp_layer_types": ["moe", "hash_moe", "moe", "moe", "moe"], "hidden_act": "gelu",
           "rope_parameters": {"main": {"rope_type": "linear", "factor": 2.0, "rope_theta": 5000.0, "partial_rotary_factor": 0.25},
                               "compress": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 40000.0, "beta_fast": 4.0,
                                            "original_max_position_embeddings": 16, "partial_rotary_factor": 0.75}},
           "layer_types": ["sliding_attention", "heavily_compressed_attention", "heavily_compressed_attention",
                           "compressed_sparse_attention", "heavily_compressed_attention"]},
    ),
    "deepseek_v4-published": Family(
        DEEPSEEK_V4
        | {"num_hidden_layers": 4, "o_groups": 2, "compress_rate_csa": 2, "compress_rate_hca": 7, "num_hash_layers": 2,
           "compress_ratios": [128, 4, 0, 4, 0], "qk_rope_head_dim": 10, "hc_sinkhorn_iters": 5,
           "rope_scaling": {"type": "yarn", "factor": 16, "original_max_position_embeddings": 8, "beta_fast": 32, "beta_slow": 1}},
        rename=(("model.embed_tokens.", "embed."), ("model.hc_head.hc_", "hc_head_"), (".attn.norm.", ".attn.kv_norm."),
                ("model.", "")),
        changed={"layer_types": None, "mlp_layer_types": None, "rope_parameters": None, "partial_rotary_factor": None,
                 "compress_rates": None, "compress_rate_csa": 2, "compress_rate_hca": 7, "num_hash_layers": 2,
                 "compress_ratios": [128, 4, 0, 4, 0], "qk_rope_head_dim": 10,
                 "rope_scaling": {"type": "yarn", "factor": 16, "original_max_position_embeddings": 8, "beta_fast": 32,
                                  "beta_slow": 1}},
    ),
    "qwen4_exp_text-ngrams": Family(
        QWEN4_EXP
        | {"hc_count": 3, "ple_layer_ids": [1, 3], "ple_embed_dim": 24, "ngram_size": 3, "heads_per_ngram": 3, "eos_token_id": [80, 2],
           "ngram_vocab_size_base": 13, "make_ngram_vocab_size_divisible_by": 8, "split_ngram_parts": 2, "ple_conv_kernel_size": 3},
        recurrence=RECURRENCE,
    ),
    "qwen4_exp_text-partial": Family(
        QWEN4_EXP
        | {"hc_count": 4, "num_hidden_layers": 3, "layer_types": ["full_attention", "linear_attention", "full_attention"],
           "head_dim": 16, "attention_bias": True, "norm_topk_prob": False, "tie_word_embeddings": True,
           "output_gate_type": "sigmoid", "hidden_act": "silu", "indexer_budget": 4, "indexer_compress_ratio": 4,
           "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 50000.0, "partial_rotary_factor": 0.5,
                               "original_max_position_embeddings": 16}},
        recurrence=RECURRENCE,
    ),
    "qwen4_exp": Family(
        {"model_type": "qwen4_exp", "text_config": QWEN4_EXP | {"num_hidden_layers": 2, "layer_types": HYBRID[1:3]},
         "vision_config": {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 32,
                           "patch_size": 2, "spatial_merge_size": 2, "temporal_patch_size": 1, "num_position_embeddings": 16}},
        "AutoModelForImageTextToText", recurrence=RECURRENCE,
    ),
    "qwen3_vl_moe": Family(QWEN3_VL_MOE, "AutoModelForImageTextToText"),
    "qwen3_vl_moe-transposed": Family(QWEN3_VL_MOE, "AutoModelForImageTextToText", transposed=True),
} | ENCODERS  # fmt: skip

KINDS = ["llama", "qwen3_moe", "qwen3_5_text", "nemotron_h-latent", "modernbert", "bert-base"]
