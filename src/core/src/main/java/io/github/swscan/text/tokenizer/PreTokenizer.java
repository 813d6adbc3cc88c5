package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.input.BuiltInResource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * How a byte-level tokenizer takes a text apart before it joins bytes. GGUF files only name it; what the names stand for
 * lies in a file beside this class, after llama.cpp's {@code llama-vocab.cpp} and the tokenizer.json files of the models.
 *
 * @param normalizer the form of Unicode into which a text is brought first
 * @param patterns regular expressions, each of which splits what those before it have left
 * @param ignoreMerges whether a part that is a token as a whole is taken as it is
 * @param addBos whether texts begin with the token for it, unless a file says otherwise
 */
record PreTokenizer(Optional<String> normalizer, List<String> patterns, boolean ignoreMerges, boolean addBos) {

    private static final Map<String, PreTokenizer> BY_NAME = StreamSupport.stream(
                    BuiltInResource.json(PreTokenizer.class, "gguf-pretokenizers.json")
                            .spliterator(),
                    false)
            .flatMap(entry -> texts(entry, "names").stream().map(name -> Map.entry(name, of(entry))))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    /** The one that llama.cpp knows by a name, if it is supported. */
    static Optional<PreTokenizer> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    private static PreTokenizer of(JsonNode entry) {
        return new PreTokenizer(
                Optional.ofNullable(entry.path("normalizer").textValue()),
                texts(entry, "patterns"),
                entry.path("ignoreMerges").booleanValue(),
                entry.path("addBos").booleanValue());
    }

    private static List<String> texts(JsonNode entry, String field) {
        return StreamSupport.stream(entry.get(field).spliterator(), false)
                .map(JsonNode::textValue)
                .toList();
    }
}
