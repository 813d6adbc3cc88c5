package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.StrictJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Mistral's {@code tekken.json}, after mistral-common's {@code Tekkenizer}: special tokens with the lowest ids, behind them a
 * vocabulary of bytes in the order of its ranks, of which a part may be left out.
 *
 * @param pattern the regular expression that takes texts apart
 * @param specialTokens the id of each is its place
 * @param ids of all other tokens, {@link ByteTokens#written}
 */
record TekkenFile(String pattern, List<String> specialTokens, Map<String, Integer> ids) {

    /** The special tokens of files that have none. */
    private static final List<String> FIRST_SPECIAL_TOKENS =
            List.of(("<unk> <s> </s> [INST] [/INST] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS]"
                            + " [TOOL_CALLS] [IMG] <pad> [IMG_BREAK] [IMG_END] [PREFIX] [MIDDLE] [SUFFIX]"
                            + " [SYSTEM_PROMPT] [/SYSTEM_PROMPT] [TOOL_CONTENT]")
                    .split(" "));

    private static final int MAX_SPECIAL_TOKENS = 100_000;
    private static final long MAX_JSON_TOKENS = 50_000_000;

    /**
     * Reads a file. Memory grows with it.
     *
     * @throws MalformedInputException if it is no such file
     */
    static TekkenFile read(Path file, byte[] content) {
        Reader reader = new Reader(file);
        new StrictJson(file, "", MAX_JSON_TOKENS).read(content, reader::object);
        return reader.result();
    }

    private static final class Reader {

        private final Path file;
        private String pattern = "";
        private OptionalInt size = OptionalInt.empty();
        private OptionalInt specialSize = OptionalInt.empty();
        private Map<Integer, String> special = new TreeMap<>();
        private final List<String> tokens = new ArrayList<>();

        private Reader(Path file) {
            this.file = file;
        }

        private Reader object(JsonParser parser) throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "config" -> config(parser);
                    case "vocab" -> entries(parser, field, entry -> tokens.add(token(entry)));
                    case "special_tokens" -> entries(parser, field, this::specialToken);
                    default -> parser.skipChildren();
                }
            }
            return this;
        }

        private void config(JsonParser parser) throws IOException {
            Map<String, Object> config = members(parser, "config");
            pattern = text(config, "pattern");
            size = number(config, "default_vocab_size", "config");
            specialSize = number(config, "default_num_special_tokens", "config");
        }

        private interface Entries {
            void add(Map<String, Object> entry);
        }

        private void entries(JsonParser parser, String field, Entries entries) throws IOException {
            if (parser.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw malformed(field, "is not a list");
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                entries.add(members(parser, field));
            }
        }

        /** The members of an object: texts, numbers, and what kind of thing others are. */
        private Map<String, Object> members(JsonParser parser, String field) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw malformed(field, "has something that is not an object");
            }
            Map<String, Object> members = new LinkedHashMap<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken kind = parser.nextToken();
                switch (kind) {
                    case VALUE_STRING -> members.put(name, parser.getText());
                    case VALUE_NUMBER_INT -> members.put(name, parser.getNumberValue());
                    case VALUE_NULL -> {}
                    default -> members.put(name, kind);
                }
                parser.skipChildren();
            }
            return members;
        }

        private static String text(Map<String, Object> object, String name) {
            return object.get(name) instanceof String text ? text : "";
        }

        private OptionalInt number(Map<String, Object> object, String name, String field) {
            Object value = object.get(name);
            if (value == null) {
                return OptionalInt.empty();
            }
            if (!(value instanceof Integer number) || number < 0) {
                throw malformed(field + "." + name, "is not a whole number from 0 on");
            }
            return OptionalInt.of(number);
        }

        private String token(Map<String, Object> entry) {
            String field = "vocab[" + tokens.size() + "]";
            OptionalInt rank = number(entry, "rank", field);
            if (rank.isPresent() && rank.getAsInt() != tokens.size()) {
                throw malformed(field, "has the rank " + rank.getAsInt());
            }
            try {
                byte[] token = Base64.getDecoder().decode(text(entry, "token_bytes"));
                if (token.length > 0) {
                    return ByteTokens.written(token);
                }
            } catch (IllegalArgumentException e) {
                throw malformed(field, "has bytes that are not in base64");
            }
            throw malformed(field, "has no bytes");
        }

        private void specialToken(Map<String, Object> entry) {
            String field = "special_tokens";
            OptionalInt rank = number(entry, "rank", field);
            String text = text(entry, "token_str");
            if (rank.isEmpty() || text.isEmpty() || special.put(rank.getAsInt(), text) != null) {
                throw malformed(field, "has a token without a text or a rank of its own");
            }
            TokenizerJson.requireText(file, text);
        }

        private TekkenFile result() {
            if (pattern.isEmpty()) {
                throw malformed("config.pattern", "is missing");
            }
            if (special.isEmpty()) {
                for (String token : FIRST_SPECIAL_TOKENS) {
                    special.put(special.size(), token);
                }
            }
            int specialCount = specialSize.orElse(special.size());
            if (specialCount < special.size() || specialCount > MAX_SPECIAL_TOKENS) {
                throw malformed("config.default_num_special_tokens", "is " + specialCount);
            }
            String[] specialTokens = new String[specialCount];
            Arrays.setAll(specialTokens, id -> special.getOrDefault(id, "<SPECIAL_" + id + ">"));
            int kept = size.isPresent() ? size.getAsInt() - specialCount : tokens.size();
            if (kept < 0 || kept > tokens.size()) {
                throw malformed(
                        "config.default_vocab_size", "is " + size.orElse(0) + " for " + tokens.size() + " tokens");
            }
            Map<String, Integer> ids = new LinkedHashMap<>();
            for (String token : tokens.subList(0, kept)) {
                if (ids.put(token, specialCount + ids.size()) != null) {
                    throw malformed("vocab", "has a token twice");
                }
            }
            return new TekkenFile(pattern, List.of(specialTokens), ids);
        }

        private MalformedInputException malformed(String field, String problem) {
            return new MalformedInputException(file, field, problem, "download the file again");
        }
    }
}
