package io.github.swscan.cli;

import io.github.swscan.fixture.HostileInput;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/** Files config.json and tokenizer.json that describe no model and no tokenizer. */
final class HostileDescriptions {

    private static final List<String> SIZES =
            List.of("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size");

    private HostileDescriptions() {}

    static Stream<HostileInput> all() {
        return Stream.of(configs(), sizes(), options(), tokenizers(), tokenIds())
                .flatMap(inputs -> inputs);
    }

    private static Stream<HostileInput> configs() {
        return Stream.of(
                config("", "is empty; download the file again"),
                config("[]", "is not a JSON object"),
                config("{", "is not valid JSON"),
                config("{} {}", "is not valid JSON"),
                config("{}", "model_type: is missing"),
                config("{\"model_type\": 7}", "model_type: is 7 where a name is needed"),
                config("{\"model_type\": \"no\\nsuch\"}", "model_type: the family \"no\\u000asuch\" is not supported"),
                config("{\"model_type\": \"../llama\"}", "model_type: the family \"../llama\" is not supported"),
                folder(
                        "config.json: nothing but a family",
                        "model.safetensors",
                        "model.embed_tokens.weight: has shape [97, 32] where config.json asks for [32000, 4096]",
                        model -> Files.writeString(model.resolve("config.json"), "{\"model_type\": \"llama\"}")),
                config("{\"a\": 1, \"a\": 1}", "Duplicate field 'a'"),
                config("{\"a\": " + "[".repeat(100_000), "is not valid JSON"),
                config("{\"a\": " + "9".repeat(100_000) + "}", "is not valid JSON"),
                config("{\"a\": \"" + "x".repeat(11_000_000) + "\"}", "is larger than 10000000 bytes"),
                config("\ufeff\ufeff{}", "is not valid JSON"));
    }

    /** No size can be any of these. */
    private static Stream<HostileInput> sizes() {
        return Stream.of(
                        "0",
                        "-32",
                        "32.5",
                        "1e3",
                        "1e400",
                        "2147483648",
                        "9223372036854775807",
                        "9".repeat(100),
                        "\"32\"",
                        "true",
                        "[32]")
                .flatMap(value -> SIZES.stream().map(size -> option(size, value, size + ": is ")));
    }

    private static Stream<HostileInput> options() {
        return Stream.of(
                option("hidden_size", "NaN", "hidden_size: is NaN where a positive whole number"),
                option("hidden_size", "Infinity", "hidden_size: is Infinity where a positive whole number"),
                option("rms_norm_eps", "NaN", "rms_norm_eps: is NaN where a positive number"),
                option("rope_theta", "-Infinity", "rope_theta: is -Infinity where a positive number"),
                option("hidden_size", "nan", "is not valid JSON"),
                option("hidden_size", "00", "is not valid JSON"),
                option("hidden_size", "64", "model.safetensors", "has shape"),
                option(
                        "hidden_size",
                        "268435457",
                        "hidden_size: is 268435457 where a positive whole number of at most"),
                option("num_hidden_layers", "4", "model", "the tensor is missing, though config.json describes"),
                option("num_hidden_layers", "10001", "num_hidden_layers: is 10001, more than 10000"),
                option("num_hidden_layers", "10000", "num_hidden_layers: is 10000, more than there are tensors"),
                option(
                        "num_attention_heads",
                        "5",
                        "num_key_value_heads: is 2, which does not divide the 5 attention heads"),
                option(
                        "num_key_value_heads",
                        "3",
                        "num_key_value_heads: is 3, which does not divide the 4 attention heads"),
                option("num_key_value_heads", "0", "num_key_value_heads: is 0 where"),
                option("head_dim", "0", "head_dim: is 0 where"),
                option("head_dim", "7", "head_dim: is 7, but rotary positions pair channels"),
                option("rms_norm_eps", "-1", "rms_norm_eps: is -1 where a positive number"),
                option("rms_norm_eps", "1e400", "rms_norm_eps: is Infinity where a positive number"),
                option("rms_norm_eps", "\"small\"", "rms_norm_eps: is \"small\" where"),
                option("rope_theta", "0", "rope_theta: is 0 where"),
                option("rope_theta", "-10000", "rope_theta: is -10000 where"),
                option(
                        "rope_scaling",
                        "{\"type\": \"linear\", \"factor\": 0}",
                        "rope_scaling.factor: is 0 where a positive number"),
                option(
                        "rope_scaling",
                        "{\"type\": \"linear\", \"factor\": -2}",
                        "rope_scaling.factor: is -2 where a positive number"),
                option("rope_scaling", "{\"type\": \"spiral\"}", "rope_scaling.rope_type: \"spiral\" is not supported"),
                option("rope_scaling", "7", "rope_scaling: is not an object"),
                option("hidden_act", "\"eval\"", "hidden_act: the activation function \"eval\" is not supported"),
                option("hidden_act", "7", "hidden_act: is 7 where a text is needed"),
                option("max_position_embeddings", "0", "max_position_embeddings: is 0 where"),
                option("tie_word_embeddings", "\"yes\"", "tie_word_embeddings: is \"yes\" where true or false"));
    }

