package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/**
 * The tokens that the files beside a vocabulary add to it or give a meaning, as transformers 5.24 reads them
 * ({@code PreTrainedTokenizerBase._from_pretrained}, {@code TokenizersBackend.__init__}).
 *
 * @param declared those whose ids are said
 * @param parts those with a part to play, such as {@code bos_token}; the value is the token's text
 * @param all each once, in the order in which they are added
 */
record SpecialTokens(Map<Integer, AddedToken> declared, Map<String, String> parts, List<AddedToken> all) {

    private static final List<String> PARTS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    /** The files that say it. */
    record Sources(SettingsFile config, SettingsFile map, SettingsFile added) {}

    /**
     * @param defaults tokens with a part to play that no file names
     * @param further tokens that are found in a text as they are
     */
    static SpecialTokens read(Sources sources, Map<String, JsonNode> defaults, Collection<AddedToken> further) {
        SettingsFile config = sources.config();
        boolean declares = config.content().hasNonNull("added_tokens_decoder");
        check(config);
        Map<String, JsonNode> options = new LinkedHashMap<>();
        config.content().properties().forEach(option -> options.put(option.getKey(), option.getValue()));
        if (!declares) {
            check(sources.map());
            sources.map().content().properties().forEach(option -> options.put(option.getKey(), option.getValue()));
        }
        Map<String, JsonNode> named = named(options, defaults);
        JsonNode extra = extra(options);
        Map<Integer, AddedToken> declared = declares
                ? declared(config.file(), config.content().get("added_tokens_decoder"))
                : added(sources.added(), named.values(), extra);

        Map<String, AddedToken> byContent = new LinkedHashMap<>();
        declared.values().forEach(token -> byContent.putIfAbsent(token.content(), token));
        Map<String, String> parts = new LinkedHashMap<>();
        named.forEach((part, token) -> {
            AddedToken read = AddedToken.read(token, true);
            parts.put(part, read.content());
            byContent.merge(read.content(), read, (known, same) -> known);
        });
        // Whatever has a part to play is special, also if it was declared not to be.
        parts.values().forEach(content -> byContent.computeIfPresent(content, (text, token) -> token.asSpecial()));
        extra.forEach(token -> {
            if (!AddedToken.isNone(token)) {
                AddedToken read = AddedToken.read(token, true);
                byContent.putIfAbsent(read.content(), read);
            }
        });
        further.forEach(token -> byContent.putIfAbsent(token.content(), token));
        byContent.keySet().forEach(content -> TokenizerJson.requireText(config.file(), content));
        return new SpecialTokens(declared, parts, List.copyOf(byContent.values()));
    }

    /** Refuses what stands in the place of tokens, and is none. */
    private static void check(SettingsFile file) {
        file.content().properties().forEach(option -> {
            String name = option.getKey();
            JsonNode value = option.getValue();
            if (name.equals("extra_special_tokens") || name.equals("additional_special_tokens")) {
                boolean isList = value.isArray() || value.isNull() || (value.isObject() && name.startsWith("extra"));
                if (!isList || !StreamSupport.stream(value.spliterator(), false).allMatch(SpecialTokens::isOneOrNone)) {
                    throw new MalformedInputException(file.file(), name, "is not a list of tokens", "");
                }
            } else if ((PARTS.contains(name) || (name.endsWith("_token") && value.has("content")))
                    && !isOneOrNone(value)) {
                throw new MalformedInputException(file.file(), name, "is not a token", "");
            }
        });
    }

    private static boolean isOneOrNone(JsonNode value) {
        return AddedToken.isOne(value) || AddedToken.isNone(value);
    }

    /** The seven that all tokenizers know come first. */
    private static Map<String, JsonNode> named(Map<String, JsonNode> options, Map<String, JsonNode> defaults) {
        Map<String, JsonNode> named = new LinkedHashMap<>();
        for (String part : PARTS) {
            JsonNode token = options.getOrDefault(part, defaults.getOrDefault(part, NullNode.instance));
            if (AddedToken.isOne(token)) {
                named.put(part, token);
            }
        }
        options.forEach((part, token) -> {
            if (part.endsWith("_token") && !PARTS.contains(part) && AddedToken.isOne(token)) {
                named.put(part, token);
            }
        });
        JsonNode further = options.getOrDefault("extra_special_tokens", NullNode.instance);
        if (further.isObject()) {
            further.properties().stream()
                    .filter(token -> AddedToken.isOne(token.getValue()))
                    .forEach(token -> named.putIfAbsent(token.getKey(), token.getValue()));
        }
        return named;
    }

    private static JsonNode extra(Map<String, JsonNode> options) {
        JsonNode extra = options.getOrDefault("extra_special_tokens", NullNode.instance);
        return extra.isArray() && !extra.isEmpty()
                ? extra
                : options.getOrDefault("additional_special_tokens", NullNode.instance);
    }

    private static Map<Integer, AddedToken> declared(Path file, JsonNode decoder) {
        if (!decoder.isObject()) {
            throw new MalformedInputException(file, "added_tokens_decoder", "is not an object with tokens", "");
        }
        Map<Integer, AddedToken> declared = new TreeMap<>();
        decoder.properties().forEach(entry -> {
            String field = "added_tokens_decoder." + entry.getKey();
            if (!entry.getKey().matches("\\d{1,9}") || !AddedToken.isOne(entry.getValue())) {
                throw new MalformedInputException(file, field, "is not a token with its id", "");
            }
            declared.put(Integer.parseInt(entry.getKey()), AddedToken.read(entry.getValue(), false));
        });
        return declared;
    }

    /** What older versions wrote to added_tokens.json. */
    private static Map<Integer, AddedToken> added(SettingsFile file, Collection<JsonNode> named, JsonNode extra) {
        List<String> special = new ArrayList<>();
        named.forEach(token -> special.add(AddedToken.read(token, true).content()));
        extra.forEach(token -> special.add(AddedToken.read(token, true).content()));
        Map<Integer, AddedToken> added = new TreeMap<>();
        file.content().properties().forEach(entry -> {
            JsonNode id = entry.getValue();
            if (!id.isInt() || id.intValue() < 0 || entry.getKey().isEmpty()) {
                throw new MalformedInputException(file.file(), entry.getKey(), "is not a token with its id", "");
            }
            boolean isSpecial = special.contains(entry.getKey());
            added.put(id.intValue(), new AddedToken(entry.getKey(), false, false, false, !isSpecial, isSpecial));
        });
        return added;
    }

    /** The text of the token with a part to play. */
    Optional<String> part(String name) {
        return Optional.ofNullable(parts.get(name));
    }
}
