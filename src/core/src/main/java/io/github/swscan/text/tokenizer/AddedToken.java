package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A token that is found in a text before the vocabulary is asked.
 *
 * @param singleWord only where no letter or digit is beside it
 * @param lstrip takes the white space before it with it
 * @param rstrip takes the white space behind it with it
 * @param normalized found in the text as the normalizer leaves it, not in the text as it is
 * @param special of no meaning as text, such as a begin-of-sequence token
 */
record AddedToken(
        String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {

    private static final List<String> OPTIONS = List.of("single_word", "lstrip", "rstrip", "normalized", "special");

    /** One of no meaning as text, found wherever it stands. */
    static AddedToken special(String content) {
        return of(content, true);
    }

    /** Found wherever it stands in the text as it is. */
    static AddedToken of(String content, boolean special) {
        return new AddedToken(content, false, false, false, false, special);
    }

    /**
     * As configuration files write one: the text alone, or an object with the text and options.
     *
     * @param special what it is if it does not say so
     */
    static AddedToken read(JsonNode node, boolean special) {
        if (node.isTextual()) {
            return of(node.textValue(), special);
        }
        boolean isSpecial = node.path("special").asBoolean(special);
        return new AddedToken(
                node.path("content").asText(),
                node.path("single_word").asBoolean(false),
                node.path("lstrip").asBoolean(false),
                node.path("rstrip").asBoolean(false),
                node.path("normalized").asBoolean(!isSpecial),
                isSpecial);
    }

    /** Whether a value can be read as one: not empty, and with options that are true, false or null. */
    static boolean isOne(JsonNode node) {
        JsonNode content = content(node);
        return content.isTextual()
                && !content.textValue().isEmpty()
                && OPTIONS.stream()
                        .map(node::path)
                        .allMatch(option -> option.isBoolean() || option.isNull() || option.isMissingNode());
    }

    /** Whether a value says that there is none: it is null, or without characters. */
    static boolean isNone(JsonNode node) {
        JsonNode content = content(node);
        return node.isNull() || (content.isTextual() && content.textValue().isEmpty());
    }

    private static JsonNode content(JsonNode node) {
        return node.isObject() ? node.path("content") : node;
    }

    AddedToken asSpecial() {
        return new AddedToken(content, singleWord, lstrip, rstrip, normalized, true);
    }

    /** Found in the text before the normalizer. */
    AddedToken asItIs() {
        return new AddedToken(content, singleWord, lstrip, rstrip, false, special);
    }
}
