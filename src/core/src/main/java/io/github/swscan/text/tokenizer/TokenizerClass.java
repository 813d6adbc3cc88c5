package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.BuiltInResource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * What a tokenizer's class, which {@code tokenizer_config.json} names, makes of the files with its vocabulary. All classes
 * lie in a file beside this one, after the tokenizer classes of transformers 5.24, its {@code convert_slow_tokenizer.py},
 * and tiktoken's {@code openai_public.py}.
 *
 * <p>A class is a tokenizer.json with blanks. A text {@code $NAME} stands for the setting of that name. A step with
 * {@code if} is left out unless all settings that it names are true, one with {@code unless} if any is. A class that reads
 * {@code none} of the files is there for its name: it is what a family has, and is not supported.
 */
record TokenizerClass(JsonNode description) {

    /** The one that goes by SentencePiece's own options, for models whose class adds nothing to them. */
    static final String GENERAL = "TokenizersBackend";

    /** The kind of files that a class reads. */
    enum Files {
        MERGES("merges"),
        WORDS("words"),
        SENTENCE_PIECE("sentencepiece"),
        TIKTOKEN("tiktoken"),
        TEKKEN("tekken");

        private final String label;

        Files(String label) {
            this.label = label;
        }
    }

    private static final List<TokenizerClass> ALL = StreamSupport.stream(
                    BuiltInResource.json(TokenizerClass.class, "tokenizer-classes.json")
                            .spliterator(),
                    false)
            .map(TokenizerClass::new)
            .toList();

    /** The one of a name that reads such files. */
    static Optional<TokenizerClass> named(String name, Files files) {
        return ALL.stream()
                .filter(one -> one.reads(files) && one.lists("names", name))
                .findFirst();
    }

    /** The name of the one that a model's tokenizer has unless it says otherwise. */
    static Optional<String> nameFor(String modelType) {
        return ALL.stream()
                .filter(one -> one.lists("modelTypes", modelType))
                .map(one -> one.description.get("names").get(0).textValue())
                .findFirst();
    }

    private boolean reads(Files files) {
        return description.get("files").textValue().equals(files.label);
    }

    private boolean lists(String field, String name) {
        return StreamSupport.stream(description.get(field).spliterator(), false)
                .anyMatch(one -> one.textValue().equals(name));
    }

    /** The special tokens that it has unless a file says otherwise, by their parts: {@code bos_token} and others. */
    Map<String, JsonNode> tokens() {
        return description.get("tokens").properties().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Further tokens that are found in a text as they are. */
    List<String> extraTokens() {
        return texts(description.path("extraTokens"));
    }

    /** The ids of tokens that no file has. */
    JsonNode tokenIds() {
        return description.path("tokenIds");
    }

    /** The settings that it has unless a file says otherwise. */
    JsonNode settings() {
        return description.get("settings");
    }

    /** How the pieces of SentencePiece become a vocabulary; missing where they are one. */
    JsonNode vocabulary() {
        return description.path("vocabulary");
    }

    /** The parts of the special tokens around a text, which is A; empty where settings say it. */
    List<String> template() {
        return texts(description.path("template"));
    }

    /** Whether its tokens are the likeliest ones. */
    boolean goesByScores() {
        return description.get("model").get("type").textValue().equals("Unigram");
    }

    /** Whether it takes what kind of model it is from the file. */
    boolean takesAnyModel() {
        return description.get("model").get("type").textValue().startsWith("$");
    }

    ObjectNode model(Map<String, JsonNode> settings) {
        return (ObjectNode) filled(description.get("model"), settings).orElseThrow();
    }

    JsonNode normalizer(Map<String, JsonNode> settings) {
        return steps("normalizer", "normalizers", settings);
    }

    JsonNode preTokenizer(Map<String, JsonNode> settings) {
        return steps("preTokenizer", "pretokenizers", settings);
    }

    JsonNode decoder(Map<String, JsonNode> settings) {
        return steps("decoder", "decoders", settings);
    }

    private JsonNode steps(String field, String name, Map<String, JsonNode> settings) {
        ArrayNode steps =
                (ArrayNode) filled(description.path(field), settings).orElseGet(JsonNodeFactory.instance::arrayNode);
        if (steps.isEmpty()) {
            return NullNode.instance;
        }
        ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
        sequence.set(name, steps);
        return sequence;
    }

    private static Optional<JsonNode> filled(JsonNode blank, Map<String, JsonNode> settings) {
        if (blank.isTextual() && blank.textValue().startsWith("$")) {
            return Optional.of(settings.getOrDefault(blank.textValue().substring(1), NullNode.instance));
        }
        if (blank.isArray()) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            blank.forEach(one -> filled(one, settings).ifPresent(array::add));
            return Optional.of(array);
        }
        if (!blank.isObject()) {
            return Optional.of(blank).filter(value -> !value.isMissingNode());
        }
        boolean used = texts(blank.path("if")).stream().allMatch(name -> isTrue(settings, name))
                && texts(blank.path("unless")).stream().noneMatch(name -> isTrue(settings, name));
        if (!used) {
            return Optional.empty();
        }
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        blank.properties().stream()
                .filter(field -> !field.getKey().equals("if") && !field.getKey().equals("unless"))
                .forEach(field ->
                        filled(field.getValue(), settings).ifPresent(value -> object.set(field.getKey(), value)));
        return Optional.of(object);
    }

    /** A text counts unless it is empty. */
    private static boolean isTrue(Map<String, JsonNode> settings, String name) {
        JsonNode value = settings.getOrDefault(name, NullNode.instance);
        return value.isTextual() ? !value.textValue().isEmpty() : value.booleanValue();
    }

    private static List<String> texts(JsonNode node) {
        return node.isTextual()
                ? List.of(node.textValue())
                : StreamSupport.stream(node.spliterator(), false)
                        .map(JsonNode::textValue)
                        .toList();
    }
}
