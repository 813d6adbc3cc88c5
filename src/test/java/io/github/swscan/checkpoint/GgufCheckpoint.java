package io.github.swscan.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes a checkpoint of the families llama, mistral, mixtral or phi3 as a GGUF file, as llama.cpp's converter does: the
 * rows of queries and keys of llama and what is like it rearranged so that the two channels of a rotary pair are
 * neighbours, experts in one tensor, norms in F32.
 */
public final class GgufCheckpoint {

    /** In which format matrices are stored. */
    public enum Format {
        F32(0),
        F16(1),
        Q8_0(8),
        BF16(30);

        private final int number;

        Format(int number) {
            this.number = number;
        }
    }

    private static final int BLOCK = 32;

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("model.embed_tokens", "token_embd"),
            Map.entry("model.norm", "output_norm"),
            Map.entry("lm_head", "output"),
            Map.entry("input_layernorm", "attn_norm"),
            Map.entry("post_attention_layernorm", "ffn_norm"),
            Map.entry("self_attn.q_proj", "attn_q"),
            Map.entry("self_attn.k_proj", "attn_k"),
            Map.entry("self_attn.v_proj", "attn_v"),
            Map.entry("self_attn.qkv_proj", "attn_qkv"),
            Map.entry("self_attn.o_proj", "attn_output"),
            Map.entry("mlp.gate_proj", "ffn_gate"),
            Map.entry("mlp.up_proj", "ffn_up"),
            Map.entry("mlp.gate_up_proj", "ffn_up"),
            Map.entry("mlp.down_proj", "ffn_down"),
            Map.entry("block_sparse_moe.gate", "ffn_gate_inp"),
            Map.entry("w1", "ffn_gate_exps"),
            Map.entry("w2", "ffn_down_exps"),
            Map.entry("w3", "ffn_up_exps"));

    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.*)");
    private static final Pattern EXPERT = Pattern.compile("block_sparse_moe\\.experts\\.(\\d+)\\.(w\\d)");

    private final Checkpoint checkpoint;
    private final JsonNode config;
    private final GgufWriter writer = new GgufWriter();

    private GgufCheckpoint(Path model) {
        this.checkpoint = Checkpoint.open(CheckpointLocation.find(model));
        this.config = json(model.resolve("config.json"));
    }

    /**
     * The file, to be written as it is or with more metadata.
     *
     * @param model a folder with config.json
     */
    public static GgufWriter of(Path model, Format format) {
        GgufCheckpoint copy = new GgufCheckpoint(model);
        copy.metadata();
        copy.tensors(format);
        return copy.writer;
    }

    /** The same with the tokenizer of a byte-level tokenizer.json, its first token at the beginning of every text. */
    public static GgufWriter withTokenizer(Path model, Format format) {
        JsonNode tokenizer = json(model.resolve("tokenizer.json"));
        Map<Integer, String> tokens = new TreeMap<>();
        tokenizer
                .at("/model/vocab")
                .properties()
                .forEach(token -> tokens.put(token.getValue().intValue(), token.getKey()));
        List<Integer> types =
                new ArrayList<>(tokens.keySet().stream().map(id -> 1).toList());
        tokenizer.get("added_tokens").forEach(token -> types.set(token.get("id").intValue(), 3));
        List<String> merges = new ArrayList<>();
        tokenizer.at("/model/merges").forEach(merge -> merges.add(merge.textValue()));
        return of(model, format)
                .key("tokenizer.ggml.model", "gpt2")
                .key("tokenizer.ggml.pre", "gpt-2")
                .list("tokenizer.ggml.tokens", List.copyOf(tokens.values()))
                .list("tokenizer.ggml.token_type", types)
                .list("tokenizer.ggml.merges", merges)
                .key("tokenizer.ggml.bos_token_id", 0)
                .key("tokenizer.ggml.add_bos_token", true);
    }

    private static JsonNode json(Path file) {
        try {
            return JsonMapper.builder().build().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isPhi3() {
        return config.get("model_type").textValue().equals("phi3");
    }

    private int option(String name) {
        return config.get(name).intValue();
    }

    private void metadata() {
        String architecture = isPhi3() ? "phi3" : "llama";
        writer.key("general.architecture", architecture)
                .key(architecture + ".context_length", option("max_position_embeddings"))
                .key(architecture + ".embedding_length", option("hidden_size"))
                .key(architecture + ".block_count", option("num_hidden_layers"))
                .key(architecture + ".feed_forward_length", option("intermediate_size"))
                .key(architecture + ".attention.head_count", option("num_attention_heads"))
                .key(architecture + ".attention.head_count_kv", option("num_key_value_heads"))
                .key(architecture + ".rope.dimension_count", option("hidden_size") / option("num_attention_heads"))
                .key(architecture + ".rope.freq_base", config.get("rope_theta").floatValue())
                .key(
                        architecture + ".attention.layer_norm_rms_epsilon",
                        config.get("rms_norm_eps").floatValue());
        if (config.has("num_local_experts")) {
            writer.key(architecture + ".expert_count", option("num_local_experts"))
                    .key(architecture + ".expert_used_count", option("num_experts_per_tok"));
        }
    }

    private void tensors(Format format) {
        // By the names in the file, the experts of each in their order.
        Map<String, TreeMap<Integer, TensorInfo>> named = new TreeMap<>();
        checkpoint.tensors().values().forEach(tensor -> {
            String name = tensor.name().replaceFirst("\\.weight$", "");
            Matcher layer = LAYER.matcher(name);
            String prefix = layer.matches() ? "blk." + layer.group(1) + "." : "";
            String own = layer.matches() ? layer.group(2) : name;
            Matcher expert = EXPERT.matcher(own);
            boolean ofExpert = expert.matches();
            named.computeIfAbsent(
                            prefix + NAMES.get(ofExpert ? expert.group(2) : own) + ".weight", key -> new TreeMap<>())
                    .put(ofExpert ? Integer.parseInt(expert.group(1)) : 0, tensor);
        });
        named.forEach((name, parts) -> {
            TensorInfo first = parts.get(0);
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            Format stored = first.shape().size() == 1 ? Format.F32 : format;
            parts.values().forEach(part -> content.writeBytes(bytes(stored, values(part))));
            List<Long> shape = new ArrayList<>(first.shape());
            if (name.contains("_exps")) {
                shape.add(0, (long) parts.size());
            }
            writer.tensor(name, stored.number, shape, content.toByteArray());
        });
    }

    private float[] values(TensorInfo tensor) {
        float[] values = checkpoint.floats(tensor, 0, (int) tensor.elements(), 1);
        if (tensor.name().contains("q_proj")) {
            return neighbouring(values, tensor, option("num_attention_heads"));
        }
        return tensor.name().contains("k_proj") ? neighbouring(values, tensor, option("num_key_value_heads")) : values;
    }

    /** Of each head, the rows of its two halves by turns. */
    private static float[] neighbouring(float[] values, TensorInfo tensor, int heads) {
        int columns = Math.toIntExact(tensor.shape().get(1));
        int size = Math.toIntExact(tensor.shape().get(0)) / heads;
        float[] rearranged = new float[values.length];
        for (int row = 0; row < size * heads; row++) {
            int within = row % size;
            int from = row - within + within / 2 + within % 2 * (size / 2);
            System.arraycopy(values, from * columns, rearranged, row * columns, columns);
        }
        return rearranged;
    }

    private static byte[] bytes(Format format, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        switch (format) {
            case F32 -> bytes.asFloatBuffer().put(values);
            case F16 -> {
                for (float value : values) {
                    bytes.putShort(half(value));
                }
            }
            case BF16 -> {
                for (float value : values) {
                    bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
                }
            }
            case Q8_0 -> {
                for (int block = 0; block < values.length; block += BLOCK) {
                    putBlock(bytes, values, block);
                }
            }
        }
        return format == Format.F32 ? bytes.array() : java.util.Arrays.copyOf(bytes.array(), bytes.position());
    }

    private static void putBlock(ByteBuffer bytes, float[] values, int from) {
        float largest = 0;
        for (int i = from; i < from + BLOCK; i++) {
            largest = Math.max(largest, Math.abs(values[i]));
        }
        float scale = largest / Byte.MAX_VALUE;
        bytes.putShort(half(scale));
        for (int i = from; i < from + BLOCK; i++) {
            bytes.put((byte) (scale == 0 ? 0 : Math.round(values[i] / scale)));
        }
    }

    /** The nearest number in half precision, of those that are not too large for it. */
    private static short half(float value) {
        int sign = value < 0 ? 0x8000 : 0;
        double magnitude = Math.abs((double) value);
        int exponent = magnitude == 0 ? -14 : Math.max(-14, Math.getExponent(magnitude));
        long steps = Math.round(magnitude * Math.scalb(1.0, 10 - exponent));
        // From 1024 steps on the first is implied; what is rounded up to 2048 goes on in the next exponent.
        return (short) (sign | (((exponent + 14) << 10) + steps));
    }
}