    private static Stream<HostileInput> tokenizers() {
        String model = "\"model\": {\"type\": \"WordLevel\", \"unk_token\": \"a\", \"vocab\": {\"a\": 0}}";
        return Stream.of(
                tokenizer("", "is empty; download the file again"),
                tokenizer("[]", "is not a JSON object"),
                tokenizer("{", "is not valid JSON"),
                tokenizer("{}", "is not a tokenizer that can be used"),
                tokenizer("{} {}", "has something after the JSON object"),
                tokenizer("{\"model\": 7}", "is not a tokenizer that can be used"),
                tokenizer("{\"model\": {\"type\": \"XYZ\"}}", "is not a tokenizer that can be used"),
                tokenizer("{\"version\": \"9.9\", " + model + "}", "Unknown tokenizer version '9.9'"),
                tokenizer("{\"a\":".repeat(1_000_000), "is not valid JSON"),
                tokenizer("{\"normalizer\": [\"\"], " + model + "}", "normalizer: is not an object"),
                tokenizer(
                        "{\"normalizer\": {\"type\": \"Prepend\", \"prepend\": \"\"}}",
                        "normalizer: prepends an empty"),
                tokenizer("{\"decoder\": 1e999, " + model + "}", "cannot be represented"),
                tokenizer("{\"decoder\": \"\\ud800\", " + model + "}", "cannot be represented"),
                tokenizer(
                        "{\"model\": {\"type\": \"BPE\", \"continuing_subword_prefix\": \"#\"}}",
                        "model.continuing_subword_prefix: is not supported"),
                folder(
                        "a device in place of the tokenizer",
                        "tokenizer.json",
                        "is not a regular file",
                        path -> Files.createSymbolicLink(path.resolve("tokenizer.json"), Path.of("/dev/zero"))));
    }

    private static Stream<HostileInput> tokenIds() {
        return Stream.of(
                ids("", "is not a JSON array of arrays"),
                ids("[[1, 2", "is not valid JSON"),
                ids("{\"ids\": [1, 2]}", "is not supported; token ids are input_ids and labels alone"),
                ids("[]", "is not a JSON array of arrays"),
                ids("[1, 2, 3]", "sequence 0: is not an array"),
                ids("[[1, 2], []]", "sequence 1: is not an array"),
                ids("[[1, \"two\"]]", "sequence 0, position 1: is \"two\""),
                ids("[[1, 2.5]]", "sequence 0, position 1: is 2.5"),
                ids("[[1], [3, -1]]", "sequence 1, position 1: is -1, not a token id from 0 to 96"),
                ids("[[96, 97]]", "sequence 0, position 1: is 97, not a token id from 0 to 96"),
                ids("[[1, 99999999999]]", "sequence 0, position 1: is 99999999999"),
                ids("[[1], [2]]", "has no sequence of two tokens or more"),
                ids("[".repeat(100_000), "is not valid JSON"),
                new HostileInput(
                        "token ids without an end",
                        List.of("/dev/zero: is larger than 100000000 bytes"),
                        HostileDescriptions::llama,
                        List.of("{}", "--token-ids", "/dev/zero")));
    }

    private static HostileInput config(String content, String complaint) {
        String shown = content.length() > 60 ? content.substring(0, 60) + "..." : content;
        return folder(
                "config.json: " + shown,
                "config.json",
                complaint,
                model -> Files.writeString(model.resolve("config.json"), content));
    }

    /** Another value for an option. */
    private static HostileInput option(String option, String value, String complaint) {
        return option(option, value, "config.json", complaint);
    }

    /** The same, where another file does not fit it. */
    private static HostileInput option(String option, String value, String file, String complaint) {
        return folder("config.json: " + option + " " + value, file, complaint, model -> {
            Path config = model.resolve("config.json");
            String changed = Files.readString(config)
                    .replaceFirst("(\"" + option + "\": )[^,\\n]+", "$1" + Matcher.quoteReplacement(value));
            Files.writeString(config, changed);
        });
    }

    private static HostileInput tokenizer(String content, String complaint) {
        String shown = content.length() > 60 ? content.substring(0, 60) + "..." : content;
        return folder(
                "tokenizer.json: " + shown,
                "tokenizer.json",
                complaint,
                model -> Files.write(model.resolve("tokenizer.json"), content.getBytes(StandardCharsets.UTF_8)));
    }

    private static HostileInput ids(String content, String complaint) {
        String shown = content.length() > 60 ? content.substring(0, 60) + "..." : content;
        return new HostileInput(
                "token ids: " + shown,
                List.of("ids.json: ", complaint),
                model -> {
                    llama(model);
                    Files.writeString(model.resolve("ids.json"), content);
                },
                List.of("{}", "--token-ids", "{}/ids.json"));
    }

    private static HostileInput folder(String name, String file, String complaint, HostileInput.Making making) {
        return HostileInput.of(name, file, complaint, model -> {
            llama(model);
            making.in(model);
        });
    }

    private static void llama(Path model) throws IOException {
        Models.copy(Models.reference("llama"), model);
    }
}
