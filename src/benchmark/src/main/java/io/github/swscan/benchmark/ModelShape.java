package io.github.swscan.benchmark;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The sizes of a model that random weights are made for.
 *
 * @param experts how many experts each layer has, of which each token goes to two; 1: a dense model of the llama family
 */
record ModelShape(
        String name,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int keyValueHeads,
        int vocabularySize,
        int experts) {

    private static final Map<String, ModelShape> KNOWN = Stream.of(
                    new ModelShape("llama-160m", 768, 3072, 12, 12, 12, 32000, 1),
                    new ModelShape("tinyllama-1.1b", 2048, 5632, 22, 32, 4, 32000, 1),
                    new ModelShape("tinyllama-deep", 2048, 5632, 44, 32, 4, 32000, 1),
                    new ModelShape("llama-3b", 3200, 8640, 26, 32, 32, 32000, 1),
                    new ModelShape("llama-7b", 4096, 11008, 32, 32, 32, 32000, 1),
                    new ModelShape("mixture-7b", 2048, 5632, 22, 32, 8, 32000, 8),
                    new ModelShape("llama-70b", 8192, 28672, 80, 64, 8, 128256, 1))
            .collect(Collectors.toMap(ModelShape::name, shape -> shape, (one, other) -> one, LinkedHashMap::new));

    static List<String> names() {
        return List.copyOf(KNOWN.keySet());
    }

    static ModelShape named(String name) {
        ModelShape shape = KNOWN.get(name);
        if (shape == null) {
            throw new IllegalArgumentException(
                    "no shape is called " + name + "; there are " + String.join(", ", names()));
        }
        return shape;
    }

    /** A matrix or, with one row, a vector. */
    record Tensor(String name, int rows, int columns) {
        long elements() {
            return (long) rows * columns;
        }

        long bytes() {
            return elements() * Short.BYTES;
        }

        boolean isNorm() {
            return name.endsWith("norm.weight");
        }
    }

    int headSize() {
        return hiddenSize / heads;
    }

    boolean isMixture() {
        return experts > 1;
    }

    /** The prefix of the names of the three matrices of an expert, or of the only MLP. */
    String mlp(int layer, int expert) {
        return layer(layer) + (isMixture() ? "block_sparse_moe.experts." + expert + "." : "mlp.");
    }

    String gate() {
        return isMixture() ? "w1.weight" : "gate_proj.weight";
    }

    String up() {
        return isMixture() ? "w3.weight" : "up_proj.weight";
    }

    String down() {
        return isMixture() ? "w2.weight" : "down_proj.weight";
    }

    String layer(int layer) {
        return "model.layers." + layer + ".";
    }

    String router(int layer) {
        return layer(layer) + "block_sparse_moe.gate.weight";
    }

    /** All tensors, in the order in which a model uses them. */
    List<Tensor> tensors() {
        int keyValueSize = keyValueHeads * headSize();
        Stream<Tensor> blocks = Stream.iterate(0, layer -> layer + 1)
                .limit(layers)
                .flatMap(layer -> Stream.of(
                                Stream.of(
                                        new Tensor(layer(layer) + "input_layernorm.weight", 1, hiddenSize),
                                        new Tensor(layer(layer) + "self_attn.q_proj.weight", hiddenSize, hiddenSize),
                                        new Tensor(layer(layer) + "self_attn.k_proj.weight", keyValueSize, hiddenSize),
                                        new Tensor(layer(layer) + "self_attn.v_proj.weight", keyValueSize, hiddenSize),
                                        new Tensor(layer(layer) + "self_attn.o_proj.weight", hiddenSize, hiddenSize),
                                        new Tensor(layer(layer) + "post_attention_layernorm.weight", 1, hiddenSize)),
                                isMixture()
                                        ? Stream.of(new Tensor(router(layer), experts, hiddenSize))
                                        : Stream.<Tensor>empty(),
                                Stream.iterate(0, expert -> expert + 1)
                                        .limit(experts)
                                        .flatMap(expert -> Stream.of(
                                                new Tensor(mlp(layer, expert) + gate(), intermediateSize, hiddenSize),
                                                new Tensor(mlp(layer, expert) + up(), intermediateSize, hiddenSize),
                                                new Tensor(mlp(layer, expert) + down(), hiddenSize, intermediateSize))))
                        .flatMap(tensors -> tensors));
        return Stream.of(
                        Stream.of(new Tensor("model.embed_tokens.weight", vocabularySize, hiddenSize)),
                        blocks,
                        Stream.of(
                                new Tensor("model.norm.weight", 1, hiddenSize),
                                new Tensor("lm_head.weight", vocabularySize, hiddenSize)))
                .flatMap(tensors -> tensors)
                .toList();
    }

    Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", isMixture() ? "mixtral" : "llama");
        config.put("architectures", List.of(isMixture() ? "MixtralForCausalLM" : "LlamaForCausalLM"));
        config.put("hidden_size", hiddenSize);
        config.put("intermediate_size", intermediateSize);
        config.put("num_hidden_layers", layers);
        config.put("num_attention_heads", heads);
        config.put("num_key_value_heads", keyValueHeads);
        config.put("vocab_size", vocabularySize);
        if (isMixture()) {
            config.put("num_local_experts", experts);
            config.put("num_experts_per_tok", PlantedWeights.EXPERTS_PER_TOKEN);
        }
        config.put("hidden_act", "silu");
        config.put("rms_norm_eps", PlantedWeights.NORM_EPSILON);
        config.put("rope_theta", 10000.0);
        config.put("max_position_embeddings", 2048);
        config.put("tie_word_embeddings", false);
        config.put("bos_token_id", PlantedWeights.FIRST_TOKEN);
        config.put("eos_token_id", 2);
        config.put("torch_dtype", "bfloat16");
        return config;
    }
}
